using Dataplug.Conformance.Storage;
using Dataplug.Lithops.Backends.Storage;
using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Tests.Backends;

/// <summary>One listing in place of many requests.</summary>
public sealed class StatusBoardTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Statuses_are_seen_by_listing_when_enough_wait_for_them()
    {
        var layout = new JobLayout(ObjectUri.ForFile(Path.Combine(_scratch.Path, "jobs")));
        var store = new FileStore();
        var board = new StatusBoard(store, layout, "job");
        var entries = Enumerable.Range(0, 3).Select(i => board.Watch($"job/{i}/1")).ToList();
        Assert.False(entries[0].IsLookedFor);

        entries.AddRange(Enumerable.Range(3, 20).Select(i => board.Watch($"job/{i}/2")));
        Assert.True(entries[0].IsLookedFor);
        Assert.DoesNotContain(entries, entry => entry.There.IsCompleted);
        await store.PutAsync(layout.Status("job/1/1"), new byte[1], PutOptions.Overwrite);
        await store.PutAsync(layout.Status("job/7/2"), new byte[1], PutOptions.Overwrite);
        await store.PutAsync(layout.Status("job/8/1"), new byte[1], PutOptions.Overwrite);
        await store.PutAsync(layout.Input("job/9/2"), new byte[1], PutOptions.Overwrite);

        await Task.WhenAll(entries[1].There, entries[7].There).InTime();
        Assert.Equal([1, 7], entries.Index().Where(entry => entry.Item.There.IsCompleted).Select(entry => entry.Index));
        foreach (var entry in entries)
            entry.Dispose();
        await Soon.Until(() => !entries[0].IsLookedFor);
    }
}
