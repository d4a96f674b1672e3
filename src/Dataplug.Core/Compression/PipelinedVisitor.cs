using System.Runtime.ExceptionServices;

namespace Dataplug.Compression;

/// <summary>
/// Lets a visitor work on a thread of its own while the scan goes on decoding: what it is to see is copied and queued, in order, a few
/// megabytes at most.
/// </summary>
/// <remarks>An exception of the visitor reaches the scan at its next call, or at <see cref="Complete"/>.</remarks>
internal sealed class PipelinedVisitor<TVisitor> : IGzipVisitor, IDisposable
    where TVisitor : IGzipVisitor
{
    private const int PieceLength = 256 << 10;
    private const int MaxPieces = 8;

    private readonly TVisitor _visitor;
    private readonly Thread _thread;
    private Piece _current = new();

    // Guarded by the gate.
    private readonly object _gate = new();
    private readonly Queue<Piece> _full = new();
    private readonly Stack<Piece> _empty = new();
    private int _pieces = 1;
    private bool _completed;
    private ExceptionDispatchInfo? _failure;

    public PipelinedVisitor(TVisitor visitor)
    {
        _visitor = visitor;
        _thread = new Thread(Deliver) { IsBackground = true, Name = "dataplug gzip visitor" };
        _thread.Start();
    }

    /// <summary>Some output, and what happened after it.</summary>
    private sealed class Piece
    {
        public byte[] Output { get; } = GC.AllocateUninitializedArray<byte>(PieceLength);

        public int Length { get; set; }

        public List<Happening> Happenings { get; } = [];
    }

    private enum HappeningKind
    {
        Mark,
        LeadInEnd,
        AccessPoint,
        Member,
    }

    private readonly record struct Happening(HappeningKind Kind, InflateMark Mark, long Output = 0, byte[]? Window = null, GzipScanState? State = null, GzipMember? Member = null);

    /// <inheritdoc/>
    public void OnOutput(ReadOnlySpan<byte> output)
    {
        while (!output.IsEmpty)
        {
            if (_current.Length == PieceLength || _current.Happenings.Count > 0)
                Send();
            var length = Math.Min(output.Length, PieceLength - _current.Length);
            output[..length].CopyTo(_current.Output.AsSpan(_current.Length));
            _current.Length += length;
            output = output[length..];
        }
    }

    /// <inheritdoc/>
    public void OnMark(in InflateMark mark) => _current.Happenings.Add(new(HappeningKind.Mark, mark));

    /// <inheritdoc/>
    public void OnAccessPoint(in InflateMark mark, ReadOnlySpan<byte> window, GzipScanState state) =>
        _current.Happenings.Add(new(HappeningKind.AccessPoint, mark, Window: window.ToArray(), State: state));

    /// <inheritdoc/>
    public void OnLeadInEnd(in InflateMark mark, long outputOffset) => _current.Happenings.Add(new(HappeningKind.LeadInEnd, mark, outputOffset));

    /// <inheritdoc/>
    public void OnMember(GzipMember member) => _current.Happenings.Add(new(HappeningKind.Member, default, Member: member));

    /// <summary>Waits until the visitor has seen all.</summary>
    public void Complete()
    {
        Send();
        Dispose();
        _failure?.Throw();
    }

    /// <summary>Ends the thread; what is queued is still delivered.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _completed = true;
            Monitor.PulseAll(_gate);
        }
        _thread.Join();
    }

    private void Send()
    {
        lock (_gate)
        {
            _full.Enqueue(_current);
            Monitor.PulseAll(_gate);
            while (_empty.Count == 0 && _pieces == MaxPieces && _failure is null)
                Monitor.Wait(_gate);
            _failure?.Throw();
            if (_empty.TryPop(out var empty))
            {
                _current = empty;
            }
            else
            {
                _current = new Piece();
                _pieces++;
            }
        }
    }

    private void Deliver()
    {
        for (; ; )
        {
            Piece? piece;
            lock (_gate)
            {
                while (!_full.TryDequeue(out piece))
                {
                    if (_completed)
                        return;
                    Monitor.Wait(_gate);
                }
            }
            try
            {
                Deliver(piece);
            }
            catch (Exception failure)
            {
                lock (_gate)
                {
                    _failure = ExceptionDispatchInfo.Capture(failure);
                    Monitor.PulseAll(_gate);
                    return;
                }
            }
            piece.Length = 0;
            piece.Happenings.Clear();
            lock (_gate)
            {
                _empty.Push(piece);
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void Deliver(Piece piece)
    {
        if (piece.Length > 0)
            _visitor.OnOutput(piece.Output.AsSpan(0, piece.Length));
        foreach (var happening in piece.Happenings)
        {
            switch (happening.Kind)
            {
                case HappeningKind.Mark:
                    _visitor.OnMark(happening.Mark);
                    break;
                case HappeningKind.AccessPoint:
                    _visitor.OnAccessPoint(happening.Mark, happening.Window, happening.State!);
                    break;
                case HappeningKind.LeadInEnd:
                    _visitor.OnLeadInEnd(happening.Mark, happening.Output);
                    break;
                default:
                    _visitor.OnMember(happening.Member!);
                    break;
            }
        }
    }
}
