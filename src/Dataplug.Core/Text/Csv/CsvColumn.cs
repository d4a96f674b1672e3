using System.Globalization;
using System.Text.Json.Serialization;

namespace Dataplug.Text;

/// <summary>One column: what it is called and what its fields look like.</summary>
public sealed record CsvColumn
{
    /// <summary>The name in the header; without header <c>column1</c>, <c>column2</c>, …</summary>
    public required string Name { get; init; }

    /// <summary>The narrowest type that all sampled fields fit, empty ones aside.</summary>
    public required CsvColumnType Type { get; init; }

    /// <summary>Whether a sampled field is empty (or missing because its row is short).</summary>
    public required bool HasEmpty { get; init; }
}

/// <summary>The types of columns. Only notations without ambiguity are recognised; everything else is text.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CsvColumnType>))]
public enum CsvColumnType
{
    /// <summary>All sampled fields are empty.</summary>
    [JsonStringEnumMemberName("empty")]
    Empty,

    /// <summary><c>true</c> and <c>false</c>, in any case.</summary>
    [JsonStringEnumMemberName("boolean")]
    Boolean,

    /// <summary>Whole numbers of 64 bits, without leading zeros.</summary>
    [JsonStringEnumMemberName("integer")]
    WholeNumber,

    /// <summary>Numbers with a decimal point or an exponent (or whole ones too large for 64 bits).</summary>
    [JsonStringEnumMemberName("decimal")]
    DecimalNumber,

    /// <summary>Dates as ISO 8601 writes them: <c>2024-03-01</c>.</summary>
    [JsonStringEnumMemberName("date")]
    Date,

    /// <summary>Dates with a time as ISO 8601 and RFC 3339 write them: <c>2024-03-01T12:30:00Z</c>, also with a blank for the T
    /// and without seconds or zone.</summary>
    [JsonStringEnumMemberName("datetime")]
    DateTime,

    /// <summary>Anything.</summary>
    [JsonStringEnumMemberName("text")]
    Text,
}

internal static class CsvColumnTypes
{
    private static readonly string[] DateTimeFormats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd HH:mmK",
    ];

    /// <summary>The narrowest type of one field.</summary>
    public static CsvColumnType Of(string field)
    {
        var text = field.AsSpan();
        if (text.IsEmpty)
            return CsvColumnType.Empty;
        if (text.Length > 40)
            return CsvColumnType.Text;
        if (text.Equals("true", StringComparison.OrdinalIgnoreCase) || text.Equals("false", StringComparison.OrdinalIgnoreCase))
            return CsvColumnType.Boolean;

        var digits = text.TrimStart("+-");
        if (text.Length - digits.Length <= 1 && digits.Length > 0 && (char.IsAsciiDigit(digits[0]) || digits[0] == '.'))
        {
            // 007 is a code, not a number: turning it into 7 would lose something.
            var leadingZero = digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]);
            if (!leadingZero && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
                return CsvColumnType.WholeNumber;
            if (!leadingZero && double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out _))
                return CsvColumnType.DecimalNumber;
            if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
                return CsvColumnType.Date;
            if (text.Length >= 16 && DateTimeOffset.TryParseExact(text, DateTimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _))
                return CsvColumnType.DateTime;
        }

        return CsvColumnType.Text;
    }

    /// <summary>The narrowest type that holds fields of both types.</summary>
    public static CsvColumnType Join(CsvColumnType one, CsvColumnType other) => (one, other) switch
    {
        _ when one == other => one,
        (CsvColumnType.Empty, _) => other,
        (_, CsvColumnType.Empty) => one,
        (CsvColumnType.WholeNumber, CsvColumnType.DecimalNumber) or (CsvColumnType.DecimalNumber, CsvColumnType.WholeNumber) => CsvColumnType.DecimalNumber,
        (CsvColumnType.Date, CsvColumnType.DateTime) or (CsvColumnType.DateTime, CsvColumnType.Date) => CsvColumnType.DateTime,
        _ => CsvColumnType.Text,
    };
}
