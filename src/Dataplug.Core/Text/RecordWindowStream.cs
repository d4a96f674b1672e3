using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// A stream over some records of a range: leaves out those that come first and ends before those that come last.
/// </summary>
public sealed class RecordWindowStream : ForwardStream
{
    private readonly Stream _inner;
    private readonly RecordStartFinder _finder;
    private long _skip;
    private long _take;
    private bool _ended;

    /// <summary>Takes some records of a range.</summary>
    /// <param name="inner">The range, from a place where a record may begin; owned.</param>
    /// <param name="finder">Finds the records.</param>
    /// <param name="skip">Records to leave out; with 0, bytes before the first record are kept.</param>
    /// <param name="take">Records to give.</param>
    public RecordWindowStream(Stream inner, RecordStartFinder finder, long skip, long take)
    {
        _inner = inner;
        _finder = finder;
        _skip = skip == 0 ? -1 : skip;
        _take = take;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (!_ended && buffer.Length > 0)
        {
            var read = _inner.Read(buffer);
            if (read == 0)
                break;
            var kept = Keep(buffer[..read]);
            if (kept > 0)
                return kept;
        }

        return 0;
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!_ended && buffer.Length > 0)
        {
            var read = await _inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                break;
            var kept = Keep(buffer.Span[..read]);
            if (kept > 0)
                return kept;
        }

        return 0;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inner.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Moves what belongs to the window to the front of the bytes read, and says how much it is.</summary>
    private int Keep(Span<byte> bytes)
    {
        var start = 0;
        if (_skip >= 0)
        {
            start = _finder.Find(bytes, ref _skip);
            if (start < 0)
                return 0;
            _skip = -1;
        }

        var end = _finder.Find(bytes[start..], ref _take);
        _ended = end >= 0;
        var kept = end >= 0 ? bytes.Slice(start, end) : bytes[start..];
        if (start > 0)
            kept.CopyTo(bytes);
        return kept.Length;
    }
}
