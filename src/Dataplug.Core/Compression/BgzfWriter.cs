using System.Buffers.Binary;
using System.IO.Compression;

namespace Dataplug.Compression;

/// <summary>Writes BGZF (SAM specification, section 4.1): blocks of 65280 bytes of content, and the end-of-file marker at the end.</summary>
/// <remarks>Without <see cref="CompleteAsync"/> the end-of-file marker is missing, by which a file that was cut short is known.
/// Not safe for use by several threads at once.</remarks>
public sealed class BgzfWriter : IAsyncDisposable
{
    /// <summary>Bytes of content in a block, as bgzip has them: so few that they fit also where they can't be compressed.</summary>
    public const int ContentLength = 0xff00;

    private readonly Stream _destination;
    private readonly CompressionLevel _level;
    private readonly bool _leaveOpen;
    private readonly byte[] _content = new byte[ContentLength];
    private readonly MemoryStream _block = new(BgzfBlock.MaxLength);
    private int _length;
    private long _written;

    /// <summary>Creates a writer.</summary>
    /// <param name="destination">Takes the stored bytes.</param>
    /// <param name="level">How hard to compress.</param>
    /// <param name="leaveOpen">Whether the destination stays open when the writer is disposed.</param>
    public BgzfWriter(Stream destination, CompressionLevel level = CompressionLevel.Optimal, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(destination);
        _destination = destination;
        _level = level;
        _leaveOpen = leaveOpen;
    }

    /// <summary>Where the next byte of content goes.</summary>
    public VirtualOffset Position => new(_written, _length);

    /// <summary>Compresses a run of content into whole blocks, without the end-of-file marker.</summary>
    public static byte[] Compress(ReadOnlySpan<byte> content, CompressionLevel level = CompressionLevel.Optimal)
    {
        using var blocks = new MemoryStream();
        for (; !content.IsEmpty; content = content[Math.Min(ContentLength, content.Length)..])
            WriteBlock(blocks, content[..Math.Min(ContentLength, content.Length)], level);
        return blocks.ToArray();
    }

    /// <summary>The end-of-file marker: 28 bytes, a block of no content.</summary>
    public static ReadOnlyMemory<byte> EndMarker { get; } = BgzfBlock.EndMarker.ToArray();

    /// <summary>Writes content.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        while (!content.IsEmpty)
        {
            var length = Math.Min(content.Length, ContentLength - _length);
            content[..length].CopyTo(_content.AsMemory(_length));
            _length += length;
            content = content[length..];
            if (_length == ContentLength)
                await FlushBlockAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the present block, so that the next byte begins one.</summary>
    public async ValueTask FlushBlockAsync(CancellationToken cancellationToken = default)
    {
        if (_length == 0)
            return;
        _block.SetLength(0);
        WriteBlock(_block, _content.AsSpan(0, _length), _level);
        _length = 0;
        _written += _block.Length;
        await _destination.WriteAsync(_block.GetBuffer().AsMemory(0, (int)_block.Length), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes what is left, and the end-of-file marker.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        await FlushBlockAsync(cancellationToken).ConfigureAwait(false);
        await _destination.WriteAsync(EndMarker, cancellationToken).ConfigureAwait(false);
        _written += EndMarker.Length;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _block.DisposeAsync().ConfigureAwait(false);
        if (!_leaveOpen)
            await _destination.DisposeAsync().ConfigureAwait(false);
    }

    private static void WriteBlock(MemoryStream blocks, ReadOnlySpan<byte> content, CompressionLevel level)
    {
        // The header: magic, flags, no time, unknown system, and the extra field BC with the size, which is filled in at the end.
        ReadOnlySpan<byte> header = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, (byte)'B', (byte)'C', 2, 0, 0, 0];
        var start = blocks.Position;
        blocks.Write(header);
        using (var deflate = new DeflateStream(blocks, level, leaveOpen: true))
            deflate.Write(content);
        Span<byte> trailer = stackalloc byte[BgzfBlock.TrailerLength];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, Crc32.Append(0, content));
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], (uint)content.Length);
        blocks.Write(trailer);
        var length = blocks.Position - start;
        if (length > BgzfBlock.MaxLength)
        {
            // What grows by compression is stored.
            blocks.Position = start;
            blocks.SetLength(start);
            WriteBlock(blocks, content, CompressionLevel.NoCompression);
            return;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(blocks.GetBuffer().AsSpan((int)start + header.Length - 2), (ushort)(length - 1));
    }
}
