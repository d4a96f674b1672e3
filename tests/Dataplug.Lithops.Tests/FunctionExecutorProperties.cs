using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dataplug.Lithops.Tests;

public sealed class FunctionExecutorProperties
{
    [Property(MaxTest = 150)]
    public void Map_equals_select(int[] inputs, PositiveInt parallelism, bool lazily, bool asynchronously)
    {
        Run(async () =>
        {
            await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 + (parallelism.Get % 8) });
            var futures = (lazily, asynchronously) switch
            {
                (false, _) => executor.MapAsync(Function, inputs),
                (true, false) => executor.MapAsync(Function, inputs.Where(_ => true)),
                (true, true) => executor.MapAsync(Function, Slowly(inputs)),
            };
            Assert.Equal(inputs.Select(Function), await futures.InTime());
            Assert.Equal(inputs.Length, futures.Count);
        });
    }

    [Property(MaxTest = 60)]
    public void Map_over_bytes_equals_select(int[] inputs, PositiveInt parallelism)
    {
        Run(async () =>
        {
            await using var executor = new FunctionExecutor(new LoopbackBackend(1 + (parallelism.Get % 8)));
            Assert.Equal(inputs.Select(Function), await executor.MapAsync(Function, inputs).InTime());
        });
    }

    [Property(MaxTest = 100)]
    public void Stream_equals_select(int[] inputs, PositiveInt parallelism, PositiveInt buffer)
    {
        Run(async () =>
        {
            await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 + (parallelism.Get % 8) });
            var options = new JobOptions { StreamBuffer = 1 + (buffer.Get % 5) };
            Assert.Equal(inputs.Select(Function), await executor.StreamAsync(Function, inputs, options).ToListAsync().AsTask().InTime());
        });
    }

    [Property(MaxTest = 150)]
    public void Exactly_the_failing_tasks_fail(bool[] fails, PositiveInt parallelism, NonNegativeInt retries)
    {
        Run(async () =>
        {
            await using var executor = new FunctionExecutor(new ExecutorOptions
            {
                MaxParallelism = 1 + (parallelism.Get % 8),
                Retries = retries.Get % 3,
                RetryDelay = TimeSpan.Zero,
            });
            var futures = executor.MapAsync(fail => fail ? throw new InvalidDataException("bad") : 1, fails);
            var summary = await futures.WhenAllSettledAsync().InTime();
            Assert.Equal(fails.Count(fail => fail), summary.Failed);
            Assert.Equal(fails.Count(fail => !fail), summary.Succeeded);
            Assert.Equal(summary.Failed * (retries.Get % 3), summary.Retries);
            Assert.Equal(fails, futures.Snapshot().Select(future => future.State == FutureState.Failed));
            if (summary.Failed == 0)
            {
                Assert.Equal(fails.Length, (await futures.InTime()).Sum());
                return;
            }

            var exception = await Assert.ThrowsAsync<TaskFailedException>(() => futures.InTime());
            var failed = fails.Select((fail, index) => (fail, index)).Where(pair => pair.fail).Select(pair => pair.index);
            Assert.Equal(failed, exception.OtherFailures.Cast<TaskFailedException>().Prepend(exception).Select(failure => failure.TaskIndex));
        });
    }

    [Property(MaxTest = 100)]
    public void Every_task_succeeds_when_it_fails_no_more_often_than_it_is_retried(byte[] failures, PositiveInt parallelism)
    {
        Run(async () =>
        {
            await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 + (parallelism.Get % 8), Retries = 3, RetryDelay = TimeSpan.Zero });
            var inputs = failures.Select(count => count % 4).ToArray();
            var attempts = await executor.MapAsync(
                (count, context) => context.Attempt <= count ? Task.FromException<int>(new IOException()) : Task.FromResult(context.Attempt), inputs).InTime();
            Assert.Equal(inputs.Select(count => count + 1), attempts);
        });
    }

    [Property(MaxTest = 100)]
    public void A_job_cancelled_at_any_moment_settles_every_task_once(PositiveInt tasks, NonNegativeInt moment, PositiveInt parallelism)
    {
        Run(async () =>
        {
            await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 + (parallelism.Get % 4), Retries = 2, RetryDelay = TimeSpan.Zero });
            FutureList<int>? futures = null;
            var submitted = new TaskCompletionSource();
            futures = executor.MapAsync(
                async index =>
                {
                    await submitted.Task;
                    if (index == moment.Get % tasks.Get)
                        futures!.Cancel();
                    return index % 3 == 0 ? throw new IOException() : index;
                },
                Enumerable.Range(0, tasks.Get));
            submitted.SetResult();
            var summary = await futures.WhenAllSettledAsync().InTime();
            Assert.Equal(tasks.Get, summary.Succeeded + summary.Failed + summary.Canceled);
            var settled = await futures.AsCompleted().Select(future => future.Index).ToListAsync().AsTask().InTime();
            Assert.Equal(Enumerable.Range(0, tasks.Get), settled.Order());
        });
    }

    private static int Function(int value) => unchecked((value * 31) + 7);

    private static async IAsyncEnumerable<int> Slowly(int[] inputs)
    {
        foreach (var input in inputs)
        {
            await Task.Yield();
            yield return input;
        }
    }

    private static void Run(Func<Task> body) => Task.Run(body).GetAwaiter().GetResult();
}
