using Dataplug.Formats.Geo.Laz;

namespace Dataplug.Formats.Geo;

/// <summary>How the points of an object are compressed, and into what chunks.</summary>
public sealed record LasCompression
{
    /// <summary>LASzip's compressor: <c>chunked</c>, streams of points, or <c>layered</c>, streams of fields (formats 6 to 10).</summary>
    public required string Compressor { get; init; }

    /// <summary>The version of LASzip that the object names as its writer.</summary>
    public required string LaszipVersion { get; init; }

    /// <summary>Points of each chunk but the last; null where chunks have any number of points.</summary>
    public long? ChunkSize { get; init; }

    /// <summary>Number of chunks.</summary>
    public required int Chunks { get; init; }

    /// <summary>Bytes of all chunks.</summary>
    public required long Bytes { get; init; }

    internal static LasCompression Of(LazVlr vlr, IReadOnlyList<StoredChunk> chunks) => new()
    {
        Compressor = vlr.Compressor == LazCompressor.Layered ? "layered" : "chunked",
        LaszipVersion = $"{vlr.Version.Major}.{vlr.Version.Minor}.{vlr.Version.Revision}",
        ChunkSize = vlr.HasVariableChunks ? null : vlr.ChunkSize,
        Chunks = chunks.Count,
        Bytes = chunks.Sum(chunk => chunk.Length),
    };
}
