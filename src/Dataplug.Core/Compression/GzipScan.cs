using Dataplug.Storage;

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
    private readonly long _endBit = -1;
    private readonly bool _isEntered;
    private PendingAccessPoint? _pending;
    private bool _ended;

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
        _leadIn = options.UsedLeadIn;
        _decoder = new GzipDecoder(options.Source, options.Container);
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

    /// <summary>A scan of a part of an object, from a boundary on. What happens at its end is still reported, not what happens at its
    /// start; and what the scan goes on to report after its end is to be passed over.</summary>
    public GzipScan(GzipPartStart start, TVisitor visitor, GzipScanOptions options, CancellationToken cancellationToken)
    {
        _options = options;
        _visitor = visitor;
        _cancellationToken = cancellationToken;
        _endBit = start.EndBit;
        _isEntered = !start.At.IsMemberStart;
        _leadIn = options.UsedLeadIn;
        _decoder = new GzipDecoder(options.Source) { SumsEnteredMember = true };
        _lastMark = start.LastMark < 0 ? null : start.LastMark;
        _lastAccessPoint = start.LastAccessPoint;
        if (start.At.IsMemberStart)
            _decoder.StartAtMember(start.At.Bit >> 3, start.At.Output, 0);
        else
            _decoder.StartAtBlock(start.At.Bit, start.At.Output, start.Window.Span);
    }

    /// <summary>Of a scan of a part: what it knows at its end, once that is reached.</summary>
    public GzipPartEnd? PartEnd { get; private set; }

    /// <summary>Of a scan of a part: called at its end, all output before which has been delivered.</summary>
    public Action? PartEnded { get; init; }

    /// <summary>Whether an access point was passed whose window's use is not known yet.</summary>
    public bool HasPendingAccessPoint => _pending is not null;

    /// <summary>Blocks that were decoded ahead; null when there are none.</summary>
    public SpeculatedBlocks? Speculation
    {
        set => _decoder.Speculation = value;
    }

    /// <summary>Bytes of the object consumed so far.</summary>
    public long InputPosition => _decoder.BitPosition >> 3;

    /// <summary>Bytes of output decoded so far, from the object's start.</summary>
    public long OutputPosition => _decoder.OutputPosition;

    /// <summary>Decodes what can be decoded.</summary>
    /// <param name="input">The object's bytes from <see cref="InputPosition"/> on.</param>
    /// <returns>How many of them were consumed; fewer than <see cref="GzipDecoder.MaxUnconsumed"/> are left.</returns>
    public int Push(ReadOnlySpan<byte> input)
    {
        var length = input.Length;
        if (_ended)
            return length;
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
                    NotePartEnd(isMemberStart: true);
                    break;
                case GzipEvent.BlockBoundary when _decoder.BitPosition == _options.EndBit:
                    Deliver();
                    _ended = true;
                    return length;
                case GzipEvent.BlockBoundary:
                    Mark(isMemberStart: false);
                    NotePartEnd(isMemberStart: false);
                    break;
                default:
                    if (_pending is not null)
                        DeliverPending();
                    else
                        Deliver();
                    if (_options.Container == DeflateContainer.GZip && _decoder.Member is { } member)
                        _visitor.OnMember(member);
                    break;
            }
        }
    }

    /// <summary>There is no more input.</summary>
    /// <param name="unconsumed">Bytes of it that <see cref="Push"/> left.</param>
    public GzipScanResult End(int unconsumed)
    {
        if (_options.EndBit is null)
            _decoder.EndInput(unconsumed);
        else
            Deliver();
        PartEnd ??= EndOfPart(isInMember: false);
        return new GzipScanResult(InputPosition, _decoder.OutputPosition, _decoder.MemberCount)
        {
            TrailingBytes = Trailing,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _decoder.Dispose();

    private void NotePartEnd(bool isMemberStart)
    {
        if (_decoder.BitPosition != _endBit)
            return;
        Deliver();
        PartEnd = EndOfPart(!isMemberStart);
        PartEnded?.Invoke();
    }

    private ByteRange? Trailing => _decoder.HasGarbage ? ByteRange.FromBounds(_decoder.DataEnd, InputPosition) : null;

    private GzipPartEnd EndOfPart(bool isInMember)
    {
        var isSameMember = _isEntered && _decoder.EnteredMemberTail is null;
        return new GzipPartEnd
        {
            Output = _decoder.OutputPosition,
            Members = _decoder.MemberCount,
            Tail = _decoder.EnteredMemberTail,
            OpenMemberStart = !isInMember ? -1 : isSameMember ? GzipPartEnd.BeforePart : _decoder.MemberOutputOffset,
            OpenMemberOffset = isInMember && !isSameMember ? _decoder.MemberOffset : -1,
            OpenMemberHeader = isInMember && !isSameMember ? _decoder.MemberHeader.ToArray() : [],
            OpenCrc = isInMember ? _decoder.Crc : 0,
            TrailingBytes = Trailing,
        };
    }

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
        else if (output - _lastAccessPoint >= _options.LeastAccessPointDistance)
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
