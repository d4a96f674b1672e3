using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dataplug.Formats.Imzml;

/// <summary>What is held against the document when a data set is indexed.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ImzmlCheck>))]
public enum ImzmlCheck
{
    /// <summary>That all arrays lie inside of the ibd. Its UUID is compared; where it is another one, a warning is kept.</summary>
    Arrays,

    /// <summary>The UUID of the ibd as well (16 bytes).</summary>
    Uuid,

    /// <summary>The SHA-1, MD5 or SHA-256 of the ibd as well: one pass over all of it.</summary>
    Checksum,
}

/// <summary>How an imzML data set is indexed.</summary>
public sealed record ImzmlOptions
{
    /// <summary>The ibd: a whole URI, or a name in the document's own folder; null for the one beside the document with the same name and
    /// the ending <c>.ibd</c> or <c>.IBD</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Ibd { get; init; }

    /// <summary>Whether one pass over the ibd is made: total ion current, base peak and m/z range of every spectrum, and where in its
    /// arrays a mass window is, which cutting by m/z needs of processed data sets.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Statistics { get; init; }

    /// <summary>What is checked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImzmlCheck Check { get; init; }

    internal string ToJson() => JsonSerializer.Serialize(this, ImzmlJson.Default.ImzmlOptions);

    internal static ImzmlOptions FromJson(string parameters)
    {
        try
        {
            return JsonSerializer.Deserialize(parameters, ImzmlJson.Default.ImzmlOptions) ?? throw new ArgumentException("Not the parameters of imzML: null.", nameof(parameters));
        }
        catch (JsonException failure)
        {
            throw new ArgumentException($"Not the parameters of imzML: {parameters}.", nameof(parameters), failure);
        }
    }
}
