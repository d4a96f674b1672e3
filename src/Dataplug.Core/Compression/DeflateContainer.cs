using System.Text.Json.Serialization;

namespace Dataplug.Compression;

/// <summary>What is wrapped around deflate data (RFC 1951).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeflateContainer>))]
public enum DeflateContainer
{
    /// <summary>gzip (RFC 1952): members one after another, each with a header and a trailer of CRC-32 and length.</summary>
    GZip,

    /// <summary>zlib (RFC 1950): one stream with a header of two bytes and an Adler-32 at its end.</summary>
    ZLib,

    /// <summary>Nothing: one stream of deflate blocks, which has no magic number and no checksum.</summary>
    Raw,
}
