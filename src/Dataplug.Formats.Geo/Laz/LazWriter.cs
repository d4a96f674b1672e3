using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Dataplug.Formats.Geo.Laz;

namespace Dataplug.Formats.Geo;

/// <summary>Puts together a LAZ file of chunks that are copied and of points that are compressed, in chunks of any number of points.</summary>
internal sealed class LazWriter(LazHead head) : IAsyncDisposable
{
    private const int ChunkPoints = LazVlr.DefaultChunkSize;

    private readonly LazChunkEncoder _encoder = new(head.Vlr.WithChunks(LazVlr.VariableChunks));
    private readonly PointSpool _spool = new();
    private readonly LasSummary _summary = new();
    private readonly List<(long Length, long Points)> _chunks = [];
    private readonly MemoryStream _pending = new();

    private int RecordLength => head.Header.PointFormat.RecordLength;

    /// <summary>Adds a chunk as it is, of which the index knows what is counted.</summary>
    public ValueTask CopyAsync(LazPiece piece, CancellationToken cancellationToken)
    {
        _summary.Points += piece.Chunk.Points;
        _summary.Bounds = _summary.Bounds.Union(piece.Chunk.Bounds);
        for (var i = 0; i < _summary.ByReturn.Length; i++)
            _summary.ByReturn[i] += piece.Chunk.ByReturn![i];
        return AppendAsync(piece, cancellationToken);
    }

    /// <summary>Adds a chunk as it is.</summary>
    public ValueTask CopyAsync(LazPiece piece, ReadOnlyMemory<byte> records, CancellationToken cancellationToken)
    {
        _summary.Add(records.Span, head.Header.PointFormat);
        return AppendAsync(piece, cancellationToken);
    }

    /// <summary>Adds points, which are compressed with others around them.</summary>
    public async ValueTask AddAsync(ReadOnlyMemory<byte> records, CancellationToken cancellationToken)
    {
        _summary.Add(records.Span, head.Header.PointFormat);
        _pending.Write(records.Span);
        if (_pending.Length >= (long)ChunkPoints * RecordLength)
            await CompressAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The file but its extended records: head, place of the chunk table, chunks, chunk table.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> FinishAsync(long evlrCount, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await CompressAsync(cancellationToken).ConfigureAwait(false);
        var first = head.Header.PointsOffset + sizeof(long);
        var table = LazChunkTable.Of(first, _chunks);
        var tail = table.ToBytes(variable: true);
        yield return head.Rewrite(_summary, evlrCount, table.End + tail.Length);
        var place = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(place, table.End);
        yield return place;
        await foreach (var piece in _spool.ReadAsync(cancellationToken).ConfigureAwait(false))
            yield return piece;
        yield return tail;
    }

    public ValueTask DisposeAsync() => _spool.DisposeAsync();

    private async ValueTask AppendAsync(LazPiece piece, CancellationToken cancellationToken)
    {
        await CompressAsync(cancellationToken).ConfigureAwait(false);
        if (piece.Chunk.Points == 0)
            return;
        _chunks.Add((piece.Bytes.Length, piece.Chunk.Points));
        await _spool.AddAsync(piece.Bytes, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask CompressAsync(CancellationToken cancellationToken)
    {
        if (_pending.Length == 0)
            return;
        var records = _pending.GetBuffer().AsMemory(0, (int)_pending.Length);
        while (!records.IsEmpty)
        {
            var length = Math.Min(records.Length, ChunkPoints * RecordLength);
            var chunk = _encoder.Encode(records.Span[..length]).ToArray();
            _chunks.Add((chunk.Length, length / RecordLength));
            await _spool.AddAsync(chunk, cancellationToken).ConfigureAwait(false);
            records = records[length..];
        }

        _pending.SetLength(0);
    }
}
