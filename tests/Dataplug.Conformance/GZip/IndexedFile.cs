using Dataplug.Conformance.Formats;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Conformance.GZip;

/// <summary>Indexes local files by a format's preprocessor alone, and reads slices.</summary>
public static class IndexedFile
{
    public static async Task<IndexedFile<TIndex>> CreateAsync<TIndex>(DataFormat<TIndex> format, byte[] stored, string name = "reads.fastq.gz", int killAfter = int.MaxValue)
        where TIndex : ObjectIndex
    {
        var folder = Directory.CreateTempSubdirectory("dataplug-indexed-").FullName;
        var requests = new RecordingObjectStore(new FileStore());
        var stores = new ObjectStores().Register("file", () => requests);
        var file = new IndexedFile<TIndex>(folder, requests, stores);
        try
        {
            await file.IndexAsync(format, stored, name, killAfter);
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }
}

/// <summary>A local file and its index, made by a format's preprocessor alone: no catalog, no runner.</summary>
public sealed class IndexedFile<TIndex> : IAsyncDisposable
    where TIndex : ObjectIndex
{
    private readonly string _folder;

    internal IndexedFile(string folder, RecordingObjectStore requests, ObjectStores stores)
    {
        _folder = folder;
        Requests = requests;
        Stores = stores;
    }

    public RecordingObjectStore Requests { get; }

    public ObjectStores Stores { get; }

    public ObjectUri Uri { get; private set; } = null!;

    public TIndex Index { get; private set; } = null!;

    public byte[] Sidecar { get; private set; } = [];

    /// <summary>How often the run was killed.</summary>
    public int Kills { get; private set; }

    public int Checkpoints { get; private set; }

    public long BytesReported { get; private set; }

    /// <summary>Cuts the file, the slices reading through the recorded store.</summary>
    public IReadOnlyList<TSlice> Cut<TSlice>(IPartitionStrategy<TIndex, TSlice> strategy)
        where TSlice : Slice => [.. strategy.Partition(Index).Select(slice => (TSlice)(slice with { Stores = Stores }))];

    public async ValueTask DisposeAsync()
    {
        await Stores.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Indexes the same file once more, killed after every so many checkpoints.</summary>
    /// <returns>The sidecar.</returns>
    public async Task<byte[]> IndexAgainAsync(DataFormat<TIndex> format, int killAfter)
    {
        var source = await Stores.PinAsync(Uri);
        var run = new InterruptibleRun(source);
        Kills = await run.RunToEndAsync(format.CreatePreprocessor, killAfter);
        Checkpoints = run.Partials.Count;
        BytesReported = run.BytesDone;
        using var destination = new MemoryStream();
        await using (var writer = new SidecarWriter(destination, new SidecarHeader(format.Id, format.IndexVersion, SourceIdentity.Of(source.Info), format.Parameters)))
        {
            await format.CreatePreprocessor().MergeAsync(run.ReadPartialsAsync(), source, writer, CancellationToken.None);
            await writer.CompleteAsync();
        }

        return destination.ToArray();
    }

    /// <summary>Indexes the same file once more in two passes, every chunk on its own, the last one first.</summary>
    /// <returns>The sidecar.</returns>
    public async Task<byte[]> IndexInChunksAsync(DataFormat<TIndex> format)
    {
        var source = await Stores.PinAsync(Uri);
        var plan = (ITwoPassPreprocessor)format.CreatePreprocessor();
        var chunks = plan.PlanChunks(source.Size);
        var scouted = new ReadOnlyMemory<byte>[chunks.Count - 1];
        for (var i = scouted.Length - 1; i >= 0; i--)
            scouted[i] = await ((ITwoPassPreprocessor)format.CreatePreprocessor()).ScoutAsync(new ChunkRun(source, chunks[i], i, chunks.Count), CancellationToken.None);
        ScoutedChunks = scouted.Count(report => !report.IsEmpty);
        var resolved = await plan.ResolveAsync(chunks, scouted.ToAsyncEnumerable(), source, CancellationToken.None);
        var partials = new ReadOnlyMemory<byte>[chunks.Count];
        for (var i = partials.Length - 1; i >= 0; i--)
        {
            if (resolved[i] is { } start)
                partials[i] = await ((ITwoPassPreprocessor)format.CreatePreprocessor()).MapAsync(new ChunkRun(source, chunks[i], i, chunks.Count) { Resolved = start }, CancellationToken.None);
        }

        MappedChunks = partials.Count(partial => !partial.IsEmpty);
        using var destination = new MemoryStream();
        await using (var writer = new SidecarWriter(destination, new SidecarHeader(format.Id, format.IndexVersion, SourceIdentity.Of(source.Info), format.Parameters)))
        {
            await plan.MergeAsync(partials.ToAsyncEnumerable(), source, writer, CancellationToken.None);
            await writer.CompleteAsync();
        }

        return destination.ToArray();
    }

    /// <summary>Of the last <see cref="IndexInChunksAsync"/>: chunks in which a start was found.</summary>
    public int ScoutedChunks { get; private set; }

    /// <summary>Of the last <see cref="IndexInChunksAsync"/>: parts that were worked on in the second pass.</summary>
    public int MappedChunks { get; private set; }

    internal async Task IndexAsync(DataFormat<TIndex> format, byte[] stored, string name, int killAfter)
    {
        var path = Path.Combine(_folder, name);
        await File.WriteAllBytesAsync(path, stored);
        Uri = ObjectUri.ForFile(path);
        Sidecar = await IndexAgainAsync(format, killAfter);
        var sidecar = ObjectUri.ForFile(path + ".index");
        await File.WriteAllBytesAsync(sidecar.Key, Sidecar);
        Index = await format.LoadIndexAsync(await SidecarReader.OpenAsync(Stores, sidecar));
    }
}
