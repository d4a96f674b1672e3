using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>How texts are cut for preprocessing.</summary>
internal static class ChunkPlan
{
    /// <summary>Bytes per chunk: enough to make up for a request, few enough to keep all cores busy and to resume quickly.</summary>
    public const long ChunkSize = 64 << 20;

    /// <summary>Chunks of equal size, the last of the remainder.</summary>
    public static ByteRange[] Cut(long size, long chunkSize)
    {
        var chunks = new ByteRange[size == 0 ? 0 : checked((int)(((size - 1) / chunkSize) + 1))];
        for (var i = 0; i < chunks.Length; i++)
            chunks[i] = ByteRange.FromBounds(i * chunkSize, Math.Min(size, (i + 1) * chunkSize));
        return chunks;
    }
}
