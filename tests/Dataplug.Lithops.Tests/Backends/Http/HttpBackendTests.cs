using System.Collections.Concurrent;
using System.Net;
using Dataplug.Conformance.Storage;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Backends.Http;
using Dataplug.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dataplug.Lithops.Tests.Backends.Http;

/// <summary>A service that is started again when it ends, as platforms do: it ends by itself after a task that does not stop.</summary>
public sealed class HttpConformance : BackendConformance, IAsyncLifetime
{
    private readonly CancellationTokenSource _end = new();
    private HttpWorkerService _service = null!;
    private Task _supervision = null!;

    public async Task InitializeAsync()
    {
        _service = await HttpWorkerService.StartAsync();
        _supervision = SuperviseAsync();
    }

    public async Task DisposeAsync()
    {
        await _end.CancelAsync();
        await _supervision;
        await _service.DisposeAsync();
        _end.Dispose();
    }

    private async Task SuperviseAsync()
    {
        while (await Task.WhenAny(_service.EndAsync(), Task.Delay(Timeout.Infinite, _end.Token)) is Task<int> && !_end.IsCancellationRequested)
        {
            var ended = _service;
            _service = await HttpWorkerService.StartAsync(key: ended.Key, urls: ended.Url.ToString());
            await ended.DisposeAsync();
        }
    }

    protected override FunctionExecutor Create(ExecutorOptions? options = null) => new(
        new HttpBackend(new HttpBackendOptions
        {
            Url = _service.Url,
            Storage = ObjectUri.ForFile(NewPath("jobs")),
            Key = _service.Key,
            MaxParallelism = options?.MaxParallelism ?? 2,
            HeartbeatInterval = TimeSpan.FromMilliseconds(200),
        }),
        options);
}

public sealed class HttpBackendTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_service_without_a_place_is_asked_again_and_nothing_is_lost()
    {
        await using var service = await HttpWorkerService.StartAsync(concurrency: 1);
        await using var executor = new FunctionExecutor(new HttpBackend(Options(service.Url, service.Key) with { MaxParallelism = 6, RetryDelay = TimeSpan.FromMilliseconds(20) }));

        Assert.Equal(Enumerable.Range(0, 6), await executor.MapAsync(async i => { await Task.Delay(100); return i; }, Enumerable.Range(0, 6)).InTime());
    }

    [Fact]
    public async Task Patience_with_a_service_without_a_place_has_an_end()
    {
        await using var service = await Front.StartAsync((_, _) => Task.FromResult<string?>("429"), null);
        await using var executor = new FunctionExecutor(new HttpBackend(Options(service.Url, RemoteBackendOptions.NewKey()) with { RetryFor = TimeSpan.FromMilliseconds(300), RetryDelay = TimeSpan.FromMilliseconds(50) }));

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(() => 1).InTime());

        Assert.Contains("429", exception.Failure.Message, StringComparison.Ordinal);
        Assert.True(service.Requests >= 2, $"{service.Requests} requests");
    }

    [Fact]
    public async Task A_service_that_can_not_be_reached_is_told_with_its_address()
    {
        await using var executor = new FunctionExecutor(new HttpBackend(Options(new Uri("http://127.0.0.1:1/"), RemoteBackendOptions.NewKey()) with { RetryFor = TimeSpan.Zero }));

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(() => 1).InTime());

        Assert.Equal(typeof(WorkerLostException).FullName, exception.Failure.ExceptionType);
        Assert.Contains("127.0.0.1:1", exception.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_is_no_worker_is_told_at_once()
    {
        await using var service = await Front.StartAsync((_, _) => Task.FromResult<string?>("404"), null);
        await using var executor = new FunctionExecutor(new HttpBackend(Options(service.Url, RemoteBackendOptions.NewKey())));

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(() => 1).InTime());

        Assert.Contains("404", exception.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, service.Requests);
    }

    [Fact]
    public async Task A_worker_runs_nothing_that_is_signed_with_another_key()
    {
        await using var service = await HttpWorkerService.StartAsync();
        var ran = Path.Combine(_scratch.Path, "ran");
        await using var executor = new FunctionExecutor(new HttpBackend(Options(service.Url, RemoteBackendOptions.NewKey())));

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(path => Mark(path), ran).InTime());

        Assert.Contains("signature", exception.Failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(ran));
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("504")]
    public async Task A_connection_that_breaks_while_a_task_runs_does_not_end_the_task(string how)
    {
        await using var service = await HttpWorkerService.StartAsync();
        var ran = Path.Combine(_scratch.Path, "ran");

        // What stands before the service loses patience as soon as the task runs.
        await using var front = await Front.StartAsync(
            async (_, forwarded) =>
            {
                while (!File.Exists(ran) && !forwarded.IsCompleted)
                    await Task.Delay(10);
                return how;
            },
            service.Url);
        await using var executor = new FunctionExecutor(new HttpBackend(Options(front.Url, service.Key)));

        var future = executor.CallAsync(path => MarkAndWait(path), ran);

        Assert.Equal(1, await future.InTime());
        Assert.Equal(1, future.Statistics.Attempts);
        Assert.Equal("x", await File.ReadAllTextAsync(ran));
        Assert.Equal(1, front.Requests);
    }

    [Fact]
    public async Task A_worker_that_is_killed_is_missed_and_its_task_is_repeated()
    {
        var service = await HttpWorkerService.StartAsync();
        await using var ended = service;
        var ran = Path.Combine(_scratch.Path, "ran");
        await using var executor = new FunctionExecutor(
            new HttpBackend(Options(service.Url, service.Key) with { HeartbeatInterval = TimeSpan.FromMilliseconds(200), HeartbeatTimeout = TimeSpan.FromSeconds(3) }),
            new ExecutorOptions { Retries = 3, RetryDelay = TimeSpan.FromMilliseconds(100) });
        var future = executor.CallAsync(MarkAndDelayFirst, ran);
        await Soon.Until(() => File.Exists(ran));

        service.Kill();
        await service.EndAsync();
        await using var next = await HttpWorkerService.StartAsync(key: service.Key, urls: service.Url.ToString());

        Assert.True(await future.InTime() >= 2);
    }

    [Fact]
    public async Task A_service_whose_task_does_not_stop_ends_when_it_has_answered()
    {
        await using var service = await HttpWorkerService.StartAsync();
        var begun = Path.Combine(_scratch.Path, "begun");
        await using var executor = new FunctionExecutor(
            new HttpBackend(Options(service.Url, service.Key)), new ExecutorOptions { CancellationGrace = TimeSpan.FromMilliseconds(300) });
        var stubborn = executor.CallAsync(path => MarkAndBlock(path), begun);
        await Soon.Until(() => File.Exists(begun));

        stubborn.Cancel();

        await Assert.ThrowsAsync<OperationCanceledException>(() => stubborn.InTime());
        Assert.Equal(3, await service.EndAsync());
    }

    [Fact]
    public async Task Each_request_can_be_authenticated()
    {
        await using var service = await HttpWorkerService.StartAsync();
        var seen = new ConcurrentQueue<string>();
        await using var front = await Front.StartAsync(
            (request, _) =>
            {
                seen.Enqueue($"{request.Headers["X-Api-Key"]} {request.Headers.Authorization}");
                return Task.FromResult<string?>(null);
            },
            service.Url);
        await using var executor = new FunctionExecutor(new HttpBackend(Options(front.Url, service.Key) with
        {
            Headers = new Dictionary<string, string> { ["X-Api-Key"] = "k" },
            Authenticate = (request, _) =>
            {
                request.Headers.Authorization = new("Bearer", "token");
                return ValueTask.CompletedTask;
            },
        }));

        Assert.Equal(3, await executor.CallAsync(() => 3).InTime());
        Assert.Equal(["k Bearer token"], seen);
    }

    [Fact]
    public async Task The_service_answers_for_its_health_and_refuses_what_is_no_invocation()
    {
        await using var service = await HttpWorkerService.StartAsync();
        using var client = new HttpClient();

        using var health = await client.GetAsync(new Uri(service.Url, "/health"));
        using var other = await client.GetAsync(service.Url);
        using var garbage = await client.PostAsync(service.Url, new ByteArrayContent([1, 2, 3]));
        using var huge = await client.PostAsync(service.Url, new ByteArrayContent(new byte[2 << 20]));

        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, other.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, garbage.StatusCode);
        Assert.False(huge.IsSuccessStatusCode);
    }

    [Fact]
    public void Options_out_of_their_range_are_refused_and_a_missing_key_as_well()
    {
        var good = Options(new Uri("http://127.0.0.1/"), RemoteBackendOptions.NewKey());

        Assert.Throws<ArgumentException>(() => new HttpBackend(good with { Url = new Uri("ftp://host/") }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HttpBackend(good with { MaxParallelism = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HttpBackend(good with { HeartbeatTimeout = TimeSpan.FromMilliseconds(1) }));
        Assert.Contains("DATAPLUG_WORKER_KEY", Assert.Throws<BackendFailedException>(() => new HttpBackend(good with { Key = null })).Message, StringComparison.Ordinal);
        Assert.Throws<BackendFailedException>(() => new HttpBackend(good with { Key = "short" }));
    }

    private HttpBackendOptions Options(Uri url, string key) => new()
    {
        Url = url,
        Storage = ObjectUri.ForFile(Path.Combine(_scratch.Path, "jobs")),
        Key = key,
        MaxParallelism = 2,
        HeartbeatInterval = TimeSpan.FromMilliseconds(200),
    };

    private static int Mark(string path)
    {
        File.AppendAllText(path, "x");
        return 1;
    }

    private static async Task<int> MarkAndWait(string path)
    {
        Mark(path);
        await Task.Delay(700);
        return 1;
    }

    private static async Task<int> MarkAndDelayFirst(string path, TaskContext context)
    {
        Mark(path);
        if (context.Attempt == 1)
            await Task.Delay(TimeSpan.FromMinutes(2), context.CancellationToken);
        return context.Attempt;
    }

    private static int MarkAndBlock(string path)
    {
        Mark(path);
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    /// <summary>A proxy that decides about each request: an answer of its own (a code, or "cut"), or null to pass the service's on.</summary>
    private sealed class Front(WebApplication app) : IAsyncDisposable
    {
        private int _requests;

        public int Requests => Volatile.Read(ref _requests);

        public Uri Url => new(app.Urls.First());

        public static async Task<Front> StartAsync(Func<HttpRequest, Task, Task<string?>> decide, Uri? service)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            var app = builder.Build();
            app.Urls.Add("http://127.0.0.1:0");
            var front = new Front(app);
            var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
            app.Run(async context =>
            {
                Interlocked.Increment(ref front._requests);
                var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                var forwarded = service is null ? Task.FromResult(new HttpResponseMessage()) : client.PostAsync(service, new ByteArrayContent(body.ToArray()));
                var decision = await decide(context.Request, forwarded);
                if (decision == "cut")
                {
                    context.Abort();
                }
                else if (decision is not null)
                {
                    context.Response.StatusCode = int.Parse(decision, System.Globalization.CultureInfo.InvariantCulture);
                }
                else
                {
                    using var answer = await forwarded;
                    context.Response.StatusCode = (int)answer.StatusCode;
                    foreach (var (name, values) in answer.Headers.Where(header => header.Key.StartsWith("X-", StringComparison.Ordinal)))
                        context.Response.Headers[name] = values.ToArray();
                    await context.Response.Body.WriteAsync(await answer.Content.ReadAsByteArrayAsync());
                }
            });
            await app.StartAsync();
            return front;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
