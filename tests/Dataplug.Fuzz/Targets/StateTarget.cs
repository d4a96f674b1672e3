using Dataplug.Compression;

namespace Dataplug.Fuzz.Targets;

/// <summary>
/// A saved scan state whose checksum is right but whose fields may be anything: refused with CorruptIndexException, or good for
/// reading on and for resuming, which may find the object corrupt and nothing worse.
/// </summary>
internal sealed class StateTarget : IFuzzTarget
{
    private static readonly byte[] Object = CorpusSeeds.Fastq();

    public string Name => "state";

    public InputKind Kind => InputKind.State;

    public string Run(byte[] input, Random random)
    {
        GzipScanState state;
        try
        {
            state = GzipScanState.FromBytes(input);
        }
        catch (CorruptIndexException refusal)
        {
            return GzipRules.Outcome(refusal);
        }
        var bytes = state.ToBytes();
        if (!GzipScanState.FromBytes(bytes).ToBytes().AsSpan().SequenceEqual(bytes))
            throw new FuzzFinding("a state changes when it is read and saved again");

        var start = (int)Math.Min(Object.Length, state.Mark.CompressedByteOffset);
        using (var rest = new InflateStream(new PiecesStream(Object.AsMemory(start), random, 4000), InflateReadOptions.At(state.Mark, state.Window)))
            StreamTarget.Drain(rest, Verdict.OutputLimit, random);

        var visitor = new AnyVisitor();
        try
        {
            using var stream = new PiecesStream(Object.AsMemory(start), random, 4000);
            var options = new GzipScanOptions { MarkSpacing = random.Next(1, 1000), AccessPointSpacing = 1 };
            GzipScanner.ScanAsync(stream, visitor, options, state).GetAwaiter().GetResult();
            return "resumed to the end";
        }
        catch (CorruptIndexException refusal)
        {
            return "resumption " + GzipRules.Outcome(refusal);
        }
        catch (CorruptObjectException)
        {
            return "resumed into an object of other bytes";
        }
    }

    /// <summary>Takes whatever comes.</summary>
    private sealed class AnyVisitor : IGzipVisitor
    {
        private long _last = -1;

        public void OnOutput(ReadOnlySpan<byte> output)
        {
        }

        public void OnMark(in InflateMark mark)
        {
            if (mark.OutputOffset < _last)
                throw new FuzzFinding($"a mark at output {mark.OutputOffset} follows one at {_last}");
            _last = mark.OutputOffset;
        }

        public void OnAccessPoint(in InflateMark mark, ReadOnlySpan<byte> window, GzipScanState state) => GzipScanState.FromBytes(state.ToBytes());

        public void OnMember(GzipMember member)
        {
        }
    }
}
