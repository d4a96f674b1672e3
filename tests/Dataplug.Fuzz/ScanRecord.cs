using System.Buffers;
using Dataplug.Compression;

namespace Dataplug.Fuzz;

/// <summary>All that a scan of a gzip object reports, and how it ended; checks the promises about the order as it comes.</summary>
internal sealed class ScanRecord(long start = 0) : IGzipVisitor
{
    private readonly ArrayBufferWriter<byte> _output = new();

    /// <summary>Thrown out of a scan to stop it at the limit (rule 1).</summary>
    private sealed class LimitReached : Exception;

    public ReadOnlySpan<byte> Output => _output.WrittenSpan;

    public List<InflateMark> Marks { get; } = [];

    public List<(InflateMark Mark, byte[] Window, GzipScanState State)> AccessPoints { get; } = [];

    public List<GzipMember> Members { get; } = [];

    public GzipScanResult? Result { get; private set; }

    public CorruptObjectException? Refusal { get; private set; }

    public bool IsCut { get; private set; }

    public Verdict Verdict => new(Output.ToArray(), Refusal?.Problem, IsCut);

    public void OnOutput(ReadOnlySpan<byte> output)
    {
        if (output.IsEmpty)
            throw new FuzzFinding("it delivered an empty piece of output");
        _output.Write(output);
        if (start + _output.WrittenCount >= Verdict.OutputLimit)
            throw new LimitReached();
    }

    public void OnMark(in InflateMark mark)
    {
        if (mark.OutputOffset != start + _output.WrittenCount)
            throw new FuzzFinding($"a mark at output {mark.OutputOffset} came after {start + _output.WrittenCount} bytes of it");
        Marks.Add(mark);
    }

    public void OnAccessPoint(in InflateMark mark, ReadOnlySpan<byte> window, GzipScanState state)
    {
        if (!Marks.Contains(mark) || state.Mark != mark || !state.Window.Span.SequenceEqual(window))
            throw new FuzzFinding($"the access point at bit {mark.CompressedBitOffset} is no mark, or its state is another's");
        if (mark.IsMemberStart ? !window.IsEmpty : window.Length != Math.Min(WindowCodec.MaxWindowLength, mark.OutputOffset - state.MemberOutputOffset))
            throw new FuzzFinding($"the window at bit {mark.CompressedBitOffset} has {window.Length} bytes");
        AccessPoints.Add((mark, window.ToArray(), state));
    }

    public void OnMember(GzipMember member) => Members.Add(member);

    /// <summary>Runs a scan into this record.</summary>
    public ScanRecord Run(Func<ScanRecord, GzipScanResult> scan)
    {
        try
        {
            Result = scan(this);
        }
        catch (CorruptObjectException refusal)
        {
            Refusal = refusal;
        }
        catch (LimitReached)
        {
            IsCut = true;
        }
        return this;
    }

    /// <summary>Two records of the same object must tell the same, however its bytes came.</summary>
    /// <param name="other">The other record.</param>
    /// <param name="how">What was different about it.</param>
    public void MustEqual(ScanRecord other, string how)
    {
        // What was decoded before a refusal may not have been delivered (and marks not reported) in the one and in the other.
        var isWhole = Refusal is null && other.Refusal is null && !IsCut && !other.IsCut;
        var common = isWhole ? Math.Max(Output.Length, other.Output.Length) : Math.Min(Output.Length, other.Output.Length);
        if (common > Output.Length || common > other.Output.Length || !Output[..common].SequenceEqual(other.Output[..common]))
            throw new FuzzFinding($"{how} the output is another");
        if (Refusal?.Problem != other.Refusal?.Problem || Refusal?.ByteOffset != other.Refusal?.ByteOffset || IsCut != other.IsCut)
            throw new FuzzFinding($"{how} it ends with '{other.Refusal?.Message}' (cut: {other.IsCut}) instead of '{Refusal?.Message}' (cut: {IsCut})");
        MustEqual(Marks, other.Marks, isWhole, how, "marks");
        MustEqual(Members.ConvertAll(Plain), other.Members.ConvertAll(Plain), isWhole, how, "members");
        MustEqual(AccessPoints.ConvertAll(point => (point.Mark, Convert.ToBase64String(point.Window))), other.AccessPoints.ConvertAll(point => (point.Mark, Convert.ToBase64String(point.Window))), isWhole, how, "access points");
        if (isWhole && Result != other.Result)
            throw new FuzzFinding($"{how} it ends with {other.Result} instead of {Result}");

        // A record compares the extra field's memory by place.
        static (GzipMember, string) Plain(GzipMember member) => (member with { ExtraField = default }, Convert.ToHexString(member.ExtraField.Span));
    }

    private static void MustEqual<T>(List<T> mine, List<T> others, bool isWhole, string how, string what)
    {
        var common = Math.Min(mine.Count, others.Count);
        if (isWhole && mine.Count != others.Count || !mine.GetRange(0, common).SequenceEqual(others.GetRange(0, common)))
            throw new FuzzFinding($"{how} the {what} are others");
    }
}
