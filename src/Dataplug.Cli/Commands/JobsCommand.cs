using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Dataplug.Cli.Output;
using Dataplug.Lithops;
using Spectre.Console;
using Cell = Spectre.Console.Text;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug jobs</c>: what executors of this user run and have run, from the records that they keep.</summary>
internal static class JobsCommand
{
    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open) =>
        new CommandWithExamples("jobs", "Watch, cancel and draw the jobs of your executors.",
            "dataplug jobs list",
            "dataplug jobs show 5f0c2a11-001",
            "dataplug jobs plot 5f0c2a11-001 --out job.png")
        {
            CreateList(shared, open),
            CreateShow(shared, open),
            CreateLogs(shared, open),
            CreateCancel(shared, open),
            CreateClean(shared, open),
            CreatePlot(shared, open),
        };

    private static CommandWithExamples CreateList(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var command = new CommandWithExamples("list", "List jobs, the latest first.",
            "dataplug jobs list",
            "dataplug jobs list --json")
        {
            shared.Json,
        };
        command.SetAction(async (result, _) =>
        {
            await using var session = open(result);
            var jobs = List(session);
            if (session.Json)
                session.WriteJson<IReadOnlyList<JobAnswer>>([.. jobs.Select(JobAnswer.Of)]);
            else if (jobs.Count == 0)
                session.Terminal.OutputText.WriteLine("There are no jobs. Executors that FunctionExecutor.Open makes, or with JobRecords set, keep records of theirs.");
            else
                session.Console.Write(Table(jobs));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CommandWithExamples CreateShow(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var id = Id();
        var command = new CommandWithExamples("show", "Show a job with its tasks.",
            "dataplug jobs show 5f0c2a11-001",
            "dataplug jobs show 5f0c2a11-001 --json")
        {
            id, shared.Json,
        };
        command.SetAction(async (result, _) =>
        {
            await using var session = open(result);
            var job = Find(session, result.GetRequiredValue(id));
            if (session.Json)
                session.WriteJson(JobDetailAnswer.Of(job));
            else
                Show(session, job);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CommandWithExamples CreateLogs(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var id = Id();
        var command = new CommandWithExamples("logs", "Print the last lines that a job's tasks logged, with the task's number in front.",
            "dataplug jobs logs 5f0c2a11-001")
        {
            id, shared.Json,
        };
        command.SetAction(async (result, _) =>
        {
            await using var session = open(result);
            var job = Find(session, result.GetRequiredValue(id));
            if (session.Json)
            {
                session.WriteJson<IReadOnlyList<JobLineAnswer>>([.. job.Log.Select(line => new JobLineAnswer(line.TaskIndex, line.Attempt, line.Worker, line.Time, line.Text))]);
                return ExitCodes.Ok;
            }

            if (job.LogLinesLeftOut > 0)
                session.Note($"{ByteText.Count(job.LogLinesLeftOut)} earlier lines are gone");
            foreach (var line in job.Log)
                session.Terminal.OutputText.WriteLine($"[{line.TaskIndex}] {line.Text}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CommandWithExamples CreateCancel(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var id = Id();
        var command = new CommandWithExamples("cancel", "Ask the program that runs a job to cancel it; it does within about a second.",
            "dataplug jobs cancel 5f0c2a11-001")
        {
            id, shared.Json,
        };
        command.SetAction(async (result, _) =>
        {
            await using var session = open(result);
            var job = Find(session, result.GetRequiredValue(id));
            if (!session.Jobs.RequestCancel(job.Id))
                throw new WorkFailedException($"job {job.Id} does not run: it is {JobText.State(job.State)}");
            if (session.Json)
                session.WriteJson(new JobCancelAnswer(job.Id));
            else
                session.Terminal.OutputText.WriteLine($"Asked for job {job.Id} to be cancelled");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CommandWithExamples CreateClean(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var olderThan = AgeOption.Create("--older-than", "Only of jobs that ended longer ago than that: 90s, 30m, 12h, 7d.");
        var command = new CommandWithExamples("clean", "Remove the records of jobs that have ended or are lost; never those of jobs that run.",
            "dataplug jobs clean",
            "dataplug jobs clean --older-than 7d")
        {
            olderThan, shared.Json,
        };
        command.SetAction(async (result, _) =>
        {
            await using var session = open(result);
            var before = DateTimeOffset.UtcNow - (result.GetValue(olderThan) ?? TimeSpan.Zero);
            var removed = List(session).Count(job => job.State != JobState.Running && (job.Ended ?? job.Updated) <= before && session.Jobs.Delete(job.Id));
            if (session.Json)
                session.WriteJson(new JobCleanAnswer(removed));
            else
                session.Terminal.OutputText.WriteLine($"Removed {ByteText.Count(removed)} {(removed == 1 ? "record" : "records")}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CommandWithExamples CreatePlot(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var ids = new Argument<string[]>("ID") { Description = "The jobs' ids, or how they begin; several are drawn into one picture.", Arity = ArgumentArity.OneOrMore };
        var target = new Option<string>("--out") { HelpName = "FILE", Description = "The picture, .png or .svg: a file, or an object such as s3://bucket/job.png.", Required = true };
        var command = new CommandWithExamples("plot", "Draw a timeline of a job's tasks and a histogram of their phases.",
            "dataplug jobs plot 5f0c2a11-001 --out job.png",
            "dataplug jobs plot 5f0c2a11-001 5f0c2a11-002 --out both.svg")
        {
            ids, target, shared.Json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var path = result.GetRequiredValue(target);
            var format = Path.GetExtension(path).ToUpperInvariant() switch
            {
                ".PNG" => JobPictureFormat.Png,
                ".SVG" => JobPictureFormat.Svg,
                _ => throw new UsageException($"'{path}' is no picture that can be drawn; --out needs a name that ends in .png or .svg"),
            };
            var jobs = result.GetRequiredValue(ids).Select(id => Find(session, id)).DistinctBy(job => job.Id).ToList();
            var picture = jobs.Plot(format);
            await OutputTarget.WriteAsync(path, session, (stream, token) => stream.WriteAsync(picture, token).AsTask(), cancellationToken);
            if (session.Json)
                session.WriteJson(new JobPlotAnswer([.. jobs.Select(job => job.Id)], path));
            else
                session.Terminal.OutputText.WriteLine($"Drew {(jobs.Count == 1 ? $"job {jobs[0].Id}" : $"{jobs.Count} jobs")} into {path}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Argument<string> Id() => new("ID") { Description = "The job's id, or how it begins; see 'dataplug jobs list'." };

    private static IReadOnlyList<JobRecord> List(Session session) =>
        session.Jobs.List((file, problem) => session.Note($"left out {file}: {problem}"));

    private static JobRecord Find(Session session, string id)
    {
        try
        {
            if (session.Jobs.Find(id) is { } job)
                return job;
        }
        catch (JsonException exception)
        {
            throw new WorkFailedException($"the record of job {id} can't be read: {exception.Message}");
        }

        var jobs = session.Jobs.List().Where(job => job.Id.StartsWith(id, StringComparison.Ordinal)).ToList();
        return jobs.Count switch
        {
            1 => jobs[0],
            0 => throw new WorkFailedException($"there is no record of a job '{id}' in {session.Jobs.Path}; 'dataplug jobs list' shows those that there are"),
            _ => throw new UsageException($"'{id}' is the beginning of {jobs.Count} jobs", ["Jobs: " + string.Join(", ", jobs.Take(10).Select(job => job.Id)) + (jobs.Count > 10 ? ", …" : "")]),
        };
    }

    private static Table Table(IReadOnlyList<JobRecord> jobs)
    {
        var table = New("job", "name", "backend", "state", ">tasks", ">failed", ">time", "submitted (UTC)");
        foreach (var job in jobs)
        {
            table.AddRow(
                new Cell(job.Id),
                new Cell(job.Name),
                new Cell(job.Backend),
                State(JobText.State(job.State)),
                new Cell($"{ByteText.Count(job.Settled)}/{(job.Total is { } total ? ByteText.Count(total) : "?")}"),
                new Cell(ByteText.Count(job.Failed)),
                new Cell(ByteText.Time(job.Elapsed)),
                new Cell(Instant(job.Submitted)));
        }

        return table;
    }

    private static void Show(Session session, JobRecord job)
    {
        var output = session.Terminal.OutputText;
        output.WriteLine($"job        {job.Id}");
        output.WriteLine($"name       {job.Name}");
        output.WriteLine($"backend    {job.Backend}");
        output.WriteLine($"state      {JobText.State(job.State)}");
        output.WriteLine($"submitted  {Instant(job.Submitted)} UTC{(job.Client is { } client ? $" by process {client.ProcessId} on {client.Machine}" : "")}");
        output.WriteLine($"time       {ByteText.Time(job.Elapsed)}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"tasks      {job.Total?.ToString("N0", CultureInfo.InvariantCulture) ?? "?"}: {job.Succeeded:N0} succeeded, {job.Failed:N0} failed, {job.Canceled:N0} cancelled, {job.Running:N0} running, {job.Retries:N0} retries, {job.Backups:N0} backups"));
        if (job.Problem is { } problem)
            output.WriteLine($"problem    {problem}");
        if (job.Tasks.Count == 0)
            return;
        var table = New(">task", "state", ">attempts", ">waited", ">ran", ">CPU", ">memory", ">read", "worker", "failure");
        foreach (var task in job.Tasks)
        {
            var times = task.Statistics;
            table.AddRow(
                new Cell(task.Index.ToString(CultureInfo.InvariantCulture)),
                State(JobText.State(task.State)),
                new Cell(times.Attempts.ToString(CultureInfo.InvariantCulture)),
                new Cell(times is { Queued: { } queued, Started: { } started } ? ByteText.Time(started - queued) : ""),
                new Cell(times.Attempts > 0 && task.State != FutureState.Running ? ByteText.Time(times.Duration) : ""),
                new Cell(times.Report?.CpuTime is { } cpu ? ByteText.Time(cpu) : ""),
                new Cell(times.Report?.PeakMemory is { } memory ? ByteText.Size(memory) : ""),
                new Cell(times.Report?.BytesRead is { } read ? ByteText.Size(read) : ""),
                new Cell(times.Worker ?? ""),
                new Cell(task.Failure?.ReplaceLineEndings(" ") ?? ""));
        }

        session.Console.Write(table);
        if (job.TasksLeftOut > 0)
            session.Note($"{ByteText.Count(job.TasksLeftOut)} tasks are not in the record");
    }

    private static Table New(params ReadOnlySpan<string> columns)
    {
        var table = new Table().Border(TableBorder.Simple).BorderStyle(new Style(Color.Grey));
        foreach (var column in columns)
            table.AddColumn(column[0] == '>' ? new TableColumn(column[1..]).RightAligned().NoWrap() : new TableColumn(column));
        return table;
    }

    private static Markup State(string state) => new($"[{JobText.Color(state)}]{state}[/]");

    private static string Instant(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
