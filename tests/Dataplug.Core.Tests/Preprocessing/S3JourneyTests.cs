using System.Text;
using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;
using Dataplug.Conformance.Toys;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Core.Tests.Preprocessing;

/// <summary>The whole way on a real S3 server, with the metadata bucket and leases.</summary>
public sealed class S3JourneyTests : IDisposable
{
    private readonly ScratchFolder _here = new();
    private readonly ScratchFolder _there = new();

    public void Dispose()
    {
        _here.Dispose();
        _there.Dispose();
    }

    [Fact]
    public async Task An_object_is_indexed_adopted_cut_packed_and_cleaned()
    {
        var content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 3000).Select(i => $"line {i}\n")));
        var server = await S3Server.GetAsync();
        await using var stores = ObjectStores.Create(server.Options);
        var source = (await server.NewBucketAsync()).WithKey("run 1/ä+a.lines");
        await stores.Get(source).PutAsync(source, content, PutOptions.Overwrite);

        var report = await Cloud(_here).PreprocessAsync();
        Assert.Equal((PreprocessOutcome.Indexed, $"s3://{source.Container}.meta/run 1/ä+a.lines.toy-lines.dpi"), (report.Outcome, report.Sidecar.Value));
        Assert.Equal(PreprocessOutcome.Adopted, (await Cloud(_there).PreprocessAsync()).Outcome);
        Assert.Equal([report.Sidecar], await stores.Get(report.Sidecar).ListAsync(report.Sidecar.WithKey("")).Select(info => info.Uri).ToListAsync());
        Assert.Single((await Catalog.RebuildAsync(stores, _there.Options().Metadata, report.Sidecar.WithKey(""))).Entries);

        // A worker without credentials reads its slice by URLs.
        var slices = await (await Cloud(_there).PartitionAsync(LinesFormat.IntoSlices(5))).PresignAsync(TimeSpan.FromMinutes(5));
        var serializer = new FormatRegistry(new LinesFormat()).CreateSliceSerializer();
        await using var web = new ObjectStores().Register("http", () => new HttpStore());
        var whole = new MemoryStream();
        foreach (var line in slices.Select(serializer.Serialize))
        {
            var slice = (LinesSlice)(serializer.Deserialize(line) with { Stores = web });
            Assert.StartsWith("mark ", await slice.ReadMarkAsync(), StringComparison.Ordinal);
            await using var stream = await slice.OpenReadAsync();
            await stream.CopyToAsync(whole);
        }

        Assert.Equal(content, whole.ToArray());

        // The object changes: the URL still works, and still nothing of the new version is read.
        await stores.Get(source).PutAsync(source, content.AsMemory(1), PutOptions.Overwrite);
        await Assert.ThrowsAsync<StaleIndexException>(async () =>
        {
            await using var stream = await (slices[0] with { Stores = web }).OpenReadAsync();
            await stream.ReadExactlyAsync(new byte[10]);
        });
        await Assert.ThrowsAsync<StaleIndexException>(() => Cloud(_here).GetIndexAsync());
        Assert.True(await Cloud(_here).CleanAsync());
        Assert.Empty(await stores.Get(report.Sidecar).ListAsync(report.Sidecar.WithKey("")).ToListAsync());

        CloudObject<LinesIndex> Cloud(ScratchFolder machine) =>
            CloudObject.FromS3(new LinesFormat(), source.Value, machine.Options(stores, new MetadataOptions { UseMetaBucket = true }));
    }

    [Fact]
    public async Task Only_one_of_many_machines_indexes_and_the_others_say_who()
    {
        var server = await S3Server.GetAsync();
        await using var stores = ObjectStores.Create(server.Options);
        var source = (await server.NewBucketAsync()).WithKey("a.lines");
        await stores.Get(source).PutAsync(source, new byte[5000], PutOptions.Overwrite);
        using var started = new SemaphoreSlim(0);
        var go = new TaskCompletionSource();
        var machines = Enumerable.Range(0, 6).Select(_ => new ScratchFolder()).ToArray();
        var runs = machines.Select(machine => Task.Run(async () =>
        {
            var format = new LinesFormat
            {
                BeforeStep = async _ =>
                {
                    started.Release();
                    await go.Task;
                },
            };
            try
            {
                return (await CloudObject.FromS3(format, source.Value, machine.Options(stores, new MetadataOptions { UseMetaBucket = true })).PreprocessAsync()).Outcome.ToString();
            }
            catch (PreprocessingInProgressException e)
            {
                Assert.Contains(Environment.MachineName, e.Message, StringComparison.Ordinal);
                return "refused";
            }
        })).ToArray();

        // The winner waits inside its first chunk until all others are back.
        Assert.True(await started.WaitAsync(TimeSpan.FromSeconds(60)));
        var others = new List<Task<string>>(runs);
        while (others.Count > 1)
            others.Remove(await Task.WhenAny(others).WaitAsync(TimeSpan.FromSeconds(60)));
        go.SetResult();
        var outcomes = await Task.WhenAll(runs);
        Assert.Equal(["Indexed", "refused", "refused", "refused", "refused", "refused"], outcomes.Order(StringComparer.Ordinal));
        foreach (var machine in machines)
            machine.Dispose();
    }
}
