using System.Diagnostics;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Backends.Local;
using Dataplug.Lithops.Backends.Processes;
using Dataplug.Lithops.Tests.Backends;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Dataplug.Lithops.Tests.Jobs;

/// <summary>What an application sees that listens with the SDK of OpenTelemetry.</summary>
public sealed class OpenTelemetryTests
{
    private const string Source = "Dataplug.Lithops";

    [Theory]
    [InlineData("local")]
    [InlineData("loopback")]
    [InlineData("silent")]
    [InlineData("processes")]
    public async Task A_job_is_a_span_below_that_of_its_submitter_and_each_attempt_one_below_the_job(string kind)
    {
        IExecutorBackend backend = kind switch
        {
            "local" => new LocalBackend(2),
            "loopback" => new LoopbackBackend(2),
            "silent" => new SilentBackend(2),
            _ => new ProcessBackend(new ProcessBackendOptions { MaxParallelism = 2 }),
        };
        var (spans, jobId) = await ListenAsync(backend, new ExecutorOptions { Retries = 1, RetryDelay = TimeSpan.Zero }, async executor =>
        {
            var futures = executor.MapAsync(FailAsTold, [0, 1, 2], new JobOptions { Name = "three" });
            await futures.WhenAllSettledAsync().InTime();
            return futures.JobId;
        });

        var root = Assert.Single(spans, span => span.Source.Name == "tests");
        var job = Assert.Single(spans, span => span.OperationName == "dataplug.job");
        Assert.Equal(root.SpanId, job.ParentSpanId);
        Assert.Equal((jobId, "three", backend.Name), (job.GetTagItem("dataplug.job.id"), job.GetTagItem("dataplug.job.name"), job.GetTagItem("dataplug.backend")));
        Assert.Equal((2, 1, 0, 2), (job.GetTagItem("dataplug.job.succeeded"), job.GetTagItem("dataplug.job.failed"), job.GetTagItem("dataplug.job.canceled"), job.GetTagItem("dataplug.job.retries")));
        Assert.Equal(ActivityStatusCode.Error, job.Status);

        var tasks = spans.Where(span => span.OperationName == "dataplug.task").ToList();
        Assert.Equal(spans.Count, tasks.Count + 2);
        Assert.All(tasks, task =>
        {
            Assert.Equal(job.SpanId, task.ParentSpanId);
            Assert.Equal(jobId, task.GetTagItem("dataplug.job.id"));
            Assert.NotEmpty((string)task.GetTagItem("dataplug.task.worker")!);
            Assert.True(task.StartTimeUtc >= job.StartTimeUtc && task.StartTimeUtc + task.Duration <= job.StartTimeUtc + job.Duration);
        });
        Assert.Equal(
            [
                (0, 1, "Succeeded", ActivityStatusCode.Unset, null, null),
                (1, 1, "Failed", ActivityStatusCode.Error, "not yet", "System.IO.IOException"),
                (1, 2, "Succeeded", ActivityStatusCode.Unset, null, null),
                (2, 1, "Failed", ActivityStatusCode.Error, "not ever", "System.IO.InvalidDataException"),
                (2, 2, "Failed", ActivityStatusCode.Error, "not ever", "System.IO.InvalidDataException"),
            ],
            tasks.Select(Describe).Order());
    }

    [Fact]
    public async Task Attempts_that_are_cancelled_or_take_too_long_say_so()
    {
        var (spans, _) = await ListenAsync(new LoopbackBackend(2), new ExecutorOptions { TaskTimeout = TimeSpan.FromMilliseconds(1500) }, async executor =>
        {
            var slow = executor.CallAsync(async token => { await Task.Delay(Timeout.Infinite, token); return 1; });
            var cancelled = executor.CallAsync(async token => { await Task.Delay(Timeout.Infinite, token); return 1; });
            await Soon.Until(() => cancelled.State == FutureState.Running);
            cancelled.Cancel();
            await slow.WhenSettledAsync().InTime();
            await cancelled.WhenSettledAsync().InTime();
            return slow.JobId;
        });

        Assert.Equal(
            [(0, 1, "Canceled", ActivityStatusCode.Unset, null, null), (0, 1, "Failed", ActivityStatusCode.Error, "The task took longer than 00:00:01.5000000.", "System.TimeoutException")],
            spans.Where(span => span.OperationName == "dataplug.task").Select(Describe).Order());
        Assert.Equal([(0, 1), (1, 0)], spans.Where(span => span.OperationName == "dataplug.job").Select(job => ((int)job.GetTagItem("dataplug.job.canceled")!, (int)job.GetTagItem("dataplug.job.failed")!)).Order());
    }

    [Fact]
    public async Task A_job_within_a_task_is_below_the_task()
    {
        var (spans, _) = await ListenAsync(new LocalBackend(2), new ExecutorOptions(), async executor =>
        {
            var future = executor.CallAsync(async () => await executor.CallAsync(() => 3));
            Assert.Equal(3, await future.InTime());
            return future.JobId;
        });

        var outer = Assert.Single(spans, span => span.OperationName == "dataplug.job" && spans.Any(parent => parent.Source.Name == "tests" && parent.SpanId == span.ParentSpanId));
        var outerTask = Assert.Single(spans, span => span.ParentSpanId == outer.SpanId);
        var inner = Assert.Single(spans, span => span.ParentSpanId == outerTask.SpanId);
        Assert.Equal(("dataplug.task", "dataplug.job"), (outerTask.OperationName, inner.OperationName));
        Assert.Equal("dataplug.task", Assert.Single(spans, span => span.ParentSpanId == inner.SpanId).OperationName);
    }

    [Fact]
    public async Task Metrics_count_tasks_by_outcome_and_attempts_with_their_durations()
    {
        var exported = new List<MetricSnapshot>();
        var name = "backend-" + Guid.NewGuid().ToString("N");
        using (var meters = Sdk.CreateMeterProviderBuilder().AddMeter(Source).AddInMemoryExporter(exported).Build())
        {
            await using (var executor = new FunctionExecutor(new LoopbackBackend(2) { Name = name }, new ExecutorOptions { Retries = 1, RetryDelay = TimeSpan.Zero }))
                await executor.MapAsync(FailAsTold, [0, 1, 2]).WhenAllSettledAsync().InTime();
            meters.ForceFlush();
        }

        // The last of what was exported counts from the beginning. Other tests run beside this one, on other backends.
        List<MetricPoint> Points(string instrument) => [.. exported.Last(metric => metric.Name == instrument).MetricPoints.Where(point => Tag(point, "backend") == name)];
        Assert.Equal(
            [("Failed", 1L), ("Succeeded", 2L)],
            Points("dataplug.lithops.tasks").Select(point => (Tag(point, "outcome"), point.GetSumLong())).Order());
        Assert.Equal(2, Assert.Single(Points("dataplug.lithops.retries")).GetSumLong());
        Assert.Equal(0, Assert.Single(Points("dataplug.lithops.running")).GetSumLong());
        var durations = Assert.Single(Points("dataplug.lithops.attempt.duration"));
        Assert.Equal(5, durations.GetHistogramCount());
        Assert.True(durations.GetHistogramSum() > 0);
        Assert.Equal("s", exported.Last(metric => metric.Name == "dataplug.lithops.attempt.duration").Unit);
    }

    /// <summary>Has something done below a span of its own, and collects all spans of that trace.</summary>
    private static async Task<(IReadOnlyList<Activity> Spans, string Result)> ListenAsync(IExecutorBackend backend, ExecutorOptions options, Func<FunctionExecutor, Task<string>> use)
    {
        var exported = new List<Activity>();
        using var source = new ActivitySource("tests");
        ActivityTraceId trace;
        string result;
        using (Sdk.CreateTracerProviderBuilder().AddSource(Source).AddSource("tests").AddInMemoryExporter(exported).Build())
        {
            using var root = source.StartActivity("submitter")!;
            trace = root.TraceId;
            await using var executor = new FunctionExecutor(backend, options);
            result = await use(executor);
        }

        return ([.. exported.Where(span => span.TraceId == trace)], result);
    }

    private static (int Task, int Attempt, string Outcome, ActivityStatusCode Status, string? Message, string? Error) Describe(Activity task) => (
        (int)task.GetTagItem("dataplug.task.index")!,
        (int)task.GetTagItem("dataplug.task.attempt")!,
        (string)task.GetTagItem("dataplug.task.outcome")!,
        task.Status,
        task.StatusDescription,
        (string?)task.GetTagItem("error.type"));

    private static string? Tag(MetricPoint point, string name)
    {
        foreach (var (key, value) in point.Tags)
        {
            if (key == name)
                return value as string;
        }

        return null;
    }

    private static async Task<int> FailAsTold(int input, TaskContext context)
    {
        await Task.Delay(5);
        return input switch
        {
            1 when context.Attempt == 1 => throw new IOException("not yet"),
            2 => throw new InvalidDataException("not ever"),
            _ => input,
        };
    }
}
