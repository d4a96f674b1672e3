using Dataplug.Storage;

namespace Dataplug.Compression;

/// <summary>
/// Puts the reports of scouts together, one after another: says where the parts of the object begin, with what window, at which
/// output, at which line, and after which marks.
/// </summary>
/// <remarks>A scout's report counts where its start is reached. What lies between the end of one and the start of the next (blocks
/// that can't be found by their looks; all of a range in which none was found) is decoded here.</remarks>
internal sealed class GzipPartPlanner
{
    private const int WindowLength = WindowCodec.MaxWindowLength;
    private const int GapReadLength = 256 << 10;

    private readonly PinnedObject _source;
    private readonly GzipScanOptions _options;
    private byte[] _window = [];
    private GzipBoundary _at = new(0, 0, true);
    private long _lineFeeds;
    private bool _isAtLineStart = true;
    private long _lastMark = -1;
    private long _lastAccessPoint;
    private bool _ended;

    /// <param name="source">The object.</param>
    /// <param name="options">The spacings.</param>
    public GzipPartPlanner(PinnedObject source, GzipScanOptions options)
    {
        _source = source;
        _options = options;
    }

    /// <summary>Bytes that had to be decoded here.</summary>
    public long GapBytes { get; private set; }

    /// <summary>The start of a part at the place that is reached.</summary>
    /// <param name="endBit">Where the part ends.</param>
    public GzipPartStart StartHere(long endBit) => new()
    {
        At = _at,
        Window = _window,
        LastMark = _lastMark,
        LastAccessPoint = _lastAccessPoint,
        LineFeeds = _lineFeeds,
        IsAtLineStart = _isAtLineStart,
        EndBit = endBit,
    };

    /// <summary>The place that is reached.</summary>
    public GzipBoundary At => _at;

    /// <summary>Goes on to the end of a report, if it is one of this object's.</summary>
    /// <param name="report">The report of the next range.</param>
    /// <param name="cancellationToken">Cancels the decoding of gaps.</param>
    /// <returns>False when the report's start is no boundary.</returns>
    /// <exception cref="CorruptObjectException">The object is damaged in a gap.</exception>
    public async Task<bool> TryApplyAsync(GzipScoutReport report, CancellationToken cancellationToken)
    {
        if (_at.Bit == 0)
            Mark(_at);
        if (_at.Bit < report.FirstBit && !_ended)
            await DecodeGapAsync(report.FirstBit, cancellationToken).ConfigureAwait(false);
        if (_ended || _at.Bit < report.FirstBit || _at.Bit > report.StartBit || _at.IsMemberStart != report.StartsAtMember)
            return false;

        // Markers stand for the 32 KiB before; of a member that began less than that ago some bytes are not there.
        var missing = WindowLength - _window.Length;
        foreach (var (index, _) in report.Markers)
        {
            if (index < missing)
                return false;
        }
        foreach (var (index, count) in report.Markers)
            _lineFeeds += _window[index - missing] == (byte)'\n' ? count : 0;
        _lineFeeds += report.LineFeeds;
        if (report.Output > 0)
            _isAtLineStart = Byte(report.LastSymbol) == '\n';
        var window = new byte[report.Window.Length];
        var known = report.Window.Length;
        while (known > 0 && Byte(report.Window[known - 1]) is >= 0 and var value)
            window[--known] = (byte)value;
        var start = _at.Output;
        foreach (var boundary in report.Boundaries)
            Mark(boundary with { Output = start + boundary.Output });
        _at = new(report.EndBit, start + report.Output, report.EndsAtMember);
        _window = window[known..];
        return true;

        int Byte(ushort symbol) =>
            symbol < InflateDecoder.FirstMarker ? symbol : symbol - InflateDecoder.FirstMarker - missing is >= 0 and var at ? _window[at] : -1;
    }

    /// <summary>The rule of <see cref="GzipScan{TVisitor}"/> for marks and access points.</summary>
    private void Mark(GzipBoundary boundary)
    {
        if (_lastMark >= 0 && boundary.Output - _lastMark < _options.MarkSpacing)
            return;
        _lastMark = boundary.Output;
        if (boundary.IsMemberStart || boundary.Output - _lastAccessPoint >= _options.LeastAccessPointDistance)
            _lastAccessPoint = boundary.Output;
    }

    /// <summary>Decodes up to the first boundary at or after a place, or to the object's end.</summary>
    private async Task DecodeGapAsync(long toBit, CancellationToken cancellationToken)
    {
        using var decoder = new GzipDecoder(_source.Uri.Display);
        if (_at.IsMemberStart)
            decoder.StartAtMember(_at.Bit >> 3, _at.Output, 0);
        else
            decoder.StartAtBlock(_at.Bit, _at.Output, _window);
        var position = _at.Bit >> 3;
        var input = new byte[GapReadLength + GzipDecoder.MaxUnconsumed];
        var length = 0;
        var stored = _source.OpenRead(ByteRange.FromBounds(position, Math.Min(_source.Size, (toBit >> 3) + GapReadLength)));
        try
        {
            var end = Math.Min(_source.Size, (toBit >> 3) + GapReadLength);
            for (; ; )
            {
                var read = await stored.ReadAsync(input.AsMemory(length), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    if (end == _source.Size)
                    {
                        _ended = true;
                        return;
                    }
                    // The last block is longer than was thought.
                    await stored.DisposeAsync().ConfigureAwait(false);
                    var from = end;
                    end = Math.Min(_source.Size, end + 16 * GapReadLength);
                    stored = _source.OpenRead(ByteRange.FromBounds(from, end));
                    continue;
                }
                length += read;
                GapBytes += read;
                if (TryReach(decoder, toBit, input, ref length))
                    return;
            }
        }
        finally
        {
            await stored.DisposeAsync().ConfigureAwait(false);
        }
    }

    private bool TryReach(GzipDecoder decoder, long toBit, byte[] input, ref int length)
    {
        var rest = input.AsSpan(0, length);
        for (; ; )
        {
            var happened = decoder.Advance(rest, out var consumed);
            rest = rest[consumed..];
            var output = decoder.Output;
            if (!output.IsEmpty)
            {
                _lineFeeds += LineCounter.Count(output);
                _isAtLineStart = output[^1] == (byte)'\n';
                decoder.TakeOutput(output.Length);
            }
            switch (happened)
            {
                case GzipEvent.NeedInput:
                    rest.CopyTo(input);
                    length = rest.Length;
                    return false;
                case GzipEvent.MemberStart or GzipEvent.BlockBoundary:
                    var isMember = happened == GzipEvent.MemberStart;
                    if (decoder.BitPosition == _at.Bit)
                        break;
                    _at = new(decoder.BitPosition, decoder.OutputPosition, isMember);
                    Mark(_at);
                    if (_at.Bit < toBit)
                        break;
                    _window = isMember ? [] : decoder.Window.ToArray();
                    return true;
            }
        }
    }
}
