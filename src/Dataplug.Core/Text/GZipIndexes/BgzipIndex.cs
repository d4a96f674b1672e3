using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Dataplug.Compression;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// The index of bgzip: where the blocks of a BGZF object begin.
/// </summary>
/// <remarks>
/// All numbers little endian, 8 bytes: the number of entries, and of each block but the first its offset in the object and the
/// content before it. Blocks of no content are not listed by htslib. Blocks: SAM specification, section 4.1.
/// </remarks>
internal sealed class BgzipIndex : GZipIndexReader
{
    private const int HeaderLength = 18;
    private const int TrailerLength = 8;
    private const int EntryLength = 16;

    private readonly long _count;

    private BgzipIndex(GZipIndexInput input, long count)
        : base(GZipIndexKind.Bgzip, input) => _count = count;

    // There are no magic bytes: a possible number of entries, and a first entry of one block of at most 64 KiB both ways.
    public static bool Matches(ReadOnlySpan<byte> head) => head.Length switch
    {
        8 => BinaryPrimitives.ReadUInt64LittleEndian(head) == 0,
        16 => BinaryPrimitives.ReadUInt64LittleEndian(head) is > 0 and < 1UL << 48 && BinaryPrimitives.ReadUInt64LittleEndian(head[8..]) is > 0 and <= 1 << 24,
        _ => false,
    };

    public static async Task<BgzipIndex> OpenAsync(GZipIndexInput input, CancellationToken cancellationToken) =>
        new(input, await input.ReadOffsetAsync(bigEndian: false, cancellationToken).ConfigureAwait(false));

    /// <summary>Writes the index of an object by walking over its blocks: reads all of it, inflates nothing.</summary>
    /// <exception cref="UnsupportedFormatException">The object is not BGZF.</exception>
    /// <exception cref="CorruptObjectException">Its blocks are damaged.</exception>
    public static async Task WriteAsync(Stream destination, PinnedObject source, long contentSize, CancellationToken cancellationToken)
    {
        // The number of entries comes first and is known last; an entry takes 16 bytes of memory for 64 KiB of content.
        var entries = new MemoryStream();
        var entry = new byte[EntryLength];
        long offset = 0, content = 0;
        var stored = source.OpenRead(new ByteRange(0, source.Size), ReadAheadOptions.Default);
        await using (stored.ConfigureAwait(false))
        {
            var block = new byte[64 << 10];
            while (offset < source.Size)
            {
                var length = await ReadBlockAsync(stored, source, block, offset, cancellationToken).ConfigureAwait(false);
                var contentLength = BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(length - 4));
                if (contentLength > 64 << 10)
                    throw new CorruptObjectException(source.Uri.Display, $"a BGZF block claims {contentLength} bytes of content", byteOffset: offset);
                if (offset > 0 && contentLength > 0)
                {
                    BinaryPrimitives.WriteInt64LittleEndian(entry, offset);
                    BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(8), content);
                    entries.Write(entry);
                }

                offset += length;
                content += contentLength;
            }
        }

        if (content != contentSize)
            throw new CorruptObjectException(source.Uri.Display, $"its blocks claim {content} bytes of content where {contentSize} were indexed", "Preprocess the object again with force.");
        BinaryPrimitives.WriteInt64LittleEndian(entry, entries.Length / EntryLength);
        await destination.WriteAsync(entry.AsMemory(0, 8), cancellationToken).ConfigureAwait(false);
        entries.Position = 0;
        await entries.CopyToAsync(destination, cancellationToken).ConfigureAwait(false);
    }

    protected override async IAsyncEnumerable<GZipIndexPoint> ReadAllPointsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 0L; i < _count; i++)
        {
            var offset = await Input.ReadOffsetAsync(bigEndian: false, cancellationToken).ConfigureAwait(false);
            var content = await Input.ReadOffsetAsync(bigEndian: false, cancellationToken).ConfigureAwait(false);
            yield return new GZipIndexPoint(offset * 8, content, default, null, true);
        }

        if (!await Input.IsAtEndAsync(cancellationToken).ConfigureAwait(false))
            throw Input.Corrupt($"there are bytes beyond its {_count} entries");
    }

    private static async ValueTask<int> ReadBlockAsync(Stream stored, PinnedObject source, byte[] block, long offset, CancellationToken cancellationToken)
    {
        var read = await stored.ReadAtLeastAsync(block.AsMemory(0, HeaderLength), HeaderLength, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        var header = block.AsSpan(0, read);

        // bgzip writes its own subfield first and no other; the specification allows more.
        if (read < HeaderLength || header[0] != 0x1f || header[1] != 0x8b || header[2] != 8 || (header[3] & 4) == 0)
            throw NotBgzf();
        var extraEnd = 12 + BinaryPrimitives.ReadUInt16LittleEndian(header[10..]);
        var have = read;
        if (extraEnd > have)
        {
            await FillAsync(extraEnd).ConfigureAwait(false);
            have = extraEnd;
        }

        var length = BlockLength(block.AsSpan(12, extraEnd - 12));
        if (length < extraEnd + TrailerLength || length < have)
            throw NotBgzf();
        await FillAsync(length).ConfigureAwait(false);
        return length;

        async ValueTask FillAsync(int end)
        {
            if (end > block.Length || offset + end > source.Size)
                throw new CorruptObjectException(source.Uri.Display, "it is cut short within a BGZF block", byteOffset: offset);
            await stored.ReadExactlyAsync(block.AsMemory(have, end - have), cancellationToken).ConfigureAwait(false);
        }

        UnsupportedFormatException NotBgzf() =>
            new(source.Uri.Display, "the object is not BGZF throughout, and bgzip's index is of BGZF blocks", "Export to gztool or gzidx.", offset);
    }

    private static int BlockLength(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 6)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (extra[0] == (byte)'B' && extra[1] == (byte)'C' && length == 2)
                return BinaryPrimitives.ReadUInt16LittleEndian(extra[4..]) + 1;
            if (extra.Length < 4 + length)
                break;
            extra = extra[(4 + length)..];
        }

        return 0;
    }
}
