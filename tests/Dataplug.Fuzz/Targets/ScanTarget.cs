using System.IO.Pipelines;
using Dataplug.Compression;

namespace Dataplug.Fuzz.Targets;

/// <summary>
/// GzipScanner over a stream and over a pipe; then reading from every access point that it found, and resuming the scan from every
/// state. All must give what GZipStream gives.
/// </summary>
internal sealed class ScanTarget : IFuzzTarget
{
    private const int MaxPoints = 8;

    public string Name => "scan";

    public InputKind Kind => InputKind.Gzip;

    public string Run(byte[] input, Random random)
    {
        var options = new GzipScanOptions
        {
            MarkSpacing = random.Next(1, random.Next(2) == 0 ? 10 : 30_000),
            AccessPointSpacing = random.Next(1, 60_000),
            SparseWindows = random.Next(4) != 0,
        };
        var zlib = Zlib.Gunzip(input);
        var maxRead = Math.Max(input.Length / 32, random.Next(1, random.Next(2) == 0 ? 20 : 5000));
        var scan = Scan(input, random, maxRead, options, null);
        var outcome = GzipRules.Check(input, scan.Verdict, zlib, scan.Refusal, deliversAll: false);
        foreach (var (mark, window, state) in Chosen(scan, random))
        {
            Read(input, mark, WindowCodec.Decode(WindowCodec.Encode(window)), zlib, scan, random, maxRead);
            var bytes = state.ToBytes();
            var restored = GzipScanState.FromBytes(bytes);
            if (!bytes.AsSpan().SequenceEqual(restored.ToBytes()))
                throw new FuzzFinding("a saved scan state changes when it is read and saved again");
            Resume(input, options, scan, restored, random, maxRead);
        }
        return outcome;
    }

    private static ScanRecord Scan(byte[] input, Random random, int maxRead, GzipScanOptions options, GzipScanState? from)
    {
        var start = (int)(from?.Mark.CompressedByteOffset ?? 0);
        return new ScanRecord(from?.Mark.OutputOffset ?? 0).Run(record =>
        {
            using var stream = new PiecesStream(input.AsMemory(start), random, maxRead);
            if (random.Next(3) != 0)
                return GzipScanner.ScanAsync(stream, record, options, from).GetAwaiter().GetResult();
            var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64, minimumReadSize: 1));
            try
            {
                return GzipScanner.ScanAsync(pipe, record, options, from).GetAwaiter().GetResult();
            }
            finally
            {
                pipe.Complete();
            }
        });
    }

    private static IEnumerable<(InflateMark Mark, byte[] Window, GzipScanState State)> Chosen(ScanRecord scan, Random random)
    {
        var points = scan.AccessPoints;
        return points.Count <= MaxPoints ? points : Enumerable.Range(0, MaxPoints).Select(_ => points[random.Next(points.Count)]).ToArray();
    }

    /// <summary>From an access point on, the rest comes as it came to the scan, corrupt ends included. A member entered in the
    /// middle can't be verified, so there only what the trailer would tell is not told (rule 4).</summary>
    private static void Read(byte[] input, InflateMark mark, byte[] window, Verdict zlib, ScanRecord scan, Random random, int maxRead)
    {
        using var rest = new InflateStream(new PiecesStream(input.AsMemory((int)mark.CompressedByteOffset), random, maxRead), InflateReadOptions.At(mark, window));
        var (output, refusal, isCut) = StreamTarget.Drain(rest, Verdict.OutputLimit - (int)mark.OutputOffset, random);
        var expected = scan.Output[(int)mark.OutputOffset..];
        var common = Math.Min(expected.Length, output.Length);
        if (!output.AsSpan(0, common).SequenceEqual(expected[..common]))
            throw new FuzzFinding($"read from bit {mark.CompressedBitOffset}, the output differs at byte {mark.OutputOffset + output.AsSpan(0, common).CommonPrefixLength(expected[..common])}");
        if (scan.IsCut && isCut)
            return;
        if (output.Length < expected.Length)
            throw new FuzzFinding($"read from bit {mark.CompressedBitOffset}, it gives {output.Length} bytes instead of {expected.Length}");
        if (scan.Refusal is null)
        {
            if (refusal is not null || output.Length != expected.Length)
                throw new FuzzFinding($"read from bit {mark.CompressedBitOffset}, it gives {output.Length} bytes and ends with '{refusal?.Message}'");
            return;
        }
        var isUnverifiable = !mark.IsMemberStart && (scan.Refusal.Problem.StartsWith("the CRC-32 of", StringComparison.Ordinal) || scan.Refusal.Problem.StartsWith("a member's data have", StringComparison.Ordinal));
        if (!isUnverifiable && !isCut && (WithoutMember(refusal?.Problem) != WithoutMember(scan.Refusal.Problem) || refusal!.ByteOffset != scan.Refusal.ByteOffset))
            throw new FuzzFinding($"read from bit {mark.CompressedBitOffset}, it ends with '{refusal?.Message}' instead of '{scan.Refusal.Message}'");
        // What zlib delivered of this is no more than we do.
        if (output.Length + mark.OutputOffset < zlib.Output.Length && !isCut)
            throw new FuzzFinding($"read from bit {mark.CompressedBitOffset}, it ends at byte {output.Length + mark.OutputOffset}, zlib at {zlib.Output.Length}");
    }

    // Who begins in the middle does not know the number of the member, nor where one that was entered there begins.
    private static string? WithoutMember(string? problem) =>
        problem?.LastIndexOf(", in ", StringComparison.Ordinal) is >= 0 and var at && problem[at..].Contains("member", StringComparison.Ordinal) ? problem[..at] : problem;

    private static void Resume(byte[] input, GzipScanOptions options, ScanRecord whole, GzipScanState state, Random random, int maxRead)
    {
        var at = state.Mark.OutputOffset;
        var resumed = Scan(input, random, maxRead, options, state);
        var expected = whole.Output[(int)at..];
        var common = Math.Min(expected.Length, resumed.Output.Length);
        if (!resumed.Output[..common].SequenceEqual(expected[..common]) || whole.Result is not null && resumed.Output.Length != expected.Length)
            throw new FuzzFinding($"resumed at bit {state.Mark.CompressedBitOffset}, the output is another");
        // Near the limit the one may be stopped by it and the other by the refusal that follows.
        if (resumed.IsCut != whole.IsCut && (resumed.Refusal ?? whole.Refusal) is not null)
            return;
        if (resumed.Refusal?.Problem != whole.Refusal?.Problem || resumed.Refusal?.ByteOffset != whole.Refusal?.ByteOffset || resumed.IsCut != whole.IsCut)
            throw new FuzzFinding($"resumed at bit {state.Mark.CompressedBitOffset}, it ends with '{resumed.Refusal?.Message}' instead of '{whole.Refusal?.Message}'");
        if (whole.Result != resumed.Result)
            throw new FuzzFinding($"resumed at bit {state.Mark.CompressedBitOffset}, it ends with {resumed.Result} instead of {whole.Result}");
        if (whole.Result is not null && !whole.Marks.Where(mark => mark.OutputOffset > at).SequenceEqual(resumed.Marks))
            throw new FuzzFinding($"resumed at bit {state.Mark.CompressedBitOffset}, the marks are others");
        if (whole.Result is not null && !whole.AccessPoints.Where(point => point.Mark.OutputOffset > at).Select(point => (point.Mark, Convert.ToBase64String(point.Window))).SequenceEqual(resumed.AccessPoints.Select(point => (point.Mark, Convert.ToBase64String(point.Window)))))
            throw new FuzzFinding($"resumed at bit {state.Mark.CompressedBitOffset}, the access points are others");
    }
}
