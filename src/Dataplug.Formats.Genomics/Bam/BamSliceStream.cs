using System.Buffers.Binary;
using System.IO.Compression;
using Dataplug.Compression;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics;

/// <summary>Stored bytes of a slice, piece by piece.</summary>
internal interface IBamPieces : IAsyncDisposable
{
    /// <summary>The next piece, valid until the next call; none at the end.</summary>
    ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken);
}

/// <summary>A slice as a file: header, records, end-of-file marker.</summary>
internal sealed class BamSliceStream(ReadOnlyMemory<byte> header, IBamPieces pieces, ReadOnlyMemory<byte> endMarker) : ForwardStream
{
    private ReadOnlyMemory<byte> _piece = header;
    private ReadOnlyMemory<byte> _endMarker = endMarker;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        if (_piece.IsEmpty)
            _piece = await pieces.NextAsync(cancellationToken).ConfigureAwait(false);
        if (_piece.IsEmpty)
            (_piece, _endMarker) = (_endMarker, default);
        var length = Math.Min(buffer.Length, _piece.Length);
        _piece.Span[..length].CopyTo(buffer.Span);
        _piece = _piece[length..];
        return length;
    }

    public override async ValueTask DisposeAsync()
    {
        await pieces.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            pieces.DisposeAsync().AsTask().GetAwaiter().GetResult();
        base.Dispose(disposing);
    }
}

/// <summary>Runs of records as they are stored: whole blocks are passed on, after their checksum was verified; those that are only
/// partly in a run are compressed anew.</summary>
internal sealed class BamCopy(PinnedObject source, IReadOnlyList<BgzfRange> parts) : IBamPieces
{
    private int _next;
    private BgzfRange? _part;
    private BgzfReader? _blocks;
    private bool _begun;
    private bool _isOver;

    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_isOver)
            {
                await DisposeAsync().ConfigureAwait(false);
                (_part, _isOver) = (null, false);
            }

            if (_part is null)
            {
                if (_next == parts.Count)
                    return default;
                if (parts[_next++] is { IsEmpty: false } part)
                    (_part, _blocks, _begun) = (part, part.OpenBlocks(source), false);
                continue;
            }

            var isBlock = await _blocks!.NextAsync(cancellationToken).ConfigureAwait(false);
            if (!isBlock || _blocks.BlockOffset > _part.End.Block)
                throw new CorruptObjectException(source.Uri.Display, "its BGZF blocks are not where the index has them", "Preprocess the object again with force, then partition it again.", isBlock ? _blocks.BlockOffset : _part.StoredEnd);
            var piece = Take(_blocks, _part);
            _isOver = _blocks.BlockOffset == _part.End.Block || (_blocks.NextOffset == _part.End.Block && _part.End.Within == 0);
            if (!piece.IsEmpty)
                return piece;
        }
    }

    public ValueTask DisposeAsync() => _blocks?.DisposeAsync() ?? default;

    // Blocks without content, end-of-file markers within the object among them, are left out.
    private ReadOnlyMemory<byte> Take(BgzfReader blocks, BgzfRange part)
    {
        var content = blocks.Content;
        var start = _begun ? 0 : part.Start.Within;
        var end = blocks.BlockOffset == part.End.Block ? part.End.Within : content.Length;
        _begun = true;
        if (start > end || end > content.Length)
            throw new CorruptObjectException(source.Uri.Display, "a BGZF block has less content than the index has", "Preprocess the object again with force, then partition it again.", blocks.BlockOffset);
        return start == 0 && end == content.Length
            ? content.IsEmpty ? default : blocks.Stored
            : BgzfWriter.Compress(content.Span[start..end]);
    }
}

/// <summary>Records that are chosen one by one, compressed anew.</summary>
internal sealed class BamFilter(BamSlice slice, BamReader reader) : IBamPieces
{
    private readonly byte[] _size = new byte[4];
    private byte[] _content = new byte[2 * BgzfWriter.ContentLength];
    private int _length;
    private bool _filled;
    private bool _ended;

    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        while (!_ended)
        {
            if (_filled && TakeRecords())
                return Compress(_length / BgzfWriter.ContentLength * BgzfWriter.ContentLength);
            _filled = await reader.FillAsync(cancellationToken).ConfigureAwait(false);
            _ended = !_filled;
        }

        slice.CheckCount(reader.RecordsRead);
        return _length > 0 ? Compress(_length) : default;
    }

    public ValueTask DisposeAsync() => reader.DisposeAsync();

    // Until there is a whole block, or no record left.
    private bool TakeRecords()
    {
        while (_length < BgzfWriter.ContentLength && reader.TryRead(out var record))
        {
            BinaryPrimitives.WriteInt32LittleEndian(_size, record.Bytes.Length);
            Append(_size);
            Append(record.Bytes);
        }

        return _length >= BgzfWriter.ContentLength;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_content.Length - _length < bytes.Length)
            Array.Resize(ref _content, Math.Max(2 * _content.Length, _length + bytes.Length));
        bytes.CopyTo(_content.AsSpan(_length));
        _length += bytes.Length;
    }

    // Whoever asks for a slice reads it once: speed matters more than size.
    private byte[] Compress(int length)
    {
        var blocks = BgzfWriter.Compress(_content.AsSpan(0, length), CompressionLevel.Fastest);
        _content.AsSpan(length, _length - length).CopyTo(_content);
        _length -= length;
        return blocks;
    }
}

/// <summary>The content of runs of records, one after another.</summary>
internal sealed class BamPartStream(PinnedObject source, IReadOnlyList<BgzfRange> parts) : ForwardStream
{
    private int _next;
    private Stream? _part;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            if (_part is null)
            {
                if (_next == parts.Count)
                    return 0;
                _part = parts[_next++].Open(source);
            }

            var read = await _part.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read > 0)
                return read;
            await _part.DisposeAsync().ConfigureAwait(false);
            _part = null;
        }

        return 0;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_part is not null)
            await _part.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _part?.Dispose();
        base.Dispose(disposing);
    }
}
