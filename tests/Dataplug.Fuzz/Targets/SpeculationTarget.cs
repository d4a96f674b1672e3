using Dataplug.Compression;

namespace Dataplug.Fuzz.Targets;

/// <summary>
/// The scan with threads that decode chunks ahead, each of which is waited for; chunks are tiny, so that guesses are many and end in the
/// middle of everything. It must report what the scan of one thread reports, and refuse what that refuses, at the same byte.
/// </summary>
internal sealed class SpeculationTarget : IFuzzTarget
{
    // Handing a chunk over costs more than decoding one of these.
    private const int MaxChunks = 24;

    private const int AnyOutput = 256 << 20;

    public string Name => "speculation";

    public InputKind Kind => InputKind.Blocks;

    public string Run(byte[] input, Random random)
    {
        var options = new GzipScanOptions
        {
            MarkSpacing = random.Next(1, random.Next(2) == 0 ? 10 : 30_000),
            AccessPointSpacing = random.Next(1, random.Next(2) == 0 ? 10 : 60_000),
            SparseWindows = random.Next(3) != 0,
            LeadIn = random.Next(3) == 0 ? random.Next(60_000) : 0,
        };
        var ahead = options with
        {
            Speculation = new SpeculationOptions
            {
                Workers = random.Next(1, 4),
                ChunkLength = Math.Max(input.Length / MaxChunks, random.Next(1, random.Next(3) switch { 0 => 40, 1 => 600, _ => 20_000 })),
                Overlap = random.Next(2) == 0 ? random.Next(1, 3000) : 64 << 10,
                MaxOutput = random.Next(3) == 0 ? random.Next(200_000) : 16 << 20,
                Always = true,
            },
        };
        var maxRead = random.Next(1, random.Next(2) == 0 ? 500 : 50_000);
        var plain = Compare(null, "with others that decode ahead");
        if (plain.AccessPoints.Count > 0 && random.Next(3) == 0)
            Compare(plain.AccessPoints[random.Next(plain.AccessPoints.Count)].State, "resumed, with others that decode ahead");
        return plain.IsCut ? "accepted up to the limit" : plain.Refusal is { } refusal ? GzipRules.Outcome(refusal) : "accepted";

        ScanRecord Compare(GzipScanState? from, string how)
        {
            var alone = Scan(options, from, Verdict.OutputLimit);
            var together = Scan(ahead, from, Verdict.OutputLimit);
            // Output comes in other pieces: near the limit the one may be stopped by it and the other by the refusal that follows.
            if (alone.IsCut != together.IsCut)
                Scan(options, from, AnyOutput).MustEqual(Scan(ahead, from, AnyOutput), how, reportsAll: true);
            else
                alone.MustEqual(together, how, reportsAll: true);
            return alone;
        }

        ScanRecord Scan(GzipScanOptions how, GzipScanState? from, int limit)
        {
            using var stream = new PiecesStream(input.AsMemory((int)(from?.Mark.CompressedByteOffset ?? 0)), random, maxRead);
            return new ScanRecord(from?.Mark.OutputOffset ?? 0, limit).Run(record => GzipScanner.ScanAsync(stream, record, how, from).GetAwaiter().GetResult());
        }
    }
}
