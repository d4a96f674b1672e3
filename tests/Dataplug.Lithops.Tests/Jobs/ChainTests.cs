using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dataplug.Lithops.Tests.Jobs;

public sealed class ChainTests
{
    [Property(MaxTest = 60)]
    public void A_map_over_a_map_is_the_map_of_both(int[] inputs, PositiveInt parallelism, bool lazily)
    {
        Task.Run(async () =>
        {
            await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 + (parallelism.Get % 4) });
            var first = executor.MapAsync(
                async x =>
                {
                    await Task.Delay(x & 1);
                    return (long)x;
                },
                lazily ? inputs.Where(_ => true) : inputs);
            var second = executor.MapAsync(x => (x * 2).ToString(System.Globalization.CultureInfo.InvariantCulture), first);
            var third = executor.MapAsync((text, context) => Task.FromResult((text, context.Index)), second);

            Assert.Equal(inputs.Select((x, index) => ((x * 2L).ToString(System.Globalization.CultureInfo.InvariantCulture), index)), await third.InTime());
            Assert.Equal(inputs.Length, second.Count);
        }).GetAwaiter().GetResult();
    }

    [Fact]
    public async Task A_task_begins_when_its_own_input_is_there_whatever_comes_before_it()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2 });
        var gate = new TaskCompletionSource<int>();
        var first = executor.MapAsync(x => x == 0 ? gate.Task : Task.FromResult(x), [0, 1, 2]);

        var second = executor.MapAsync(x => x + 10, first);

        Assert.Equal(3, second.Count);
        Assert.Equal(12, await second[2].InTime());
        Assert.Equal(11, await second[1].InTime());
        Assert.Equal(FutureState.Queued, second[0].State);
        gate.SetResult(5);
        Assert.Equal([15, 11, 12], await second.InTime());
    }

    [Fact]
    public async Task A_task_whose_input_failed_fails_with_that_and_the_others_run()
    {
        await using var executor = new FunctionExecutor();
        var ran = 0;
        var first = executor.MapAsync(x => x == 1 ? throw new InvalidDataException("bad") : x, [0, 1, 2], new JobOptions { Name = "first" });
        var second = executor.MapAsync(x => Interlocked.Increment(ref ran), first, new JobOptions { Retries = 3 });

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => second.InTime());

        Assert.Equal(("first", 1), (exception.JobName, exception.TaskIndex));
        Assert.IsType<InvalidDataException>(exception.InnerException);
        Assert.Equal([FutureState.Succeeded, FutureState.Failed, FutureState.Succeeded], second.Snapshot().Select(future => future.State));
        Assert.Equal((2, 0), (ran, second[1].Statistics.Attempts));
    }

    [Fact]
    public async Task A_failed_input_stops_the_rest_when_that_is_wanted()
    {
        await using var executor = new FunctionExecutor();
        var gate = new TaskCompletionSource<int>();
        var first = executor.MapAsync(x => x == 0 ? Task.FromException<int>(new IOException()) : gate.Task, [0, 1]);
        var second = executor.MapAsync(x => x, first, new JobOptions { StopOnFailure = true });

        var summary = await second.WhenAllSettledAsync().InTime();

        Assert.Equal((1, 1), (summary.Failed, summary.Canceled));
        Assert.False(first[1].IsDone);
        gate.SetResult(1);
        await first.WhenAllSettledAsync().InTime();
    }

    [Fact]
    public async Task Cancelling_leaves_the_other_map_alone_and_cancelling_that_cancels_both()
    {
        await using var executor = new FunctionExecutor();
        var gate = new TaskCompletionSource<int>();
        var first = executor.MapAsync(_ => gate.Task, [0, 1]);
        var second = executor.MapAsync(x => x, first);
        second.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(() => second.InTime());
        Assert.Equal([FutureState.Canceled, FutureState.Canceled], second.Snapshot().Select(future => future.State));

        var third = executor.MapAsync(x => x, first);
        Assert.True(third[1].Cancel());
        first[0].Cancel();
        gate.SetResult(7);

        await Assert.ThrowsAsync<OperationCanceledException>(() => third.InTime());
        Assert.Equal([FutureState.Canceled, FutureState.Canceled], third.Snapshot().Select(future => future.State));
        Assert.Equal(7, await first[1].InTime());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Inputs_that_throw_fail_both_maps(bool known)
    {
        await using var executor = new FunctionExecutor();
        var first = executor.MapAsync(x => x, known ? new Short() : Inputs());
        var second = executor.MapAsync(x => x, first);

        await Assert.ThrowsAsync<JobInputException>(() => second.InTime());

        Assert.Equal(1, second.Summary.Succeeded);
        Assert.IsType<JobInputException>(second.Summary.JobException);

        static IEnumerable<int> Inputs()
        {
            yield return 0;
            throw new IOException();
        }
    }

    [Fact]
    public async Task A_task_can_wait_for_a_chain_on_one_worker_and_results_travel()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 });
        var sums = await executor.MapAsync(async n => (await executor.MapAsync(x => x * 2, executor.MapAsync(x => x + 1, Enumerable.Range(0, n)))).Sum(), [2, 3]).InTime();
        Assert.Equal([6, 12], sums);

        await using var shipping = new FunctionExecutor(new LoopbackBackend(2));
        Assert.Equal(["<1>", "<2>"], await shipping.MapAsync(text => $"<{text}>", shipping.MapAsync(x => x.ToString(System.Globalization.CultureInfo.InvariantCulture), [1, 2])).InTime());
    }

    /// <summary>Says that it has two items, and throws instead of the second.</summary>
    private sealed class Short : IReadOnlyCollection<int>, ICollection<int>
    {
        public int Count => 2;

        public bool IsReadOnly => true;

        public IEnumerator<int> GetEnumerator()
        {
            yield return 0;
            throw new IOException();
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

        public bool Contains(int item) => item == 0;

        public void CopyTo(int[] array, int arrayIndex) => throw new NotSupportedException();

        public void Add(int item) => throw new NotSupportedException();

        public void Clear() => throw new NotSupportedException();

        public bool Remove(int item) => throw new NotSupportedException();
    }
}
