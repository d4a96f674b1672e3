using Dataplug.Lithops.Backends;

namespace Dataplug.Lithops.Tests.Jobs;

public sealed class CostTests
{
    private const long GiB = 1L << 30;

    [Fact]
    public void Lambda_bills_memory_by_the_millisecond_and_each_invocation()
    {
        // Half a GiB for 300 ms, twice, one of them a little longer than a whole millisecond.
        var summary = Summary(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(299.5));

        var cost = summary.EstimateCost(PriceModel.AwsLambdaX64, GiB / 2);

        Assert.Equal(2, cost.Invocations);
        Assert.Equal(TimeSpan.FromMilliseconds(600), cost.BilledTime);
        Assert.Equal(0.3m * 0.0000166667m, cost.Memory);
        Assert.Equal(0.0000004m, cost.Requests);
        Assert.Equal(0, cost.Processors);
        Assert.Equal(0.00000540001m, cost.Total);
        Assert.Equal(cost.Memory * 0.0000133334m / 0.0000166667m, summary.EstimateCost(PriceModel.AwsLambdaArm64, GiB / 2).Memory, precision: 15);
    }

    [Fact]
    public void Cloud_Run_bills_processors_and_memory_by_tenths_of_a_second()
    {
        var cost = Summary(TimeSpan.FromMilliseconds(101), TimeSpan.FromSeconds(1)).EstimateCost(PriceModel.CloudRun, 2 * GiB, vcpus: 4);

        Assert.Equal(TimeSpan.FromMilliseconds(1200), cost.BilledTime);
        Assert.Equal(4 * 1.2m * 0.000024m, cost.Processors);
        Assert.Equal(2 * 1.2m * 0.0000025m, cost.Memory);
    }

    [Fact]
    public void Core_hours_cost_what_the_cluster_says()
    {
        var cost = Summary(TimeSpan.FromHours(1), TimeSpan.FromMinutes(30)).EstimateCost(PriceModel.SlurmCoreHours(0.02m, "EUR"), 0, vcpus: 8);

        Assert.Equal(0.24m, cost.Total, precision: 10);
        Assert.Equal("0.24 EUR (Slurm, core-hours)", cost.ToString());
    }

    [Fact]
    public void Short_attempts_are_billed_as_the_minimum()
    {
        var model = PriceModel.Free with { PerVcpuSecond = 1, MinimumBilled = TimeSpan.FromMinutes(1) };

        Assert.Equal(60 + 61, Summary(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(61)).EstimateCost(model, 0).Total);
    }

    [Fact]
    public void This_machine_is_free() =>
        Assert.Equal(0, Summary(TimeSpan.FromHours(10)).EstimateCost(PriceModel.Free, 64 * GiB).Total);

    [Fact]
    public void Negative_memory_and_no_processors_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Summary().EstimateCost(PriceModel.Free, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Summary().EstimateCost(PriceModel.Free, 0, vcpus: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PriceModel.SlurmCoreHours(-1, "EUR"));
    }

    [Fact]
    public async Task What_workers_measured_is_added_up_over_all_attempts()
    {
        var time = new ManualTime();
        await using var executor = new FunctionExecutor(new MeasuringBackend(time), new ExecutorOptions { Retries = 1, RetryDelay = TimeSpan.Zero, TimeProvider = time });

        var summary = await executor.MapAsync(x => x, [0, 1, 2]).WhenAllSettledAsync().InTime();

        // Three tasks, the first repeated once; each attempt took two seconds with half a GiB.
        Assert.Equal(Enumerable.Repeat(TimeSpan.FromSeconds(2), 4), summary.AttemptDurations);
        Assert.Equal(4.0, summary.MemoryTime);
        Assert.Equal(TimeSpan.FromSeconds(4 * 1.5), summary.CpuTime);
        Assert.Equal(400, summary.BytesRead);
        Assert.Equal(40, summary.BytesWritten);
        Assert.Equal(12, summary.Requests);
    }

    [Fact]
    public async Task What_was_not_measured_is_unknown_and_not_zero()
    {
        await using var executor = new FunctionExecutor();

        var summary = await executor.MapAsync(x => x, [0, 1]).WhenAllSettledAsync().InTime();

        Assert.Equal(2, summary.AttemptDurations.Count);
        Assert.Null(summary.MemoryTime);
        Assert.Null(summary.CpuTime);
        Assert.Null(summary.BytesRead);
        Assert.Null(summary.BytesWritten);
        Assert.Null(summary.Requests);
    }

    private static JobSummary Summary(params TimeSpan[] attempts) => new()
    {
        JobId = "job",
        JobName = "job",
        Tasks = attempts.Length,
        Succeeded = attempts.Length,
        Failed = 0,
        Canceled = 0,
        Retries = 0,
        WallTime = TimeSpan.FromSeconds(1),
        TotalTaskTime = TimeSpan.FromSeconds(1),
        AttemptDurations = attempts,
    };

    /// <summary>Takes two seconds for each attempt, and fails the first one.</summary>
    private sealed class MeasuringBackend(ManualTime time) : IExecutorBackend
    {
        private static readonly AttemptReport Report = new()
        {
            PeakMemory = GiB / 2,
            CpuTime = TimeSpan.FromSeconds(1.5),
            BytesRead = 100,
            BytesWritten = 10,
            Requests = 3,
        };

        public string Name => "measuring";

        public bool ShipsFunctions => true;

        public int MaxParallelism => 1;

        public async Task RunAsync(IBackendJob job, CancellationToken cancellationToken)
        {
            await Task.Yield();
            await foreach (var task in job.ReadTasksAsync(cancellationToken))
            {
                task.Start("worker");
                time.Advance(TimeSpan.FromSeconds(2));
                if (task is { Index: 0, Attempt: 1 })
                    task.Fail(new AttemptFailure("System.Exception", "the first"), Report);
                else
                    task.Succeed("1"u8, Report);
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
