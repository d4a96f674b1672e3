using Dataplug.Compression;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics;

/// <summary>Reads the header from an object's start.</summary>
internal static class BamHeaderReader
{
    // What a reader of blocks takes in at once.
    private const int FirstRead = 512 << 10;

    /// <summary>Reads the header.</summary>
    /// <returns>Its bytes, decompressed, and the place of what comes after it.</returns>
    /// <exception cref="CorruptObjectException">The object is not BAM, damaged, or cut short.</exception>
    /// <exception cref="UnsupportedFormatException">The object is CRAM or BCF, or its header is too long.</exception>
    public static async Task<(byte[] Header, VirtualOffset End)> ReadAsync(PinnedObject source, CancellationToken cancellationToken)
    {
        var name = source.Uri.Display;
        var head = await source.ReadAsync(new ByteRange(0, Math.Min(4, source.Size)), cancellationToken).ConfigureAwait(false);
        if (Bam.RefusalOf(head, name) is { } refusal)
            throw refusal;

        var measure = new BamHeaderMeasure(name);
        using var bytes = new MemoryStream();
        var blocks = BgzfReader.Open(source, new ByteRange(0, Math.Min(source.Size, FirstRead)));
        await using var _ = blocks.ConfigureAwait(false);
        while (await blocks.NextAsync(cancellationToken).ConfigureAwait(false))
        {
            bytes.Write(blocks.Content.Span);
            if (!measure.TryFinish(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), blocks.BlockOffset, out var length))
                continue;
            var within = blocks.Content.Length - ((int)bytes.Length - length);
            return (bytes.GetBuffer()[..length], PlaceIn(blocks, within));
        }

        throw new CorruptObjectException(name, source.Size == 0 ? "the object is empty, but BAM has a header" : "the object is cut short within its header", byteOffset: source.Size);
    }

    // What ends with a block ends where the next one starts, as htslib has it.
    private static VirtualOffset PlaceIn(BgzfReader blocks, int within) =>
        within == blocks.Content.Length ? new VirtualOffset(blocks.NextOffset, 0) : new VirtualOffset(blocks.BlockOffset, within);
}
