using System.Text;
using Dataplug.Conformance.Storage;
using Dataplug.Conformance.Toys;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Core.Tests.Preprocessing;

/// <summary>Two machines, each with its own home, and one place for indexes.</summary>
public sealed class SharedLocationTests : IDisposable
{
    private static readonly ObjectUri Source = ObjectUri.Parse("mem://data/a.lines");
    private static readonly ObjectUri Sidecar = ObjectUri.Parse("mem://data.meta/a.lines.toy-lines.dpi");
    private static readonly ObjectUri Lease = ObjectUri.Parse("mem://data.meta/a.lines.toy-lines.dpi.lease");
    private static readonly LeaseTiming Quick = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(5));

    private readonly ScratchFolder _here = new();
    private readonly ScratchFolder _there = new();
    private readonly MemoryObjectStore _store = new("data");

    public SharedLocationTests() =>
        _store.PutAsync(Source, Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 3000).Select(i => $"line {i}\n"))), PutOptions.Overwrite).GetAwaiter().GetResult();

    public void Dispose()
    {
        _here.Dispose();
        _there.Dispose();
    }

    [Fact]
    public async Task The_bucket_is_made_and_the_second_machine_adopts_what_the_first_made()
    {
        Assert.Equal(PreprocessOutcome.Indexed, (await Cloud(_here).PreprocessAsync()).Outcome);
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => _store.HeadAsync(Lease));
        var adopted = await Cloud(_there).PreprocessAsync();
        Assert.Equal((PreprocessOutcome.Adopted, Sidecar), (adopted.Outcome, adopted.Sidecar));
        Assert.Equal(Sidecar, Assert.Single(await (await Catalog.OpenAsync(_there.Options().Metadata)).ListAsync()).Sidecar);
        Assert.Equal(PreprocessOutcome.AlreadyIndexed, (await Cloud(_there).PreprocessAsync()).Outcome);
        Assert.Equal(PreprocessOutcome.AlreadyIndexed, (await Cloud(_here).PreprocessAsync()).Outcome);
        Assert.Equal(3000, (await Cloud(_there).GetIndexAsync()).Lines.Sum());
    }

    [Fact]
    public async Task Only_one_machine_at_a_time_works_on_an_object()
    {
        var entered = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var first = Cloud(_here, async step =>
        {
            entered.TrySetResult();
            await go.Task;
        }).PreprocessAsync();
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(60));

        var refused = await Assert.ThrowsAsync<PreprocessingInProgressException>(() => Cloud(_there).PreprocessAsync());
        Assert.Contains($"process {Environment.ProcessId} on {Environment.MachineName} since 20", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PreprocessingInProgressException>(() => Cloud(_there).CleanAsync());
        await Assert.ThrowsAsync<PreprocessingInProgressException>(() => Cloud(_here).PreprocessAsync());
        go.SetResult();
        Assert.Equal(PreprocessOutcome.Indexed, (await first).Outcome);
        Assert.Equal(PreprocessOutcome.Adopted, (await Cloud(_there).PreprocessAsync()).Outcome);
    }

    [Fact]
    public async Task A_lease_is_renewed_while_its_holder_works()
    {
        var renewed = new TaskCompletionSource();
        var renewals = 0;
        _store.BeforeWrite = (uri, options) =>
        {
            if (uri == Lease && options.IfMatch is not null && ++renewals == 3)
                renewed.TrySetResult();
        };
        await Cloud(_here, step => renewed.Task.WaitAsync(TimeSpan.FromSeconds(60))).PreprocessAsync();
        Assert.InRange(renewals, 3, int.MaxValue);
    }

    [Fact]
    public async Task A_lease_of_a_dead_process_of_this_machine_is_taken_over_at_once()
    {
        using (var victim = TestHost.Start("catalog", _there.Home))
        {
            await victim.WaitAsync();
            await LeaveLeaseAsync(RunHolder.Me() with { ProcessId = victim.Id });
        }

        Assert.Equal(PreprocessOutcome.Indexed, (await Cloud(_here, timing: LeaseTiming.Default).PreprocessAsync()).Outcome);
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => _store.HeadAsync(Lease));
    }

    [Fact]
    public async Task A_lease_of_another_machine_counts_until_it_expires_and_no_one_renews_it()
    {
        _store.Now = () => DateTimeOffset.UtcNow.AddMinutes(-10);
        await LeaveLeaseAsync(new RunHolder("elsewhere", 1, DateTimeOffset.UtcNow, null));
        var written = 0;
        _store.BeforeWrite = (uri, options) => written += options.IfMatch is not null ? 1 : 0;
        Assert.Equal(PreprocessOutcome.Indexed, (await Cloud(_here).PreprocessAsync()).Outcome);
        Assert.InRange(written, 1, int.MaxValue);

        _store.BeforeWrite = null;
        _store.Now = () => DateTimeOffset.UtcNow;
        await LeaveLeaseAsync(new RunHolder("elsewhere", 1, DateTimeOffset.UtcNow, null));
        var refused = await Assert.ThrowsAsync<PreprocessingInProgressException>(() => Cloud(_here).PreprocessAsync(new PreprocessOptions { Force = true }));
        Assert.Contains("process 1 on elsewhere", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_holder_whose_clock_is_slow_is_seen_to_be_alive()
    {
        _store.Now = () => DateTimeOffset.UtcNow.AddMinutes(-10);
        await LeaveLeaseAsync(new RunHolder("elsewhere", 1, DateTimeOffset.UtcNow, null));
        using var stop = new CancellationTokenSource();
        var renewals = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await LeaveLeaseAsync(new RunHolder("elsewhere", 1, DateTimeOffset.UtcNow, null));
                await Task.Delay(20);
            }
        });
        await Assert.ThrowsAsync<PreprocessingInProgressException>(() => Cloud(_here, timing: new LeaseTiming(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5))).PreprocessAsync());
        await stop.CancelAsync();
        await renewals;
    }

    [Fact]
    public async Task A_run_that_lost_its_lease_stops_and_says_so()
    {
        var taken = 0;
        var refused = await Assert.ThrowsAsync<PreprocessingInProgressException>(() => Cloud(_here, async step =>
        {
            if (Interlocked.Exchange(ref taken, 1) == 0)
                await LeaveLeaseAsync(new RunHolder("elsewhere", 1, DateTimeOffset.UtcNow, null));
        }, delay: TimeSpan.FromSeconds(20)).PreprocessAsync().WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains("taken over", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => _store.HeadAsync(Sidecar));

        // The other's lease is not touched.
        Assert.True((await _store.HeadAsync(Lease)).Size > 0);
    }

    [Fact]
    public async Task A_store_without_conditional_writes_can_not_hold_shared_indexes()
    {
        var store = new MemoryObjectStore("data", "data.meta") { Capabilities = StoreCapabilities.Write };
        await store.PutAsync(Source, new byte[10], PutOptions.Overwrite);
        var cloud = CloudObject.FromUri(new LinesFormat(), Source.Value, _here.Options(MemoryObjectStore.Stores(store), new MetadataOptions { UseMetaBucket = true }));
        var refused = await Assert.ThrowsAsync<StorageException>(() => cloud.PreprocessAsync());
        Assert.Contains("conditional writes", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_sidecar_goes_up_in_parts()
    {
        var path = Path.Combine(_here.Path, "large.dpi");
        var content = new byte[(20 << 20) + 17];
        Random.Shared.NextBytes(content);
        await File.WriteAllBytesAsync(path, content);
        var uri = ObjectUri.Parse("mem://data/large.dpi");
        var info = await SidecarUpload.RunAsync(MemoryObjectStore.Stores(_store), path, uri, CancellationToken.None);
        Assert.Equal(content.Length, info.Size);
        await using var read = await _store.OpenReadAsync(uri, new ReadRequest(ReadRange.All));
        var copy = new MemoryStream();
        await read.Content.CopyToAsync(copy);
        Assert.True(copy.ToArray().AsSpan().SequenceEqual(content));
    }

    [Fact]
    public async Task Cleaning_removes_sidecar_and_a_dead_runs_lease_and_makes_no_bucket()
    {
        Assert.False(await Cloud(_here).CleanAsync());
        await Assert.ThrowsAsync<ObjectNotFoundException>(async () => await _store.ListAsync(ObjectUri.Parse("mem://data.meta/")).ToListAsync());
        await Cloud(_here).PreprocessAsync();
        Assert.True(await Cloud(_here).CleanAsync());
        Assert.Empty(await _store.ListAsync(ObjectUri.Parse("mem://data.meta/")).ToListAsync());
    }

    [Fact]
    public async Task A_folder_can_be_shared_too()
    {
        var file = _here.Write("a.lines", "1\n2\n"u8);
        var shared = ObjectUri.ForFile(Path.Combine(_here.Path, "shared") + "/");
        foreach (var (home, outcome) in ((ScratchFolder, PreprocessOutcome)[])[(_here, PreprocessOutcome.Indexed), (_there, PreprocessOutcome.Adopted)])
        {
            var cloud = CloudObject.FromFile(new LinesFormat(), file.Key, home.Options(metadata: new MetadataOptions { Location = shared }));
            var report = await cloud.PreprocessAsync();
            Assert.Equal(outcome, report.Outcome);
            Assert.Equal(Path.Combine(shared.Key, "file") + file.Key + ".toy-lines.dpi", report.Sidecar.Key);
            Assert.Equal(2, (await cloud.GetIndexAsync()).Lines.Sum());
        }
    }

    private async Task LeaveLeaseAsync(RunHolder holder)
    {
        await _store.CreateContainerAsync(Lease);
        var content = new LeaseContent(Guid.NewGuid(), holder, DateTimeOffset.UtcNow, 0);
        await _store.PutAsync(Lease, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(content, RunJson.Default.LeaseContent), PutOptions.Overwrite);
    }

    private CloudObject<LinesIndex> Cloud(ScratchFolder machine, Func<int, Task>? beforeStep = null, LeaseTiming? timing = null, TimeSpan delay = default) =>
        CloudObject.FromUri(
            new LinesFormat(delay: delay) { BeforeStep = beforeStep },
            Source.Value,
            machine.Options(MemoryObjectStore.Stores(_store), new MetadataOptions { UseMetaBucket = true, LeaseTiming = timing ?? Quick }));
}
