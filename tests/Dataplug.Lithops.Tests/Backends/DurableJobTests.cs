using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Dataplug.Conformance.Storage;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Backends.Http;
using Dataplug.Lithops.Backends.Processes;
using Dataplug.Lithops.Protocol;
using Dataplug.Lithops.Tests.Backends.Http;
using Dataplug.Storage;

namespace Dataplug.Lithops.Tests.Backends;

/// <summary>Jobs that outlive the process that submitted them.</summary>
public sealed class DurableJobTests : IDisposable
{
    private static readonly JobOptions Durable = new() { Durable = true };

    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_job_whose_client_is_killed_is_taken_over_and_nothing_is_lost_or_run_again()
    {
        await using var service = await HttpWorkerService.StartAsync(concurrency: 4);
        var folder = Directory.CreateDirectory(Path.Combine(_scratch.Path, "marks")).FullName;
        var storage = ObjectUri.ForFile(Path.Combine(_scratch.Path, "jobs"));
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Dataplug.TestHost.dll"), "client", service.Url.ToString(), storage.Value, folder, "10"]) { RedirectStandardOutput = true };
        start.Environment[RemoteBackendOptions.KeyVariable] = service.Key;
        using var client = Process.Start(start)!;
        var reference = JsonSerializer.Deserialize<JobReference>((await client.StandardOutput.ReadLineAsync().InTime())!)!;

        // Of ten tasks three have ended, four run until they are told to end, three have not begun.
        await Soon.Until(() => Directory.GetFiles(folder, "begun-*").Length == 7);
        client.Kill(entireProcessTree: true);
        await client.WaitForExitAsync().InTime();

        await using var executor = new FunctionExecutor(new HttpBackend(new HttpBackendOptions
        {
            Url = service.Url,
            Storage = storage,
            Key = service.Key,
            MaxParallelism = 6,
            HeartbeatInterval = TimeSpan.FromMilliseconds(200),
        }));
        var futures = await executor.ResumeAsync<int>(reference).InTime();
        await futures.WaitAsync(WaitFor.Any).InTime();
        await File.WriteAllTextAsync(Path.Combine(folder, "go"), "");

        Assert.Equal(10, reference.Count);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => i * i), await futures.InTime());
        Assert.Equal(10, Directory.GetFiles(folder, "begun-*").Length);
        Assert.All(futures.Snapshot(), future => Assert.Equal(1, future.Statistics.Attempts));

        // What has ended is cleaned away.
        await executor.DisposeAsync();
        Assert.Empty(Directory.GetFiles(Path.Combine(storage.Key, "jobs"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_client_may_let_go_of_a_job_and_another_takes_it_over()
    {
        var mark = Path.Combine(_scratch.Path, "go");
        var first = new SilentBackend(2);
        await using var firstExecutor = new FunctionExecutor(first);
        var futures = firstExecutor.MapAsync(WaitFor3, Enumerable.Range(0, 6).Select(i => (i, mark)), Durable);
        futures[5].Cancel();
        await futures[2].InTime();

        var reference = await futures.DetachAsync().InTime();
        await futures.WhenAllSettledAsync().InTime();
        await using var second = new FunctionExecutor(new SilentBackend(3, former: first));
        var resumed = await second.ResumeAsync<string>(reference).InTime();
        await File.WriteAllTextAsync(mark, "");
        var summary = await resumed.WhenAllSettledAsync().InTime();

        Assert.Equal((5, 1), (summary.Succeeded, summary.Canceled));
        Assert.Equal(["0", "1", "2", new string('3', 30_000), "4"], resumed.Snapshot().Take(5).Select(future => future.TryGetResult(out var result) ? result : null));
        Assert.Contains(futures.Snapshot(), future => future.State == FutureState.Canceled);
    }

    [Fact]
    public async Task A_task_that_failed_is_repeated_by_whoever_takes_the_job_over()
    {
        var deliveries = new ConcurrentQueue<int>();
        var first = new SilentBackend(1) { Deliver = (_, _) => Task.Delay(Timeout.Infinite).WaitAsync(TimeSpan.FromMilliseconds(1)).ContinueWith(_ => deliveries.Enqueue(1), TaskScheduler.Default) };
        await using var firstExecutor = new FunctionExecutor(first);
        var futures = firstExecutor.MapAsync(x => x + 1, [1, 2], Durable);
        await Soon.Until(() => !deliveries.IsEmpty);
        var reference = await futures.DetachAsync().InTime();

        // It was sent, and no worker has begun: it is sent again, and that is no second attempt.
        await using var second = new FunctionExecutor(new SilentBackend(1, former: first));
        var resumed = await second.ResumeAsync<int>(reference).InTime();

        Assert.Equal([2, 3], await resumed.InTime());
        Assert.Equal([1, 1], resumed.Snapshot().Select(future => future.Statistics.Attempts));
    }

    [Fact]
    public async Task What_can_not_be_taken_over_is_told_at_once()
    {
        await using var silent = new FunctionExecutor(new SilentBackend(1));
        await using var local = new FunctionExecutor();
        await using var processes = new FunctionExecutor(new ProcessBackend(new ProcessBackendOptions { MaxParallelism = 1 }));
        var mark = Path.Combine(_scratch.Path, "go");
        var backend = new SilentBackend(1);
        await using var executor = new FunctionExecutor(backend);
        var futures = executor.MapAsync(WaitFor3, [(3, mark)], Durable);
        var reference = await futures.WhenStoredAsync().InTime();
        var other = new SilentBackend(1);
        await using var stranger = new FunctionExecutor(other);

        Assert.Throws<NotSupportedException>(() => local.MapAsync(x => x, [1], Durable));
        Assert.Throws<NotSupportedException>(() => silent.MapAsync(x => x, silent.MapAsync(x => x, [1]), Durable));
        await Assert.ThrowsAsync<NotSupportedException>(() => local.ResumeAsync<int>(reference));
        await Assert.ThrowsAsync<JobNotFoundException>(() => silent.ResumeAsync<string>(reference));
        await Assert.ThrowsAsync<ArgumentException>(() => executor.ResumeAsync<int>(reference));
        await Assert.ThrowsAsync<InvalidOperationException>(() => silent.MapAsync(x => x, [1]).WhenStoredAsync().InTime());
        var keyless = await Assert.ThrowsAsync<BackendFailedException>(() => processes.MapAsync(x => x, [1], Durable).InTime());
        Assert.Contains("key", keyless.Message, StringComparison.Ordinal);

        // Whoever can write to the storage can't make up a job: it is signed.
        var forged = new JobLayout(other.Root).Stored(reference.Job);
        await ObjectStores.Default.Get(forged).PutAsync(forged, await File.ReadAllBytesAsync(new JobLayout(backend.Root).Stored(reference.Job).Key), PutOptions.Overwrite);
        await Assert.ThrowsAsync<PayloadRefusedException>(() => stranger.ResumeAsync<string>(reference));
        await File.WriteAllTextAsync(mark, "");
        await futures.InTime();
    }

    private static async Task<string> WaitFor3((int Number, string Mark) input, CancellationToken cancellationToken)
    {
        while (input.Number >= 3 && !File.Exists(input.Mark))
            await Task.Delay(10, cancellationToken);
        return input.Number == 3 ? new string('3', 30_000) : input.Number.ToString(CultureInfo.InvariantCulture);
    }
}
