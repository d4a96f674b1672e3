using Dataplug.Conformance.Storage;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Backends.Http;
using Dataplug.Lithops.Protocol;
using Dataplug.Lithops.Tests.Backends;
using Dataplug.Lithops.Worker;
using Dataplug.Storage;

namespace Dataplug.Lithops.Tests.Worker;

/// <summary>Storage that fails under client and workers: what it may cost is attempts and time, never a result.</summary>
public sealed class StorageFaultTests : IDisposable
{
    private const int Tasks = 300;

    private static readonly ObjectUri Root = ObjectUri.ForContainer("mem", "bucket", "jobs-of-tests");

    private readonly ScratchFolder _scratch = new();

    /// <summary>Failures that pass are for the store's own retries, and cost no attempt.</summary>
    private static readonly RetryOptions Patient = new() { MaxAttempts = 12, BaseDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMilliseconds(5) };

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("silent")]
    [InlineData("http")]
    public async Task One_lost_request_in_ten_that_passes_costs_no_attempt(string kind)
    {
        var memory = new MemoryObjectStore("bucket");
        var client = new FlakyStore(memory, seed: 1, share: 0.1);
        var worker = new FlakyStore(memory, seed: 2, share: 0.1);
        JobSummary summary;
        await using (var backend = Create(kind, client, worker, Patient, TimeSpan.FromSeconds(30)))
        {
            await using var executor = new FunctionExecutor(backend.Backend);
            summary = await MapAsync(executor);
        }

        Assert.Equal((Tasks, Tasks, 0), (summary.Tasks, summary.Succeeded, summary.Retries));
        Assert.True(client.Faults > 10 && worker.Faults > 50, $"{client.Faults} of {client.Requests} and {worker.Faults} of {worker.Requests} requests failed");
        Assert.Empty(await memory.ListAsync(new JobLayout(Root).Job(summary.JobId)).ToListAsync());
    }

    [Theory]
    [InlineData("silent")]
    [InlineData("http")]
    public async Task One_request_in_ten_that_fails_for_good_costs_attempts_and_no_result(string kind)
    {
        // Without its code there is no job at all; the failures of the client's begin behind that.
        var memory = new MemoryObjectStore("bucket");
        var client = new FlakyStore(memory, seed: 3, share: 0.1) { Failure = ForGood, Hits = (_, uri) => uri.Key.Contains("/jobs/", StringComparison.Ordinal) };
        var worker = new FlakyStore(memory, seed: 4, share: 0.1) { Failure = ForGood };
        await using var backend = Create(kind, client, worker, RetryOptions.None, TimeSpan.FromSeconds(1));
        await using var executor = new FunctionExecutor(backend.Backend, new ExecutorOptions { Retries = 50, RetryDelay = TimeSpan.Zero });

        var summary = await MapAsync(executor);

        Assert.Equal((Tasks, Tasks), (summary.Tasks, summary.Succeeded));
        Assert.True(summary.Retries > 0 && client.Faults > 10 && worker.Faults > 50, $"{summary.Retries} attempts were repeated; {client.Faults} of {client.Requests} and {worker.Faults} of {worker.Requests} requests failed");
    }

    [Theory]
    [InlineData("read", "/status/")]
    [InlineData("head", "/alive")]
    public async Task A_client_that_can_not_ask_for_a_while_goes_on_waiting(string operation, string name)
    {
        var (memory, failures) = (new MemoryObjectStore("bucket"), 0);
        var client = new FlakyStore(memory, seed: 5, share: 1)
        {
            Failure = ForGood,
            Hits = (asked, uri) => asked == operation && uri.Key.Contains(name, StringComparison.Ordinal) && Interlocked.Increment(ref failures) <= 5,
        };
        await using var backend = Create("silent", client, memory, RetryOptions.None, TimeSpan.FromSeconds(30));
        await using var executor = new FunctionExecutor(backend.Backend);

        var future = executor.CallAsync(WaitAsync, 1500);

        Assert.Equal(1500, await future.InTime());
        Assert.Equal((1, 5), (future.Statistics.Attempts, client.Faults));
    }

    [Fact]
    public async Task A_client_that_can_not_ask_at_all_gives_the_worker_up_and_says_why()
    {
        var memory = new MemoryObjectStore("bucket");
        var client = new FlakyStore(memory, seed: 6, share: 1) { Failure = ForGood, Hits = (asked, uri) => asked is "read" or "head" && uri.Key.Contains("/jobs/", StringComparison.Ordinal) };
        await using var backend = Create("silent", client, memory, RetryOptions.None, TimeSpan.FromMilliseconds(500));
        await using var executor = new FunctionExecutor(backend.Backend);

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(WaitAsync, 1).InTime());

        Assert.IsType<WorkerLostException>(exception.InnerException);
        Assert.Contains("the disk has failed", exception.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_status_whose_answer_was_lost_keeps_the_result_that_it_names()
    {
        // A store that leaves no marks: the repeated write is refused by what the first has done.
        var (memory, lost) = (new MemoryObjectStore("bucket"), 0);
        var worker = new FlakyStore(memory, seed: 7, share: 1)
        {
            Capabilities = memory.Capabilities,
            IsDone = true,
            Hits = (asked, uri) => asked == "put" && uri.Key.Contains("/status/", StringComparison.Ordinal) && Interlocked.Increment(ref lost) == 1,
        };
        await using var backend = Create("silent", memory, worker, Patient, TimeSpan.FromSeconds(30));
        await using var executor = new FunctionExecutor(backend.Backend);

        var future = executor.CallAsync(Reversed, Content(3));

        var result = await future.InTime();

        Assert.Equal(Reversed(Content(3)), result);
        Assert.Equal((1, 1), (future.Statistics.Attempts, worker.Faults));
    }

    [Fact]
    public async Task Signs_of_life_that_can_not_be_written_do_not_end_the_work()
    {
        var memory = new MemoryObjectStore("bucket");
        var worker = new FlakyStore(memory, seed: 8, share: 1)
        {
            Failure = _ => new IOException("a store that does not keep to the rules"),
            Hits = (asked, uri) => asked == "put" && uri.Key.EndsWith("/alive", StringComparison.Ordinal),
        };
        await using var backend = Create("silent", memory, worker, Patient, TimeSpan.FromSeconds(30));
        await using var executor = new FunctionExecutor(backend.Backend);

        var future = executor.CallAsync(WaitAsync, 700);

        Assert.Equal(700, await future.InTime());
        Assert.Equal(1, future.Statistics.Attempts);
        Assert.True(worker.Faults > 0);
    }

    private static StorageException ForGood(ObjectUri uri) => new(uri.Display, "the disk has failed");

    private TestedBackend Create(string kind, IObjectStore client, IObjectStore worker, RetryOptions retry, TimeSpan heartbeatTimeout)
    {
        var clientStores = new ObjectStores(retry).Register("mem", () => client);
        var workerStores = new ObjectStores(retry).Register("mem", () => worker);
        if (kind == "silent")
            return new TestedBackend(new SilentBackend(8, heartbeatTimeout, Root, clientStores, workerStores), null);
        var key = MessageKey.Create();
        var service = new ServiceHere(new InvocationRunner(key, workerStores, new CodeCache(Path.Combine(_scratch.Path, "code")), "here"));
        return new TestedBackend(
            new HttpBackend(new HttpBackendOptions
            {
                Url = service.Url,
                Storage = Root,
                Stores = clientStores,
                Key = key.ToText(),
                MaxParallelism = 8,
                HeartbeatInterval = TimeSpan.FromMilliseconds(100),
                HeartbeatTimeout = heartbeatTimeout,
            }),
            service);
    }

    /// <summary>Every third input and result is too long to travel in a message.</summary>
    private static async Task<JobSummary> MapAsync(FunctionExecutor executor)
    {
        var futures = executor.MapAsync(Reversed, Enumerable.Range(0, Tasks).Select(Content));
        var summary = await futures.WhenAllSettledAsync().InTime();
        var results = await futures.InTime();
        for (var i = 0; i < Tasks; i++)
            Assert.True(Reversed(Content(i)).AsSpan().SequenceEqual(results[i]), $"The result of task {i} is wrong.");
        return summary;
    }

    private static byte[] Content(int number)
    {
        var content = new byte[number % 3 == 0 ? 20_000 + number : 100 + number];
        new Random(number).NextBytes(content);
        return content;
    }

    private static byte[] Reversed(byte[] content) => [.. Enumerable.Reverse(content)];

    private static async Task<int> WaitAsync(int milliseconds)
    {
        await Task.Delay(milliseconds);
        return milliseconds;
    }

    /// <summary>A backend, which the executor owns, and the service that its workers are.</summary>
    private sealed record TestedBackend(IExecutorBackend Backend, ServiceHere? Service) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (Service is not null)
                await Service.DisposeAsync();
        }
    }

    /// <summary>The worker as an HTTP service in this process.</summary>
    private sealed class ServiceHere : IAsyncDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly TaskCompletionSource<string> _listening = new();
        private readonly Task<int> _serving;

        public ServiceHere(InvocationRunner runner)
        {
            _serving = new HttpService(runner, "here", concurrency: 16).RunAsync("http://127.0.0.1:0", _listening.SetResult, _end.Token);
            Url = new Uri(_listening.Task.WaitAsync(TimeSpan.FromSeconds(60)).GetAwaiter().GetResult());
        }

        public Uri Url { get; }

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await _serving;
            _end.Dispose();
        }
    }
}
