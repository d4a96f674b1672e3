using System.Buffers;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// Streams one preprocessing chunk in blocks, with the byte before it and the three bytes after it: one range GET.
/// </summary>
internal sealed class ChunkBlocks : IAsyncDisposable
{
    /// <summary>Bytes per block: small enough for a core's second-level cache, a multiple of 64.</summary>
    private const int BlockLength = 256 << 10;

    private const int LookAhead = 3;

    private readonly Stream _stream;
    private readonly IProgress<long>? _progress;
    private readonly long _length;
    private readonly int _afterLength;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BlockLength);
    private long _done;

    private ChunkBlocks(Stream stream, ByteRange chunk, int afterLength, IProgress<long>? progress)
    {
        _stream = stream;
        _length = chunk.Length;
        _afterLength = afterLength;
        _progress = progress;
    }

    /// <summary>The byte before the chunk; null at the start of the object.</summary>
    public byte? Before { get; private set; }

    /// <summary>The bytes after the chunk, at most three; known once all blocks are read.</summary>
    public ReadOnlyMemory<byte> After { get; private set; }

    /// <summary>Opens a chunk.</summary>
    public static async Task<ChunkBlocks> OpenAsync(PinnedObject source, ByteRange chunk, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var from = Math.Max(0, chunk.Offset - 1);
        var to = Math.Min(source.Size, chunk.End + LookAhead);
        var blocks = new ChunkBlocks(source.OpenRead(ByteRange.FromBounds(from, to)), chunk, (int)(to - chunk.End), progress);
        if (from < chunk.Offset)
        {
            await blocks._stream.ReadExactlyAsync(blocks._buffer.AsMemory(0, 1), cancellationToken).ConfigureAwait(false);
            blocks.Before = blocks._buffer[0];
        }

        return blocks;
    }

    /// <summary>The next block of the chunk, valid until the next call; empty after the last.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        if (_done > 0)
            _progress?.Report(_done);
        var length = (int)Math.Min(BlockLength, _length - _done);
        if (length == 0)
        {
            var after = new byte[_afterLength];
            await _stream.ReadExactlyAsync(after, cancellationToken).ConfigureAwait(false);
            After = after;
            return default;
        }

        var block = _buffer.AsMemory(0, length);
        await _stream.ReadExactlyAsync(block, cancellationToken).ConfigureAwait(false);
        _done += length;
        return block;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        return _stream.DisposeAsync();
    }
}
