using System.Text.Json.Serialization;

namespace Dataplug.Formats.Genomics;

/// <summary>How a FASTQ object is compressed.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FastqCompression>))]
public enum FastqCompression
{
    /// <summary>By gzip: one member, many, or BGZF.</summary>
    [JsonStringEnumMemberName("gzip")]
    GZip,

    /// <summary>Not at all.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>By zstd.</summary>
    [JsonStringEnumMemberName("zstd")]
    Zstd,
}
