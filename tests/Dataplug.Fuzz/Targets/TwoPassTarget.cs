using Dataplug.Conformance.GZip;
using Dataplug.Conformance.Storage;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Fuzz.Targets;

/// <summary>
/// Indexing in two passes over small chunks that know nothing of each other: scouts, the step between, parts, merge. It must give the
/// index of the stream, bit for bit, or refuse what the stream refuses.
/// </summary>
internal sealed class TwoPassTarget : IFuzzTarget
{
    // Each takes two megabytes for a moment.
    private const int MaxChunks = 5;

    private static readonly ObjectUri Place = ObjectUri.Parse("mem://data/a.gz");

    private readonly ObjectStores _stores = MemoryObjectStore.Stores(new MemoryObjectStore("data"));

    public string Name => "twopass";

    public InputKind Kind => InputKind.Blocks;

    public string Run(byte[] input, Random random)
    {
        var options = new GZipLineOptions
        {
            AccessPointSpacing = random.Next(1, random.Next(2) == 0 ? 10 : 100_000),
            MarkSpacing = random.Next(1, random.Next(2) == 0 ? 100 : 40_000),
            LeadIn = random.Next(2) == 0 ? random.Next(30_000) : 0,
            ChunkSize = Math.Max((input.Length / MaxChunks) + 1, random.Next(1, random.Next(2) == 0 ? 200 : 20_000)),
        };
        _stores.Get(Place).PutAsync(Place, input, PutOptions.Overwrite).GetAwaiter().GetResult();
        var source = _stores.PinAsync(Place).GetAwaiter().GetResult();
        var (index, refusal) = Attempt(() => IndexAsync(source, options));
        var parts = 0;
        var (again, refusedAgain) = Attempt(() => IndexInChunksAsync(source, options, random, count => parts = count));
        if (refusal is null != refusedAgain is null)
            throw new FuzzFinding($"in two passes it ends with '{refusedAgain?.Message ?? "an index"}' instead of '{refusal?.Message ?? "an index"}'");
        if (refusal is null)
            return again.AsSpan().SequenceEqual(index) ? parts > 1 ? "accepted in parts" : "accepted" : throw new FuzzFinding($"in two passes the index is another, from byte {again.AsSpan().CommonPrefixLength(index)} of {index.Length} on");
        return (parts > 1 ? "in parts " : "") + Compare(refusal, refusedAgain!);
    }

    private static string Compare(CorruptObjectException refusal, CorruptObjectException again)
    {
        if (again.ByteOffset == refusal.ByteOffset && Core(again) == Core(refusal))
            return GzipRules.Outcome(refusal);
        // Rule 7: checksums are put together last, so that a later damage may be met first.
        if (refusal.Problem.StartsWith("the CRC-32 of", StringComparison.Ordinal) || refusal.Problem.StartsWith("a member's data have", StringComparison.Ordinal))
        {
            if (again.ByteOffset > refusal.ByteOffset)
                return "allowed: damage behind a wrong checksum";
        }
        throw new FuzzFinding($"in two passes it refuses with '{again.Message}' instead of '{refusal.Message}'");
    }

    // Who begins in the middle knows neither the number of the member nor where it begins.
    private static string Core(CorruptObjectException refusal) =>
        refusal.Problem.LastIndexOf(", in ", StringComparison.Ordinal) is >= 0 and var at ? refusal.Problem[..at] : refusal.Problem;

    private static (byte[] Index, CorruptObjectException? Refusal) Attempt(Func<Task<byte[]>> index)
    {
        try
        {
            return (index().GetAwaiter().GetResult(), null);
        }
        catch (CorruptObjectException refusal)
        {
            return ([], refusal);
        }
    }

    private static GZipLinePreprocessor<RecordContent> Preprocessor(GZipLineOptions options) => new(options, () => new RecordContent());

    private static async Task<byte[]> IndexAsync(PinnedObject source, GZipLineOptions options)
    {
        var run = new InterruptibleRun(source);
        await run.RunToEndAsync(() => Preprocessor(options));
        return await MergeAsync(source, options, run.ReadPartialsAsync());
    }

    private static async Task<byte[]> IndexInChunksAsync(PinnedObject source, GZipLineOptions options, Random random, Action<int> planned)
    {
        var chunks = Preprocessor(options).PlanChunks(source.Size);
        var scouted = new ReadOnlyMemory<byte>[chunks.Count - 1];
        for (var i = 0; i < scouted.Length; i++)
        {
            scouted[i] = await Preprocessor(options).ScoutAsync(new ChunkRun(source, chunks[i], i, chunks.Count), CancellationToken.None);
            // A report that is not there costs time and nothing else.
            if (random.Next(20) == 0)
                scouted[i] = default;
        }
        var resolved = await Preprocessor(options).ResolveAsync(chunks, scouted.ToAsyncEnumerable(), source, CancellationToken.None);
        planned(resolved.Count(start => start is not null));
        var partials = new ReadOnlyMemory<byte>[chunks.Count];
        for (var i = 0; i < partials.Length; i++)
        {
            if (resolved[i] is { } start)
                partials[i] = await Preprocessor(options).MapAsync(new ChunkRun(source, chunks[i], i, chunks.Count) { Resolved = start }, CancellationToken.None);
        }
        return await MergeAsync(source, options, partials.ToAsyncEnumerable());
    }

    private static async Task<byte[]> MergeAsync(PinnedObject source, GZipLineOptions options, IAsyncEnumerable<ReadOnlyMemory<byte>> partials)
    {
        using var destination = new MemoryStream();
        await using (var writer = new SidecarWriter(destination, new SidecarHeader("toy", 1, SourceIdentity.Of(source.Info), "{}")))
        {
            await Preprocessor(options).MergeAsync(partials, source, writer, CancellationToken.None);
            await writer.CompleteAsync();
        }
        return destination.ToArray();
    }
}
