using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;
using Dataplug.Lithops.Backends.Processes;
using Dataplug.Lithops.Tests.Backends;
using Dataplug.Storage;

namespace Dataplug.Lithops.Tests.Worker;

/// <summary>Clocks that are wrong: those of workers, and those of stores.</summary>
public sealed class ClockTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_worker_whose_clock_is_an_hour_wrong_is_as_good_as_any(int hours)
    {
        var skew = TimeSpan.FromHours(hours);
        var environment = await SkewedClock.EnvironmentAsync(skew);
        var submitted = DateTimeOffset.UtcNow;
        await using var executor = new FunctionExecutor(
            new ProcessBackend(new ProcessBackendOptions
            {
                MaxParallelism = 2,
                Environment = environment,
                CodeCache = Path.Combine(_scratch.Path, "code"),
                HeartbeatInterval = TimeSpan.FromMilliseconds(100),
                HeartbeatTimeout = TimeSpan.FromSeconds(30),
            }),
            new ExecutorOptions { TaskTimeout = TimeSpan.FromSeconds(50) });

        // Long enough for the signs of life to be looked at: by either clock they would be an hour old, or in the future.
        var futures = executor.MapAsync(async milliseconds => { await Task.Delay(milliseconds); return DateTimeOffset.UtcNow; }, [1500, 1500, 100]);
        var clocks = await futures.InTime();
        var ended = DateTimeOffset.UtcNow;

        for (var i = 0; i < clocks.Count; i++)
        {
            var task = futures[i].Statistics;
            Assert.Equal(1, task.Attempts);

            // The clock was wrong indeed.
            Assert.InRange(clocks[i] - skew, submitted, ended);
            Assert.All(task.Report!.Phases, phase => Assert.InRange(phase.Started - skew, submitted, ended));

            // What the client says is by its own.
            DateTimeOffset[] times = [submitted - TimeSpan.FromMilliseconds(50), task.Submitted, task.Queued!.Value, task.Started!.Value, task.Started.Value + task.Duration, ended + TimeSpan.FromMilliseconds(50)];
            Assert.Equal(times.Order(), times);
            Assert.InRange(task.Duration, TimeSpan.FromMilliseconds(i < 2 ? 1400 : 90), ended - submitted);
            Assert.True(task.Report.Phases.Aggregate(TimeSpan.Zero, (sum, phase) => sum + phase.Duration) <= task.Duration);
        }
    }

    [Fact]
    public async Task A_store_whose_clock_jumps_is_no_reason_to_give_a_worker_up()
    {
        var clock = new Random(1);
        var memory = new MemoryObjectStore("bucket") { Now = () => DateTimeOffset.UtcNow + TimeSpan.FromMinutes(clock.Next(-60, 60)) };
        var stores = new ObjectStores().Register("mem", () => memory);
        await using var executor = new FunctionExecutor(new SilentBackend(2, TimeSpan.FromSeconds(30), ObjectUri.ForContainer("mem", "bucket", "jobs-of-tests"), stores, stores));

        var futures = executor.MapAsync(async milliseconds => { await Task.Delay(milliseconds); return milliseconds; }, [1500, 1, 1500, 1]);

        Assert.Equal([1500, 1, 1500, 1], await futures.InTime());
        Assert.Equal(0, futures.Summary.Retries);
    }
}
