using System.Buffers;
using Dataplug.Compression;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>The lines of a <see cref="GZipLineRange"/>: decompressed content with lead-in and lines before passed over, ended after the
/// last line.</summary>
internal sealed class GZipLineStream : ForwardStream
{
    private const int SkipBufferSize = 64 << 10;

    private readonly Stream _content;
    private readonly GZipLineRange _range;
    private readonly string _source;
    private int _bytesToSkip;
    private long _linesToSkip;
    private long _linesToTake;

    // While lines are passed over, and until what was read too much has been handed out.
    private byte[]? _buffer;
    private int _bufferStart;
    private int _bufferEnd;
    private bool _ended;

    public GZipLineStream(Stream content, GZipLineRange range, string source)
    {
        _content = content;
        _range = range;
        _source = source;
        _bytesToSkip = range.LeadIn;
        _linesToSkip = range.SkipLines;
        _linesToTake = range.LineCount;
        if (IsSkipping)
            _buffer = ArrayPool<byte>.Shared.Rent(SkipBufferSize);
    }

    private bool IsSkipping => _bytesToSkip > 0 || _linesToSkip > 0;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || _ended)
            return 0;
        while (IsSkipping)
            Skip(_content.Read(_buffer!, 0, SkipBufferSize));
        return TryTakeBuffered(buffer, out var count) ? count : Take(buffer[..Limit(_content.Read(buffer))]);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _ended)
            return 0;
        while (IsSkipping)
            Skip(await _content.ReadAsync(_buffer.AsMemory(0, SkipBufferSize), cancellationToken).ConfigureAwait(false));
        if (TryTakeBuffered(buffer.Span, out var count))
            return count;
        var read = await _content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        return Take(buffer.Span[..Limit(read)]);
    }

    public override async ValueTask DisposeAsync()
    {
        ReturnBuffer();
        await _content.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            ReturnBuffer();
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

        _buffer.AsSpan(_bufferStart, available).CopyTo(destination);
        _bufferStart += available;
        count = Take(destination[..available]);
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
