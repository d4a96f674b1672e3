namespace Dataplug.Compression;

/// <summary>The scan itself, free of I/O: input in pieces on one side, callbacks on the other.</summary>
internal sealed class GzipScan<TVisitor> : IDisposable
    where TVisitor : IGzipVisitor
{
    private readonly GzipScanOptions _options;
    private readonly TVisitor _visitor;
    private readonly GzipDecoder _decoder;
    private readonly WindowUsage _usage = new();
    private readonly CancellationToken _cancellationToken;
    private readonly long _leadIn;
    private long? _lastMark;
    private long _lastAccessPoint;
    private PendingAccessPoint? _pending;

    /// <summary>An access point whose window's use is still being noted.</summary>
    private sealed record PendingAccessPoint(InflateMark Mark, byte[] Window, long MemberOffset, long MemberOutputOffset, byte[] Header, uint Crc, long MemberCount)
    {
        public bool LeadInEnded { get; set; }
    }

    public GzipScan(TVisitor visitor, GzipScanOptions options, GzipScanState? resumeFrom, CancellationToken cancellationToken)
    {
        _options = options;
        _visitor = visitor;
        _cancellationToken = cancellationToken;
        _leadIn = options.SparseWindows ? options.LeadIn : 0;
        _decoder = new GzipDecoder(options.Source);
        if (resumeFrom is not { } state)
            return;
        var mark = state.Mark;
        _lastMark = _lastAccessPoint = mark.OutputOffset;
        if (mark.IsMemberStart)
        {
            _decoder.StartAtMember(mark.CompressedByteOffset, mark.OutputOffset, state.MemberCount);
        }
        else
        {
            _decoder.StartAtBlock(mark.CompressedBitOffset, mark.OutputOffset, state.Window.Span);
            if (!_decoder.ResumeMember(state.MemberOffset, state.MemberOutputOffset, state.Header, state.Crc, state.MemberCount))
                throw new CorruptIndexException(options.Source, "a saved scan state's member header is not one");
            if (mark.OutputOffset - state.MemberOutputOffset > state.Window.Length && state.Window.Length < WindowCodec.MaxWindowLength)
                throw new CorruptIndexException(options.Source, "a saved scan state's window is too short");
        }
    }

    /// <summary>Bytes of the object consumed so far.</summary>
    public long InputPosition => _decoder.BitPosition >> 3;

    /// <summary>Decodes what can be decoded.</summary>
    /// <param name="input">The object's bytes from <see cref="InputPosition"/> on.</param>
    /// <returns>How many of them were consumed; fewer than <see cref="GzipDecoder.MaxUnconsumed"/> are left.</returns>
    public int Push(ReadOnlySpan<byte> input)
    {
        var length = input.Length;
        for (; ; )
        {
            _cancellationToken.ThrowIfCancellationRequested();
            var happened = _decoder.Advance(input, out var consumed);
            input = input[consumed..];
            if (_pending is { } pending && _decoder.OutputPosition - pending.Mark.OutputOffset >= _usage.Reach)
                DeliverPending();
            switch (happened)
            {
                case GzipEvent.NeedInput:
                    return length - input.Length;
                case GzipEvent.OutputFull:
                    Deliver();
                    break;
                case GzipEvent.MemberStart:
                    Mark(isMemberStart: true);
                    break;
                case GzipEvent.BlockBoundary:
                    Mark(isMemberStart: false);
                    break;
                default:
                    if (_pending is not null)
                        DeliverPending();
                    else
                        Deliver();
                    _visitor.OnMember(_decoder.Member!);
                    break;
            }
        }
    }

    /// <summary>There is no more input.</summary>
    /// <param name="unconsumed">Bytes of it that <see cref="Push"/> left.</param>
    public GzipScanResult End(int unconsumed)
    {
        _decoder.EndInput(unconsumed);
        return new GzipScanResult(InputPosition, _decoder.OutputPosition, _decoder.MemberCount);
    }

    /// <inheritdoc/>
    public void Dispose() => _decoder.Dispose();

    private void Deliver()
    {
        if (_pending is { LeadInEnded: false } pending)
        {
            var left = pending.Mark.OutputOffset + _leadIn - (_decoder.OutputPosition - _decoder.Output.Length);
            if (left <= _decoder.Output.Length)
            {
                Deliver((int)left);
                EndLeadIn(pending);
            }
        }
        Deliver(_decoder.Output.Length);
    }

    private void Deliver(int length)
    {
        if (length == 0)
            return;
        _visitor.OnOutput(_decoder.Output[..length]);
        _decoder.TakeOutput(length);
    }

    private void EndLeadIn(PendingAccessPoint pending)
    {
        pending.LeadInEnded = true;
        if (_leadIn > 0)
            _visitor.OnLeadInEnd(pending.Mark, _decoder.OutputPosition - _decoder.Output.Length);
    }

    private void Mark(bool isMemberStart)
    {
        var output = _decoder.OutputPosition;
        if (output - _lastMark < _options.MarkSpacing)
            return;
        Deliver();
        var mark = new InflateMark(_decoder.BitPosition, output, isMemberStart);
        _visitor.OnMark(mark);
        _lastMark = output;
        if (isMemberStart)
        {
            // A pending access point was delivered at its member's end.
            _lastAccessPoint = output;
            _visitor.OnAccessPoint(mark, default, new GzipScanState(mark, [], _decoder.MemberCount, mark.CompressedByteOffset, output, [], 0));
        }
        else if (output - _lastAccessPoint >= Math.Max(_options.AccessPointSpacing, _leadIn + WindowCodec.MaxWindowLength))
        {
            // The one before has been delivered: it was pending for the least distance at most.
            _lastAccessPoint = output;
            _pending = new PendingAccessPoint(mark, _decoder.Window.ToArray(), _decoder.MemberOffset, _decoder.MemberOutputOffset,
                _decoder.MemberHeader.ToArray(), _decoder.Crc, _decoder.MemberCount);
            _decoder.Track(_usage, _leadIn);
        }
    }

    private void DeliverPending()
    {
        Deliver();
        var point = _pending!;
        if (!point.LeadInEnded)
            EndLeadIn(point); // its member has ended
        _pending = null;
        _decoder.EndTracking();
        var window = point.Window;
        if (_options.SparseWindows)
        {
            // A resumed scan wants the output of the lead-in, too.
            if (_leadIn > 0)
                window = window.AsSpan().ToArray();
            _usage.Sparsify(window);
        }
        var state = new GzipScanState(point.Mark, point.Window, point.MemberCount, point.MemberOffset, point.MemberOutputOffset, point.Header, point.Crc);
        _visitor.OnAccessPoint(point.Mark, window, state);
    }
}
