using System.Buffers.Binary;
using System.Globalization;
using Dataplug.Storage;

namespace Dataplug.Compression;

/// <summary>
/// Where the blocks of a BGZF object are, in the object and in its content (SAM specification, section 4.1): from the sizes that
/// each block tells, so that nothing is decompressed.
/// </summary>
/// <remarks>
/// Only headers and lengths are looked at: whether a block's data are sound shows when they are read. The end-of-file marker is a
/// block like the others, of no content. Two numbers of 64 bits a block are kept, that is 1 MiB for every 1 to 4 GiB of BGZF.
/// </remarks>
public sealed class BgzfBlockIndex
{
    // The header of a block as every known program writes it: the fixed part and an extra field of six bytes.
    private const int UsualHeaderLength = BgzfBlock.FixedHeaderLength + 6;

    private readonly long[] _compressed;
    private readonly long[] _uncompressed;

    private BgzfBlockIndex(List<long> compressed, List<long> uncompressed, long compressedSize, long uncompressedSize, bool hasEndMarker)
    {
        _compressed = [.. compressed];
        _uncompressed = [.. uncompressed];
        CompressedSize = compressedSize;
        UncompressedSize = uncompressedSize;
        HasEndMarker = hasEndMarker;
    }

    /// <summary>Number of blocks.</summary>
    public int Count => _compressed.Length;

    /// <summary>Offset in bytes of each block's header in the stored object; the first is 0.</summary>
    public ReadOnlyMemory<long> CompressedOffsets => _compressed;

    /// <summary>Bytes of content before each block; the first is 0.</summary>
    public ReadOnlyMemory<long> UncompressedOffsets => _uncompressed;

    /// <summary>Bytes of the stored object.</summary>
    public long CompressedSize { get; }

    /// <summary>Bytes of content of all blocks.</summary>
    public long UncompressedSize { get; }

    /// <summary>Whether the object ends with the end-of-file marker (section 4.1.2). Without it, it may have been cut short between two
    /// blocks; samtools warns then.</summary>
    public bool HasEndMarker { get; }

    /// <summary>The block that holds a byte of content.</summary>
    /// <param name="uncompressedOffset">Bytes of content before it, 0 up to, not including, <see cref="UncompressedSize"/>.</param>
    /// <returns>The block's number, from 0; never that of an empty block.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such byte.</exception>
    public int FindBlock(long uncompressedOffset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(uncompressedOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(uncompressedOffset, UncompressedSize);
        var found = Array.BinarySearch(_uncompressed, uncompressedOffset + 1);
        var after = found < 0 ? ~found : found;
        while (after > 0 && _uncompressed[after - 1] > uncompressedOffset)
            after--;
        return after - 1;
    }

    /// <summary>
    /// Makes the index of an object: on this machine with one small read a block, from a server in one pass, which is faster there
    /// than a request for each of many thousand blocks.
    /// </summary>
    /// <exception cref="CorruptObjectException">The object is not BGZF, or cut short inside a block.</exception>
    /// <exception cref="StaleIndexException">The object changed meanwhile.</exception>
    public static async Task<BgzfBlockIndex> ReadAsync(PinnedObject source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.IsRemote)
        {
            var stream = source.OpenRead(new ByteRange(0, source.Size), ReadAheadOptions.Default);
            await using (stream.ConfigureAwait(false))
                return await ScanAsync(stream, source.Uri.Display, cancellationToken).ConfigureAwait(false);
        }

        return await HopAsync(
            async (offset, length) => await source.ReadAsync(ByteRange.FromBounds(Math.Min(offset, source.Size), Math.Min(offset + length, source.Size)), cancellationToken).ConfigureAwait(false),
            source.Uri.Display).ConfigureAwait(false);
    }

    /// <summary>Makes the index of an object that comes as a stream, in one pass over all its bytes.</summary>
    /// <param name="input">The object's bytes from its start on; read to its end and left open.</param>
    /// <param name="source">The object's name for messages.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <exception cref="CorruptObjectException">The object is not BGZF, or cut short inside a block.</exception>
    public static Task<BgzfBlockIndex> ScanAsync(Stream input, string? source = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        var pieces = new ForwardPieces(input, cancellationToken);
        return HopAsync(pieces.ReadAsync, source);
    }

    // The reader gives the bytes at an offset, fewer at the object's end; it is asked for places that never go back.
    private static async Task<BgzfBlockIndex> HopAsync(Func<long, int, ValueTask<ReadOnlyMemory<byte>>> read, string? source)
    {
        var compressed = new List<long>();
        var uncompressed = new List<long>();
        long offset = 0, content = 0;
        var last = ReadOnlyMemory<byte>.Empty;
        for (; ; )
        {
            // One read gives the length that ends the block before, and the header of the next.
            var before = offset == 0 ? 0 : BgzfBlock.EndMarker.Length;
            var piece = await read(offset - before, before + UsualHeaderLength).ConfigureAwait(false);
            if (piece.Length < before)
                throw Corrupt("it is cut short within a BGZF block", piece.IsEmpty ? compressed[^1] : offset - before + piece.Length, compressed);
            if (before > 0)
            {
                last = piece[..before].ToArray();
                var size = BinaryPrimitives.ReadUInt32LittleEndian(last.Span[^4..]);
                if (size > BgzfBlock.MaxLength)
                    throw Corrupt(string.Create(CultureInfo.InvariantCulture, $"a BGZF block claims {size} bytes of content, more than 65536"), offset - 4, compressed);
                content += size;
            }

            var header = piece[before..];
            if (header.IsEmpty)
                break;
            if (header.Length >= BgzfBlock.FixedHeaderLength)
            {
                var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(header.Span[10..]);
                if (BgzfBlock.FixedHeaderLength + extraLength > UsualHeaderLength && header.Span[3] == 4)
                    header = await read(offset, BgzfBlock.FixedHeaderLength + extraLength).ConfigureAwait(false);
            }

            compressed.Add(offset);
            uncompressed.Add(content);
            offset += SizeOf(header.Span, offset);
        }

        if (compressed.Count == 0)
            throw new CorruptObjectException(source, "it is empty, which is not BGZF", byteOffset: 0);
        return new BgzfBlockIndex(compressed, uncompressed, offset, content, last.Span.SequenceEqual(BgzfBlock.EndMarker));

        int SizeOf(ReadOnlySpan<byte> header, long at)
        {
            if (header is not [0x1F, 0x8B, 8, 4, ..])
                throw Corrupt(header.Length < 4 ? "it is cut short within a BGZF block's header" : "there is no header of a BGZF block", at, compressed);
            if (header.Length < BgzfBlock.FixedHeaderLength || header.Length < BgzfBlock.FixedHeaderLength + BinaryPrimitives.ReadUInt16LittleEndian(header[10..]))
                throw Corrupt("it is cut short within a BGZF block's header", at + header.Length, compressed);
            var extra = header.Slice(BgzfBlock.FixedHeaderLength, BinaryPrimitives.ReadUInt16LittleEndian(header[10..]));
            if (!BgzfBlock.TryReadSize(extra, out var size))
                throw Corrupt("a gzip member is no BGZF block: its extra field has no subfield BC", at, compressed);
            // Deflate data of two bytes are the least there can be.
            return size >= BgzfBlock.FixedHeaderLength + extra.Length + 2 + BgzfBlock.TrailerLength
                ? size
                : throw Corrupt(string.Create(CultureInfo.InvariantCulture, $"a BGZF block claims to have {size} bytes, fewer than its header and trailer"), at, compressed);
        }

        CorruptObjectException Corrupt(string problem, long at, List<long> blocks) => new(source, string.Create(CultureInfo.InvariantCulture, $"{problem}, in block {blocks.Count}"), byteOffset: at)
        {
            MemberNumber = blocks.Count,
            MemberOffset = blocks.Count > 0 ? blocks[^1] : 0,
        };
    }

    /// <summary>Gives pieces of a stream at places that never go back by more than a few bytes.</summary>
    private sealed class ForwardPieces(Stream input, CancellationToken cancellationToken)
    {
        private readonly byte[] _buffer = new byte[1 << 20];
        private long _position;
        private int _start;
        private int _end;

        public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(long offset, int length)
        {
            for (; ; )
            {
                // What lies before the place is not needed any more.
                var skip = (int)Math.Min(offset - _position, _end - _start);
                _position += skip;
                _start += skip;
                if (_position == offset && _end - _start >= length)
                    break;
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
                var read = await input.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    break;
                _end += read;
            }

            return _position < offset ? default : _buffer.AsMemory(_start, Math.Min(length, _end - _start));
        }
    }
}
