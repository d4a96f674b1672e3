using System.Diagnostics;
using Dataplug.Lithops.Backends;

namespace Dataplug.Lithops.Tests.Records;

public sealed class JobRecordTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-records-").FullName;

    private JobRecordFolder Records => new(Path.Combine(_folder, "jobs"));

    private ExecutorOptions Options => new() { JobRecords = Records.Path, MaxParallelism = 2 };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_record_is_there_from_submission_on_and_tells_the_end()
    {
        var gate = new TaskCompletionSource();
        var executor = new FunctionExecutor(Options);
        var futures = executor.MapAsync(
            async (int x, TaskContext context) =>
            {
                context.Log("line " + x);
                await gate.Task;
                return x == 1 ? throw new InvalidOperationException("not this one") : x;
            },
            [0, 1, 2],
            new JobOptions { Name = "three" });
        await Soon.Until(() => Records.Find(futures.JobId) is { Running: 2 });

        var running = Records.Find(futures.JobId)!;
        gate.SetResult();
        await futures.WhenAllSettledAsync().InTime();
        await executor.DisposeAsync();
        var ended = Assert.Single(Records.List());

        Assert.Equal(("three", "local", JobState.Running, 3), (running.Name, running.Backend, running.State, running.Total));
        Assert.Equal(ClientProcess.Current, running.Client);
        Assert.Equal((JobState.Failed, 2, 1), (ended.State, ended.Succeeded, ended.Failed));
        Assert.Equal([FutureState.Succeeded, FutureState.Failed, FutureState.Succeeded], ended.Tasks.Select(task => task.State));
        Assert.Contains("not this one", ended.Tasks[1].Failure, StringComparison.Ordinal);
        Assert.Equal(["line 0", "line 1", "line 2"], ended.Log.Select(line => line.Text).Order());
        Assert.Equal(futures[0].Statistics, ended.Tasks[0].Statistics with { EarlierAttempts = futures[0].Statistics.EarlierAttempts, Report = futures[0].Statistics.Report });
        Assert.Equal(["ID.json"], Directory.EnumerateFileSystemEntries(Records.Path).Select(file => Path.GetFileName(file).Replace(futures.JobId, "ID", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_workers_measured_and_earlier_attempts_survive_the_file()
    {
        await using (var executor = new FunctionExecutor(new ReportingBackend(), Options with { Retries = 1, RetryDelay = TimeSpan.Zero }))
            await executor.MapAsync(x => x, [7]).WhenAllSettledAsync().InTime();

        var task = Assert.Single(Assert.Single(Records.List()).Tasks);

        Assert.Equal(2, task.Statistics.Attempts);
        Assert.Single(task.Statistics.EarlierAttempts);
        Assert.Equal(ReportingBackend.Report with { Phases = [] }, task.Statistics.Report! with { Phases = [] });
        Assert.Equal(ReportingBackend.Report.Phases, task.Statistics.Report.Phases);
    }

    [Fact]
    public async Task While_a_job_runs_its_record_changes_at_most_every_second()
    {
        var time = new ManualTime();
        var (logged, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var executor = new FunctionExecutor(Options with { TimeProvider = time });
        var futures = executor.MapAsync(
            async (int x, TaskContext context) =>
            {
                await logged.Task;
                context.Log("logged");
                await gate.Task;
                return x;
            },
            [0]);
        await Soon.Until(() => Records.Find(futures.JobId) is not null);
        await time.WhenTimersAsync(1).InTime();

        time.Advance(TimeSpan.FromMilliseconds(999));
        logged.SetResult();
        await Task.Delay(100);
        var before = Records.Find(futures.JobId)!;
        time.Advance(TimeSpan.FromMilliseconds(1));
        await Soon.Until(() => Records.Find(futures.JobId)!.Log.Count == 1);
        gate.SetResult();

        Assert.Empty(before.Log);
        await futures.InTime();
    }

    [Fact]
    public async Task A_job_is_cancelled_through_its_record()
    {
        var executor = new FunctionExecutor(Options);
        var futures = executor.MapAsync(
            async (int _, CancellationToken token) =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return 1;
            },
            Enumerable.Range(0, 5).ToList());
        await Soon.Until(() => Records.Find(futures.JobId) is not null);

        Assert.True(Records.RequestCancel(futures.JobId));
        var summary = await futures.WhenAllSettledAsync().InTime();
        await executor.DisposeAsync();

        Assert.Equal(5, summary.Canceled);
        Assert.Equal(JobState.Canceled, Records.Find(futures.JobId)!.State);
        Assert.False(Records.RequestCancel(futures.JobId));
        Assert.Empty(Directory.EnumerateFiles(Records.Path, "*.cancel"));
    }

    [Fact]
    public async Task A_record_that_cannot_be_written_fails_nothing_and_is_told()
    {
        File.WriteAllText(Records.Path, "a file where the folder should be");
        var executor = new FunctionExecutor(Options);

        var futures = executor.MapAsync(x => x, [1, 2]);
        Assert.Equal([1, 2], await futures.InTime());
        Assert.Equal(3, await executor.CallAsync(() => 3).InTime());
        await executor.DisposeAsync();

        Assert.IsType<IOException>(futures.Summary.RecordException, exactMatch: false);
    }

    [Fact]
    public async Task Nothing_is_written_unless_asked_for()
    {
        await using (var executor = new FunctionExecutor(Options with { JobRecords = null }))
            Assert.Null((await executor.MapAsync(x => x, [1]).WhenAllSettledAsync().InTime()).RecordException);

        Assert.False(Directory.Exists(Records.Path));
    }

    [Fact]
    public async Task Jobs_within_tasks_are_part_of_their_task()
    {
        await using (var executor = new FunctionExecutor(Options))
            await executor.CallAsync(async () => (await executor.MapAsync(x => x, [1, 2])).Count, new JobOptions { Name = "outer" }).InTime();

        Assert.Equal("outer", Assert.Single(Records.List()).Name);
    }

    [Fact]
    public async Task A_stream_has_a_record_of_what_has_ended()
    {
        await using (var executor = new FunctionExecutor(Options))
            Assert.Equal(30, await executor.StreamAsync(x => x, Enumerable.Range(0, 30)).CountAsync());

        var record = Assert.Single(Records.List());

        Assert.Equal((JobState.Succeeded, 30, 0), (record.State, record.Total, record.TasksLeftOut));
        Assert.Equal(Enumerable.Range(0, 30), record.Tasks.Select(task => task.Index));
    }

    [Fact]
    public async Task The_log_is_bounded()
    {
        var lines = new Lines();
        await using (var executor = new FunctionExecutor(Options))
        {
            await executor.MapAsync(
                (int _, TaskContext context) =>
                {
                    context.Log(new string('x', 5000));
                    for (var line = 0; line < 1500; line++)
                        context.Log("line " + line);
                    context.Log(new string('y', 5000));
                    return Task.FromResult(1);
                },
                [0],
                new JobOptions { Messages = lines }).InTime();
        }

        var record = Assert.Single(Records.List());

        Assert.Equal(1000, record.Log.Count);
        Assert.Equal(502, record.LogLinesLeftOut);
        Assert.Equal("line 501", record.Log[0].Text);
        Assert.Equal(2001, record.Log[^1].Text.Length);
        Assert.Equal(1502, lines.Count);
    }

    [Fact]
    public async Task Many_tasks_are_left_out()
    {
        await using (var executor = new FunctionExecutor(Options))
            await executor.MapAsync(x => x, Enumerable.Range(0, JobRecord.MaxTasks + 5).ToList()).InTime();

        var record = Assert.Single(Records.List());

        Assert.Equal((JobRecord.MaxTasks, 5, JobRecord.MaxTasks + 5), (record.Tasks.Count, record.TasksLeftOut, record.Succeeded));
    }

    [Fact]
    public void A_job_whose_client_is_gone_is_lost()
    {
        int dead;
        using (var process = Process.Start(new ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true })!)
        {
            process.WaitForExit();
            dead = process.Id;
        }

        var current = ClientProcess.Current;
        Write("alive", current, DateTimeOffset.UtcNow.AddHours(-1));
        Write("dead", current with { ProcessId = dead }, DateTimeOffset.UtcNow);
        Write("another-of-its-id", current with { Started = current.Started.AddMinutes(-1) }, DateTimeOffset.UtcNow);
        Write("far", current with { Machine = "elsewhere" }, DateTimeOffset.UtcNow.AddMinutes(-1));
        Write("far-and-silent", current with { Machine = "elsewhere" }, DateTimeOffset.UtcNow.AddMinutes(-10));
        Write("dead-and-done", current with { ProcessId = dead }, DateTimeOffset.UtcNow, JobState.Succeeded);

        var states = Records.List().ToDictionary(job => job.Id, job => job.State);

        Assert.Equal(JobState.Running, states["alive"]);
        Assert.Equal(JobState.Lost, states["dead"]);
        Assert.Equal(JobState.Lost, states["another-of-its-id"]);
        Assert.Equal(JobState.Running, states["far"]);
        Assert.Equal(JobState.Lost, states["far-and-silent"]);
        Assert.Equal(JobState.Succeeded, states["dead-and-done"]);
        Assert.False(Records.RequestCancel("dead"));
    }

    [Fact]
    public void Files_that_are_no_records_are_named_and_left_out()
    {
        Write("good", ClientProcess.Current, DateTimeOffset.UtcNow);
        File.WriteAllText(Path.Combine(Records.Path, "bad.json"), "{");
        File.WriteAllText(Path.Combine(Records.Path, "other.json"), "{\"id\":\"other\"}");
        var refused = new List<string>();

        var jobs = Records.List((file, _) => refused.Add(Path.GetFileName(file)));

        Assert.Equal("good", Assert.Single(jobs).Id);
        Assert.Equal(["bad.json", "other.json"], refused.Order());
    }

    [Fact]
    public void An_id_never_leads_out_of_the_folder()
    {
        Write("inside", ClientProcess.Current, DateTimeOffset.UtcNow);
        File.Copy(Path.Combine(Records.Path, "inside.json"), Path.Combine(_folder, "outside.json"));

        Assert.Null(Records.Find("../outside"));
        Assert.False(Records.Delete("../outside"));
        Assert.False(Records.RequestCancel("../outside"));
        Assert.True(Records.Delete("inside"));
        Assert.False(Records.Delete("inside"));
        Assert.True(File.Exists(Path.Combine(_folder, "outside.json")));
    }

    [Fact]
    public void The_users_folder_is_below_the_home_of_dataplug() =>
        Assert.Equal(Path.Combine(_folder, "jobs"), JobRecordFolder.OfUser(name => name == "DATAPLUG_HOME" ? _folder : null)!.Path);

    private void Write(string id, ClientProcess client, DateTimeOffset updated, JobState state = JobState.Running) => Records.Write(new JobRecord
    {
        Id = id,
        Name = id,
        Backend = "local",
        State = state,
        Submitted = updated.AddMinutes(-1),
        Updated = updated,
        Client = client,
    });

    private sealed class Lines : IProgress<TaskMessage>
    {
        public int Count { get; private set; }

        public void Report(TaskMessage value) => Count++;
    }

    /// <summary>Fails the first attempt of each task.</summary>
    private sealed class ReportingBackend : IExecutorBackend
    {
        public static readonly AttemptReport Report = new()
        {
            AllocatedBytes = 1,
            CpuTime = TimeSpan.FromSeconds(1.5),
            PeakMemory = 2,
            BytesRead = 3,
            BytesWritten = 4,
            Requests = 5,
            Phases = [new AttemptPhase("code", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), TimeSpan.FromMilliseconds(1.25))],
        };

        public string Name => "reporting";

        public bool ShipsFunctions => true;

        public int MaxParallelism => 1;

        public async Task RunAsync(IBackendJob job, CancellationToken cancellationToken)
        {
            await Task.Yield();
            await foreach (var task in job.ReadTasksAsync(cancellationToken))
            {
                task.Start("worker");
                if (task.Attempt == 1)
                    task.Fail(new AttemptFailure("System.Exception", "the first"), Report);
                else
                    task.Succeed("1"u8, Report);
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
