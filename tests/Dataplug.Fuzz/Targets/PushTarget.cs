using Dataplug.Compression;

namespace Dataplug.Fuzz.Targets;

/// <summary>
/// The gzip scan free of I/O, out of guarded input: whole and in pieces. It must give what GZipStream gives, and report the same
/// marks, windows and members for any pieces.
/// </summary>
internal sealed class PushTarget : IFuzzTarget
{
    private readonly GuardedMemory _input = new(1 << 20);

    public string Name => "push";

    public InputKind Kind => InputKind.Gzip;

    public string Run(byte[] input, Random random)
    {
        var options = new GzipScanOptions
        {
            MarkSpacing = random.Next(1, random.Next(2) == 0 ? 10 : 30_000),
            AccessPointSpacing = random.Next(1, 60_000),
            SparseWindows = random.Next(3) != 0,
            LeadIn = random.Next(3) == 0 ? random.Next(60_000) : 0,
        };
        var zlib = Zlib.Gunzip(input);
        var whole = Push(input, options, input.Length, random);
        var outcome = GzipRules.Check(input, whole.Verdict, zlib, whole.Refusal, deliversAll: false);
        var maxPiece = Math.Max(input.Length / 48, random.Next(4) switch { 0 => 1, 1 => 16, 2 => 200, _ => 3000 });
        var pieces = Push(input, options, maxPiece, random);
        GzipRules.Check(input, pieces.Verdict, zlib, pieces.Refusal, deliversAll: false);
        whole.MustEqual(pieces, "in pieces");
        if (whole.Result is { } result)
        {
            if (result.CompressedLength != input.Length || result.OutputLength != whole.Output.Length || result.MemberCount != whole.Members.Count)
                throw new FuzzFinding($"the result {result} is not that of {input.Length} bytes, {whole.Output.Length} bytes of output, {whole.Members.Count} members");
            if (whole.Members.Sum(member => member.OutputLength) != whole.Output.Length)
                throw new FuzzFinding("the members' lengths do not add up");
        }
        return outcome;
    }

    private ScanRecord Push(byte[] input, GzipScanOptions options, int maxPiece, Random random) => new ScanRecord().Run(record =>
    {
        using var scan = new GzipScan<ScanRecord>(record, options, null, default);
        var taken = 0;
        var given = 0;
        while (given < input.Length)
        {
            given = maxPiece >= input.Length ? input.Length : Math.Min(input.Length, given + random.Next(1, maxPiece + 1));
            taken += scan.Push(_input.PutAtEnd(input.AsSpan(taken, given - taken)));
            if (given - taken is < 0 or > GzipDecoder.MaxUnconsumed)
                throw new FuzzFinding($"it leaves {given - taken} bytes");
        }
        return scan.End(given - taken);
    });
}
