using System.Text;
using System.Text.Json.Serialization;

namespace Dataplug.Formats.Imzml.Xml;

/// <summary>A cvParam or userParam of the document's head.</summary>
/// <param name="Vocabulary">The vocabulary's name, e.g. <c>IMS</c>; null of a userParam.</param>
/// <param name="Accession">The term, e.g. <c>IMS:1000046</c>; null of a userParam.</param>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value; null where it has none.</param>
/// <param name="UnitAccession">The unit's term; null where it has none.</param>
/// <param name="UnitName">The unit's name; null where it has none.</param>
internal sealed record HeaderParam(string? Vocabulary, string? Accession, string Name, string? Value, string? UnitAccession, string? UnitName)
{
    private byte[]? _utf8;

    [JsonIgnore]
    public int Term => Accession is null ? 0 : CvTerm.Parse(Encoding.UTF8.GetBytes(Accession));

    [JsonIgnore]
    public ReadOnlySpan<byte> Utf8Value => _utf8 ??= Encoding.UTF8.GetBytes(Value ?? "");

    public bool Equals(HeaderParam? other) =>
        other is not null && (Vocabulary, Accession, Name, Value, UnitAccession, UnitName) == (other.Vocabulary, other.Accession, other.Name, other.Value, other.UnitAccession, other.UnitName);

    public override int GetHashCode() => HashCode.Combine(Accession, Name, Value);
}

/// <summary>What the document says of itself before its spectra.</summary>
internal sealed record ImzmlHead
{
    /// <summary>fileDescription/fileContent.</summary>
    public required IReadOnlyList<HeaderParam> Content { get; init; }

    /// <summary>All of scanSettingsList.</summary>
    public required IReadOnlyList<HeaderParam> ScanSettings { get; init; }

    /// <summary>All of instrumentConfigurationList, components included.</summary>
    public required IReadOnlyList<HeaderParam> Instrument { get; init; }

    /// <summary>The document's software, as "id version".</summary>
    public required IReadOnlyList<string> Software { get; init; }

    /// <summary>referenceableParamGroupList, by id.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, IReadOnlyList<HeaderParam>> Groups { get; init; } = new Dictionary<string, IReadOnlyList<HeaderParam>>();

    /// <summary>spectrumList/@count; null where it is missing.</summary>
    public long? SpectrumCount { get; init; }

    /// <summary>The value of a term of the file's content, or of its groups.</summary>
    public string? ContentValue(int term) => Content.FirstOrDefault(parameter => parameter.Term == term)?.Value;

    public bool HasContent(int term) => Content.Any(parameter => parameter.Term == term);

    public double? ScanSetting(int term) =>
        ScanSettings.FirstOrDefault(parameter => parameter.Term == term)?.Value is { } text
        && double.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;
}
