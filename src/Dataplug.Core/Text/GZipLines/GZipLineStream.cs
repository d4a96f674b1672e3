using System.Buffers;
using Dataplug.Compression;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>The lines of a <see cref="GZipLineRange"/>: decompressed content with lead-in and lines before passed over, ended after the
/// last line. A decoder that has come to the end of the lines is left to whoever reads on from there.</summary>
internal sealed class GZipLineStream : ForwardStream
{
    private const int SkipBufferSize = 64 << 10;

    // What a decoder may take into the cache: the rest of its answer, and what was decoded beyond the last line.
    private const int MaxHeld = 512 << 10;

    private readonly Stream _content;
    private readonly GZipSpanStream? _stored;
    private readonly GZipLineRange _range;
    private readonly string _source;
    private readonly GZipDecoderCache? _cache;
    private int _bytesToSkip;
    private long _linesToSkip;
    private long _linesToTake;

    // While lines are passed over, and until what was read too much has been handed out.
    private byte[]? _buffer;
    private int _bufferStart;
    private int _bufferEnd;
    private bool _ended;
    private bool _isGivenAway;

    /// <param name="content">The content from the access point on; owned.</param>
    /// <param name="range">The lines.</param>
    /// <param name="source">The object's name for messages.</param>
    /// <param name="stored">What <paramref name="content"/> reads, where that may go on.</param>
    /// <param name="cache">Takes the decoder at the end of the lines; null where it can't go on.</param>
    public GZipLineStream(Stream content, GZipLineRange range, string source, GZipSpanStream? stored = null, GZipDecoderCache? cache = null)
    {
        _content = content;
        _stored = stored;
        _range = range;
        _source = source;
        _cache = cache;
        _bytesToSkip = range.LeadIn;
        _linesToSkip = range.SkipLines;
        _linesToTake = range.LineCount;
        if (IsSkipping)
            _buffer = ArrayPool<byte>.Shared.Rent(SkipBufferSize);
    }

    private bool IsSkipping => _bytesToSkip > 0 || _linesToSkip > 0;

    /// <summary>Goes on with a decoder that stands before the first line.</summary>
    public GZipLineStream(PausedDecoder paused, GZipLineRange range, string source, GZipDecoderCache cache)
        : this(paused.Content, range with { SkipLines = 0, LeadIn = 0 }, source, paused.Stored, cache)
    {
        if (paused.Read.IsEmpty)
            return;
        _buffer = ArrayPool<byte>.Shared.Rent(paused.Read.Length);
        paused.Read.CopyTo(_buffer);
        _bufferEnd = paused.Read.Length;
    }

    /// <summary>Bytes that were decoded for this stream, those passed over included.</summary>
    public long BytesDecoded { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || _ended)
            return 0;
        while (IsSkipping)
            Skip(Decoded(_content.Read(_buffer!, 0, SkipBufferSize)));
        if (!TryTakeBuffered(buffer, out var count))
        {
            var read = Limit(Decoded(_content.Read(buffer)));
            count = Take(buffer[..read]);
            if (_ended)
                GiveAwayAsync(buffer[count..read].ToArray(), CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }
        else if (_ended)
        {
            GiveAwayAsync(_buffer.AsMemory(_bufferStart, _bufferEnd - _bufferStart), CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }

        return count;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _ended)
            return 0;
        while (IsSkipping)
            Skip(Decoded(await _content.ReadAsync(_buffer.AsMemory(0, SkipBufferSize), cancellationToken).ConfigureAwait(false)));
        if (!TryTakeBuffered(buffer.Span, out var count))
        {
            var read = Limit(Decoded(await _content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)));
            count = Take(buffer.Span[..read]);
            if (_ended)
                await GiveAwayAsync(buffer[count..read], cancellationToken).ConfigureAwait(false);
        }
        else if (_ended)
        {
            await GiveAwayAsync(_buffer.AsMemory(_bufferStart, _bufferEnd - _bufferStart), cancellationToken).ConfigureAwait(false);
        }

        return count;
    }

    public override async ValueTask DisposeAsync()
    {
        _ended = true;
        ReturnBuffer();
        if (!_isGivenAway)
            await _content.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _ended = true;
            ReturnBuffer();
            if (!_isGivenAway)
                _content.Dispose();
        }

        base.Dispose(disposing);
    }

    // The end of the content before its time means that object and index disagree.
    private int Limit(int read)
    {
        if (read == 0 && !_range.ToEnd)
            ThrowEnded();
        return read;
    }

    private int Decoded(int read)
    {
        BytesDecoded += read;
        return read;
    }

    private void Skip(int read)
    {
        if (read == 0)
            ThrowEnded();
        _bufferStart = Math.Min(read, _bytesToSkip);
        _bufferEnd = read;
        _bytesToSkip -= _bufferStart;
        var text = _buffer.AsSpan(_bufferStart, read - _bufferStart);
        var lines = LineCounter.Count(text);
        if (lines < _linesToSkip)
        {
            _linesToSkip -= lines;
            return;
        }

        _bufferStart += AfterLine(text, _linesToSkip);
        _linesToSkip = 0;
    }

    private bool TryTakeBuffered(Span<byte> destination, out int count)
    {
        count = 0;
        if (_buffer is null)
            return false;
        var available = Math.Min(_bufferEnd - _bufferStart, destination.Length);
        if (available == 0)
        {
            ReturnBuffer();
            return false;
        }

        count = Take(_buffer.AsSpan(_bufferStart, available));
        _buffer.AsSpan(_bufferStart, count).CopyTo(destination);
        _bufferStart += count;
        return true;
    }

    // How many of the bytes belong to the lines.
    private int Take(Span<byte> text)
    {
        if (_range.ToEnd)
        {
            _ended = text.IsEmpty;
            return text.Length;
        }

        var lines = LineCounter.Count(text);
        if (lines < _linesToTake)
        {
            _linesToTake -= lines;
            return text.Length;
        }

        _ended = true;
        return AfterLine(text, _linesToTake);
    }

    // All lines have been delivered: whatever happens here is no failure of theirs.
    private async ValueTask GiveAwayAsync(ReadOnlyMemory<byte> beyond, CancellationToken cancellationToken)
    {
        if (_range.ToEnd || beyond.Length > MaxHeld || _cache is not { Capacity: > 0 } || _stored is null || _content is not InflateStream inflate)
            return;
        try
        {
            if (!await _stored.HoldRestAsync(MaxHeld, cancellationToken).ConfigureAwait(false))
                return;
        }
        catch (Exception failure) when (failure is DataplugException or IOException or OperationCanceledException)
        {
            return;
        }

        _isGivenAway = true;
        _cache.Put(_range.FirstLine + _range.LineCount, new PausedDecoder(inflate, _stored, beyond.ToArray()));
        ReturnBuffer();
    }

    private static int AfterLine(ReadOnlySpan<byte> text, long line)
    {
        var end = 0;
        for (; line > 0; line--)
            end += text[end..].IndexOf((byte)'\n') + 1;
        return end;
    }

    private void ReturnBuffer()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void ThrowEnded() =>
        throw new CorruptObjectException(_source, $"the content ends before line {_range.FirstLine + _range.LineCount} of the slice's lines", "Preprocess the object again with force, then partition it again.", _range.End);
}
