using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dataplug.Text;

/// <summary>What is known of a CSV dialect beforehand. Part of the index's identity: another option, another index.</summary>
public sealed record CsvOptions
{
    /// <summary>The character between fields, one of ASCII; null to detect it.</summary>
    public char? Delimiter { get; init; }

    /// <summary>The character around fields that hold delimiters, line ends or itself (doubled); U+0000 when there is none and
    /// quotes are plain text; null to detect it.</summary>
    public char? Quote { get; init; }

    /// <summary>Whether the first row names the columns.</summary>
    public CsvHeader Header { get; init; }

    /// <summary>How bytes become characters; null to detect it.</summary>
    public TextEncoding? Encoding { get; init; }

    /// <summary>The options as canonical JSON: only what is set, in alphabetical order.</summary>
    internal string ToJson() => JsonSerializer.Serialize(
        new CsvParameters(Delimiter?.ToString(), Encoding, Header == CsvHeader.Detect ? null : Header, Quote switch { null => null, '\0' => "", { } quote => quote.ToString() }),
        CsvParametersJson.Default.CsvParameters);

    internal static CsvOptions FromJson(string json)
    {
        try
        {
            var parameters = JsonSerializer.Deserialize(json, CsvParametersJson.Default.CsvParameters)
                ?? throw new ArgumentException("The parameters of format 'csv' are null.", nameof(json));
            return new CsvOptions
            {
                Delimiter = parameters.Delimiter is null ? null : Single(parameters.Delimiter),
                Encoding = parameters.Encoding,
                Header = parameters.Header ?? CsvHeader.Detect,
                Quote = parameters.Quote switch { null => null, "" => '\0', { } quote => Single(quote) },
            };
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"The parameters of format 'csv' can't be read: {json}", nameof(json), e);
        }
    }

    internal void Check()
    {
        if (Delimiter is { } delimiter && (delimiter is '\r' or '\n' or '\0' || !char.IsAscii(delimiter)))
            throw new ArgumentException("The delimiter must be an ASCII character other than a line end.");
        if (Quote is { } quote && (quote is '\r' or '\n' || !char.IsAscii(quote)))
            throw new ArgumentException("The quote must be an ASCII character other than a line end.");
        if (Delimiter is { } same && same == Quote)
            throw new ArgumentException("The delimiter and the quote must differ.");
    }

    private static char Single(string text) =>
        text.Length == 1 ? text[0] : throw new ArgumentException($"'{text}' is not one character.");
}

/// <summary>Whether the first row of a CSV object names its columns.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CsvHeader>))]
public enum CsvHeader
{
    /// <summary>Found out from the rows.</summary>
    [JsonStringEnumMemberName("detect")]
    Detect,

    /// <summary>It does.</summary>
    [JsonStringEnumMemberName("present")]
    Present,

    /// <summary>It is a row like the others.</summary>
    [JsonStringEnumMemberName("absent")]
    Absent,
}

internal sealed record CsvParameters(string? Delimiter, TextEncoding? Encoding, CsvHeader? Header, string? Quote);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(CsvParameters))]
internal sealed partial class CsvParametersJson : JsonSerializerContext;
