using System.Buffers;
using Dataplug.Compression;

namespace Dataplug.Fuzz;

/// <summary>All that a scan of a gzip object reports, and how it ended; checks the promises about the order as it comes.</summary>
/// <param name="start">Bytes of output before the place where the scan begins.</param>
/// <param name="limit">Stops the scan after so much output (rule 1).</param>
internal sealed class ScanRecord(long start = 0, int limit = Verdict.OutputLimit) : IGzipVisitor
{
    private readonly ArrayBufferWriter<byte> _output = new();

    /// <summary>Thrown out of a scan to stop it at the limit (rule 1).</summary>
    private sealed class LimitReached : Exception;

    public ReadOnlySpan<byte> Output => _output.WrittenSpan;

    public List<InflateMark> Marks { get; } = [];

    public List<(InflateMark Mark, byte[] Window, GzipScanState State)> AccessPoints { get; } = [];

    public List<GzipMember> Members { get; } = [];

    public List<(InflateMark Mark, long Output)> LeadInEnds { get; } = [];

    public GzipScanResult? Result { get; private set; }

    public CorruptObjectException? Refusal { get; private set; }

    public bool IsCut { get; private set; }

    public Verdict Verdict => new(Output.ToArray(), Refusal?.Problem, IsCut);

    public void OnOutput(ReadOnlySpan<byte> output)
    {
        if (output.IsEmpty)
            throw new FuzzFinding("it delivered an empty piece of output");
        _output.Write(output);
        if (start + _output.WrittenCount >= limit)
            throw new LimitReached();
    }

    public void OnMark(in InflateMark mark)
    {
        if (mark.OutputOffset != start + _output.WrittenCount)
            throw new FuzzFinding($"a mark at output {mark.OutputOffset} came after {start + _output.WrittenCount} bytes of it");
        Marks.Add(mark);
    }

    public void OnLeadInEnd(in InflateMark mark, long outputOffset)
    {
        if (outputOffset != start + _output.WrittenCount || !Marks.Contains(mark))
            throw new FuzzFinding($"a lead-in's end at output {outputOffset} came after {start + _output.WrittenCount} bytes of it, or is of no mark");
        LeadInEnds.Add((mark, outputOffset));
    }

    public void OnAccessPoint(in InflateMark mark, ReadOnlySpan<byte> window, GzipScanState state)
    {
        // After a lead-in less of the window matters, but not to who resumes from the state.
        var hasLeadIn = LeadInEnds.Count > 0 && LeadInEnds[^1].Mark == mark;
        if (!Marks.Contains(mark) || state.Mark != mark || !state.Window.Span.SequenceEqual(window) && !hasLeadIn)
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
    /// <param name="reportsAll">Of a refused object, too, all that the one reported must have been reported by the other; only the last
    /// output before the refusal may be missing.</param>
    public void MustEqual(ScanRecord other, string how, bool reportsAll = false)
    {
        // What was decoded before a refusal may not have been delivered (and marks not reported) in the one and in the other.
        var isWhole = Refusal is null && other.Refusal is null && !IsCut && !other.IsCut;
        var common = isWhole ? Math.Max(Output.Length, other.Output.Length) : Math.Min(Output.Length, other.Output.Length);
        if (common > Output.Length || common > other.Output.Length || !Output[..common].SequenceEqual(other.Output[..common]))
            throw new FuzzFinding($"{how} the output is another");
        if (Refusal?.Problem != other.Refusal?.Problem || Refusal?.ByteOffset != other.Refusal?.ByteOffset || IsCut != other.IsCut)
            throw new FuzzFinding($"{how} it ends with '{other.Refusal?.Message}' (cut: {other.IsCut}) instead of '{Refusal?.Message}' (cut: {IsCut})");
        var isAll = isWhole || reportsAll && !IsCut && !other.IsCut;
        MustEqual(Marks, other.Marks, isAll, how, "marks");
        MustEqual(LeadInEnds, other.LeadInEnds, isAll, how, "ends of lead-ins");
        MustEqual(Members.ConvertAll(Plain), other.Members.ConvertAll(Plain), isAll, how, "members");
        MustEqual(AccessPoints.ConvertAll(point => (point.Mark, Convert.ToBase64String(point.Window))), other.AccessPoints.ConvertAll(point => (point.Mark, Convert.ToBase64String(point.Window))), isAll, how, "access points");
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
