using System.Runtime.CompilerServices;
using System.Text.Json;
using Dataplug.Lithops.Backends;

namespace Dataplug.Lithops.Tests.Backends;

/// <summary>The interface for backends elsewhere, shown with one that lets nothing but bytes through.</summary>
public sealed class ShippingTests
{
    [Fact]
    public async Task Inputs_and_results_travel_as_json()
    {
        var backend = new LoopbackBackend(3);
        await using var executor = new FunctionExecutor(backend);

        Assert.Equal([new Reply("A", 1), new Reply("BB", 2)], await executor.MapAsync(Shout, [new Query("a"), new Query("bb")]).InTime());
        Assert.Equal(["""{"Text":"a"}""", """{"Text":"bb"}"""], backend.Payloads.Order());
        Assert.Equal(3, await executor.MapReduceAsync(Shout, [new Query("a"), new Query("bb")], all => all.Sum(reply => reply.Length)).InTime());
        Assert.Equal(9, await executor.CallAsync(() => 9).InTime());
        Assert.Equal([0, 2], await executor.MapAsync((x, context) => Task.FromResult(x * context.Index), [1, 2]).InTime());
    }

    [Fact]
    public async Task Value_tuples_and_infinities_survive_the_journey()
    {
        await using var executor = new FunctionExecutor(new LoopbackBackend(1));

        Assert.Equal([("a", double.PositiveInfinity)], await executor.MapAsync(pair => (pair.Item2, pair.Item1), [(double.PositiveInfinity, "a")]).InTime());
    }

    [Fact]
    public async Task What_can_not_travel_is_refused_by_the_call_and_nothing_runs()
    {
        var backend = new LoopbackBackend(1);
        await using var executor = new FunctionExecutor(backend);
        var captured = new TaskCompletionSource<int>();

        Assert.Throws<FunctionNotShippableException>(() => executor.MapAsync(x => x + captured.Task.Id, [1]));
        Assert.Throws<FunctionNotShippableException>(() => executor.CallAsync(() => captured.Task.Id));
        Assert.Throws<FunctionNotShippableException>(() => executor.StreamAsync(x => x + captured.Task.Id, [1]));
        Assert.Throws<FunctionNotShippableException>(() => executor.MapReduceAsync(x => x, [1], all => captured.Task.Id));
        Assert.Throws<FunctionNotShippableException>(() => executor.ReduceAsync(executor.MapAsync(x => x, Array.Empty<int>()), all => captured.Task.Id));
        Assert.Empty(backend.Payloads);
    }

    [Fact]
    public async Task Types_that_the_serialiser_does_not_know_are_refused_by_the_call()
    {
        var knowsNothing = new JsonSerializerOptions { TypeInfoResolver = new None() };
        await using var executor = new FunctionExecutor(new LoopbackBackend(1), new ExecutorOptions { SerializerOptions = knowsNothing });

        var exception = Assert.Throws<FunctionNotShippableException>(() => executor.CallAsync(x => x.Text, new Query("a")));
        Assert.Contains("Query", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_comes_back_as_data_and_is_repeated()
    {
        await using var executor = new FunctionExecutor(new LoopbackBackend(2), new ExecutorOptions { Retries = 1, RetryDelay = TimeSpan.Zero });

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(int () => throw new InvalidDataException("bad record")).InTime());

        Assert.Null(exception.InnerException);
        Assert.Equal(("System.IO.InvalidDataException", "bad record", 2), (exception.Failure.ExceptionType, exception.Failure.Message, exception.Attempts));
        Assert.Contains(nameof(A_failure_comes_back_as_data_and_is_repeated), exception.Failure.StackTrace, StringComparison.Ordinal);
        Assert.Equal([2, 2], await executor.MapAsync((_, context) => context.Attempt == 1 ? Task.FromException<int>(new IOException()) : Task.FromResult(context.Attempt), [1, 2]).InTime());
    }

    [Fact]
    public async Task A_result_that_is_not_what_it_should_be_fails_the_task()
    {
        await using var executor = new FunctionExecutor(new Scripted(async (job, _) =>
        {
            await foreach (var task in job.ReadTasksAsync(CancellationToken.None))
            {
                Assert.True(task.Start("w"));
                Assert.True(task.Succeed("\"no number\""u8));
                Assert.False(task.Succeed("5"u8));
                Assert.False(task.Fail(new AttemptFailure("x", "late")));
            }
        }));

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(() => 1).InTime());
        Assert.IsType<JsonException>(exception.InnerException);
    }

    [Fact]
    public async Task Cancellation_reaches_a_task_elsewhere()
    {
        await using var executor = new FunctionExecutor(new LoopbackBackend(1));
        var future = executor.CallAsync(async token => { await Task.Delay(Timeout.Infinite, token); return 1; });
        await Soon.Until(() => future.State == FutureState.Running);

        future.Cancel();

        await Assert.ThrowsAsync<OperationCanceledException>(() => future.InTime());
    }

    [Fact]
    public async Task A_task_cancelled_before_its_worker_begins_must_not_start()
    {
        var handedOut = new TaskCompletionSource<IBackendTask>();
        await using var executor = new FunctionExecutor(new Scripted(async (job, _) =>
        {
            await foreach (var task in job.ReadTasksAsync(CancellationToken.None))
                handedOut.SetResult(task);
        }));
        var future = executor.CallAsync(() => 1);
        var attempt = await handedOut.Task.InTime();

        future.Cancel();

        Assert.Equal(FutureState.Canceled, future.State);
        Assert.True(attempt.CancellationToken.IsCancellationRequested);
        Assert.False(attempt.Start("w"));
        Assert.False(attempt.Succeed("1"u8));
    }

    [Fact]
    public async Task A_backend_that_fails_fails_what_is_left_and_keeps_what_ended()
    {
        await using var executor = new FunctionExecutor(new Scripted(async (job, _) =>
        {
            await foreach (var task in job.ReadTasksAsync(CancellationToken.None))
            {
                task.Start("w");
                if (task.Index == 2)
                    throw new IOException("the cluster is gone");
                if (task.Index == 0)
                    task.Succeed("7"u8);
            }
        }));
        var futures = executor.MapAsync(x => x, [0, 1, 2, 3]);

        var exception = await Assert.ThrowsAsync<BackendFailedException>(() => futures.InTime());

        Assert.IsType<IOException>(exception.InnerException);
        Assert.Equal([FutureState.Succeeded, FutureState.Failed, FutureState.Failed, FutureState.Failed], futures.Snapshot().Select(future => future.State));
        Assert.Equal(7, await futures[0].InTime());
        Assert.IsType<BackendFailedException>(futures[1].Exception);
    }

    [Fact]
    public async Task A_backend_that_fails_when_all_inputs_are_drawn_fails_what_is_left()
    {
        await using var executor = new FunctionExecutor(new Scripted(async (job, _) =>
        {
            var tasks = job.ReadTasksAsync(CancellationToken.None).GetAsyncEnumerator(CancellationToken.None);
            for (var i = 0; i < 2 && await tasks.MoveNextAsync(); i++)
                tasks.Current.Start("w");

            // By asking for a third the executor gets to know that there is none; it goes on waiting for the two.
            await Task.WhenAny(tasks.MoveNextAsync().AsTask(), Task.Delay(300, CancellationToken.None));
            throw new IOException("the cluster is gone");
        }));

        await Assert.ThrowsAsync<BackendFailedException>(() => executor.MapAsync(x => x, [0, 1]).InTime());
    }

    [Fact]
    public async Task A_backend_that_returns_early_fails_what_is_left()
    {
        await using var executor = new FunctionExecutor(new Scripted((_, _) => Task.CompletedTask));

        await Assert.ThrowsAsync<BackendFailedException>(() => executor.MapAsync(x => x, [1, 2]).InTime());
    }

    [Fact]
    public async Task The_executor_disposes_its_backend()
    {
        var backend = new LoopbackBackend(1);
        await new FunctionExecutor(backend).DisposeAsync();

        Assert.True(backend.IsDisposed);
    }

    private static Reply Shout(Query query) => new(query.Text.ToUpperInvariant(), query.Text.Length);

    private sealed record Query(string Text);

    private sealed record Reply(string Text, int Length);

    private sealed class None : System.Text.Json.Serialization.Metadata.IJsonTypeInfoResolver
    {
        public System.Text.Json.Serialization.Metadata.JsonTypeInfo? GetTypeInfo(Type type, JsonSerializerOptions options) => null;
    }

    private sealed class Scripted(Func<IBackendJob, CancellationToken, Task> run) : IExecutorBackend
    {
        public string Name => "scripted";

        public bool ShipsFunctions => true;

        public int MaxParallelism => 1;

        public Task RunAsync(IBackendJob job, CancellationToken cancellationToken) => run(job, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
