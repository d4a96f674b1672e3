using System.Globalization;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>Finds chunks without a chunk table, one behind another. Chunks of layers tell their lengths and their points. The others must be
/// decompressed, and so must have a fixed number of points.</summary>
internal sealed class LazChunkScan(LazVlr vlr, LazPoints points, LazRangeReader read, string? source)
{
    private const int SmallPiece = 1 << 14;
    private const int LargePiece = 1 << 20;
    private const int BatchPoints = 4096;

    private readonly LazChunkDecoder _decoder = new(vlr);
    private readonly byte[] _records = new byte[(int)Math.Min(BatchPoints, Math.Max(1, points.Count)) * vlr.RecordLength];

    // What was read last, and where it begins.
    private ReadOnlyMemory<byte> _piece;
    private long _pieceOffset;
    private int _nextPiece = SmallPiece;

    public async Task<LazChunkTable> RunAsync(string missing, CancellationToken cancellationToken)
    {
        List<long> offsets = [points.ChunksOffset], firsts = [0];
        if (vlr.Compressor != LazCompressor.Layered && vlr.HasVariableChunks)
        {
            throw new CorruptObjectException(
                source,
                missing + ", and without it nothing tells where chunks of any number of points begin",
                "Compress the points again from their source.",
                points.Offset);
        }
        try
        {
            while (firsts[^1] < points.Count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var left = points.Count - firsts[^1];
                long length;
                if (vlr.Compressor == LazCompressor.Layered)
                {
                    (length, left) = await LayeredAsync(offsets[^1], left, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    left = Math.Min(left, vlr.ChunkSize);
                    length = await PointwiseAsync(offsets[^1], left, cancellationToken).ConfigureAwait(false);
                }
                offsets.Add(offsets[^1] + length);
                firsts.Add(firsts[^1] + left);
            }
        }
        catch (LazDataException broken)
        {
            throw new CorruptObjectException(
                source,
                string.Create(CultureInfo.InvariantCulture, $"{missing}, and chunk {offsets.Count - 1}, which begins at byte {offsets[^1]}, is damaged: {broken.Message}"),
                byteOffset: offsets[^1] + broken.Position,
                innerException: broken);
        }
        return LazChunkTable.Rebuild(offsets, firsts, missing);
    }

    private async Task<(long Length, long Points)> LayeredAsync(long offset, long left, CancellationToken cancellationToken)
    {
        var head = _decoder.HeadLength;
        if (points.End - offset < head)
            throw new LazDataException(points.End - offset, "points end before it");
        var bytes = Known(offset);
        if (bytes.Length < head)
        {
            // Where chunks are small, one piece has many of their heads, and the next may have more.
            _nextPiece = bytes.Length > 0 ? Math.Min(2 * _nextPiece, LargePiece) : SmallPiece;
            bytes = await ReadAsync(offset, Math.Max(head, _nextPiece), cancellationToken).ConfigureAwait(false);
        }
        var count = _decoder.CountOf(bytes.Span);
        var length = _decoder.LengthOf(bytes.Span);
        var expected = vlr.HasVariableChunks ? count : Math.Min(left, vlr.ChunkSize);
        if (count == 0 || count > left || count != expected)
            throw new LazDataException(vlr.RecordLength, string.Create(CultureInfo.InvariantCulture, $"it says that it has {count} points, and {expected} of {left} are to come"));
        return length <= points.End - offset ? (length, count) : throw new LazDataException(vlr.RecordLength + 4, "its layers go on behind where points end");
    }

    private async Task<long> PointwiseAsync(long offset, long count, CancellationToken cancellationToken)
    {
        // At its very worst an encoder makes little more than two bytes of one: what takes four is damaged, however much there is to read.
        var most = Math.Min(Math.Min(count * vlr.RecordLength * 4 + LargePiece, points.End - offset), Array.MaxLength);
        var bytes = Known(offset);
        var length = LargePiece;
        while (true)
        {
            try
            {
                return Measure(bytes.Span, count, cancellationToken);
            }
            catch (LazDataException broken) when (broken.Position >= bytes.Length && bytes.Length < most)
            {
                // It only ended too early: a longer piece has all of it.
                while (length <= bytes.Length)
                    length = (int)Math.Min(2L * length, most);
            }
            bytes = await ReadAsync(offset, length, cancellationToken).ConfigureAwait(false);
        }
    }

    private int Measure(ReadOnlySpan<byte> bytes, long count, CancellationToken cancellationToken)
    {
        _decoder.Start();
        for (; count > 0; count -= BatchPoints)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _decoder.Continue(bytes, _records.AsSpan(0, (int)Math.Min(count, BatchPoints) * vlr.RecordLength));
        }
        return _decoder.Position;
    }

    private ReadOnlyMemory<byte> Known(long offset) =>
        offset >= _pieceOffset && offset - _pieceOffset < _piece.Length ? _piece[(int)(offset - _pieceOffset)..] : default;

    private async ValueTask<ReadOnlyMemory<byte>> ReadAsync(long offset, int length, CancellationToken cancellationToken)
    {
        _piece = default;
        _piece = await read(offset, (int)Math.Min(length, points.End - offset), cancellationToken).ConfigureAwait(false);
        _pieceOffset = offset;
        return _piece;
    }
}
