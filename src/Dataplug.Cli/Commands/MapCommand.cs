using System.CommandLine;
using System.Globalization;
using Dataplug.Cli.Mapping;
using Dataplug.Lithops;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug map</c>: any program, once per slice, many at once, outputs in order.</summary>
internal static class MapCommand
{
    // Outputs that wait for their turn; what is more goes to temporary files.
    private const long SpoolMemoryLimit = 64 << 20;
    private const int FailuresShown = 20;

    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var uri = SharedOptions.Uri();
        var program = new Argument<string[]>("COMMAND") { Description = "After '--': the program and its arguments. {index} and {count} are filled in.", Arity = ArgumentArity.OneOrMore };
        var workers = CountOption.Create("--workers", "Programs run at once; on a configured backend its own number unless given.", Environment.ProcessorCount, minimum: 1);
        var backend = new Option<string?>("--backend") { HelpName = "NAME", Description = "Where the programs run: local, processes, slurm, aws-lambda, http, kubernetes. Default: DATAPLUG_BACKEND, else 'executor.backend' of dataplug.json, else here." };
        var retries = CountOption.Create("--retries", "How often a program that fails on a slice is run again.", 0, minimum: 0);
        var perInvocation = CountOption.Create("--per-invocation", "Slices that a worker of a backend gets at once, to run the program on one after another.", 1, minimum: 1);
        var memory = new Option<int?>("--memory") { HelpName = "MIB", Description = "Memory that the program asks for on a backend, in MiB. Default: the backend's own." };
        memory.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var mebibytes) && mebibytes > 0))
                result.AddError($"--memory is '{token.Value}', expected a whole number of at least 1");
        });
        var command = new CommandWithExamples("map", "Run a program once per slice, with the slice on its standard input; print the outputs in order.",
            "dataplug map reads.fastq.gz --strategy batches --param count=16 -- wc -l",
            "dataplug map s3://bucket/table.csv --strategy rows --param rows=100000 --workers 8 --retries 2 -- python3 score.py --part {index}",
            "dataplug map reads.fastq.gz --param count=4 -- sh -c 'gzip > part-{index}.fastq.gz'",
            "DATAPLUG_JOBS=/shared/jobs dataplug map /shared/reads.fastq.gz --backend slurm --param count=200 -- wc -l")
        {
            uri, program, shared.Format, shared.Strategy, shared.Parameters, workers, backend, retries, perInvocation, memory, shared.Salvage, shared.Metadata, shared.MetaBucket,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var words = result.GetRequiredValue(program);
            var template = new CommandTemplate(words);
            var isWorkersGiven = result.GetResult(workers) is { Implicit: false };
            await using var executor = FunctionExecutor.Open(result.GetValue(backend), new ExecutorOptions { MaxParallelism = isWorkersGiven ? result.GetValue(workers) : null }, session.Terminal.Variables);

            // What there is on machines elsewhere shows when it is started there.
            if (executor.BackendName is "local" or "processes" && !template.CanBeFound())
                throw new UsageException($"there is no program '{template.Program}'");

            var source = await session.OpenAsync(result.GetRequiredValue(uri), result.GetValue(shared.Format), result.GetValue(shared.Salvage), cancellationToken);
            var choice = StrategyChoice.Parse(source.Format, result.GetValue(shared.Strategy), result.GetValue(shared.Parameters) ?? []);
            await EnsureIndexedAsync(session, source, cancellationToken);
            var slices = await source.PartitionAsync(choice.Name, choice.Parameters, cancellationToken);
            if (executor.BackendName == "local")
                await RunHereAsync(executor, session, slices, template, result.GetValue(retries), cancellationToken);
            else
                await RunElsewhereAsync(executor, session, slices, words, new JobOptions { Retries = result.GetValue(retries), TasksPerInvocation = result.GetValue(perInvocation), Memory = (long?)result.GetValue(memory) << 20 }, cancellationToken);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task EnsureIndexedAsync(Session session, CloudObject source, CancellationToken cancellationToken)
    {
        var state = await source.GetStateAsync(cancellationToken);
        if (state.Status == IndexStatus.Current)
            return;
        var why = state.Status == IndexStatus.Stale ? "has changed since it was indexed, or was indexed with other options" : "is not indexed yet";
        session.Note($"{source.Uri.Display} {why}; indexing it as {source.Format.Id} first");
        _ = await PreprocessCommand.RunAsync(session, source, new PreprocessOptions(), cancellationToken);
    }

    private static Task RunHereAsync(FunctionExecutor executor, Session session, IReadOnlyList<Slice> slices, CommandTemplate template, int retries, CancellationToken cancellationToken)
    {
        var program = new SliceProgram(template, new SpoolMemory(SpoolMemoryLimit), (index, line) => WriteErrorLine(session, index, line));
        var job = executor.MapAsync(
            (slice, token) => program.RunAsync(slice, token),
            slices,
            new JobOptions { Name = template.Program, Retries = retries, ShouldRetry = IsWorthARetry },
            cancellationToken);
        return PassOutputsAsync(
            job,
            slices.Count,
            async spool =>
            {
                await using (spool)
                    await spool.WriteToAsync(session.Terminal.Output, cancellationToken);
            },
            cancellationToken);
    }

    /// <summary>On a backend: slices and the program's words travel, and outputs come back through the jobs' storage.</summary>
    private static Task RunElsewhereAsync(FunctionExecutor executor, Session session, IReadOnlyList<Slice> slices, string[] words, JobOptions options, CancellationToken cancellationToken)
    {
        var serializer = Session.Formats.CreateSliceSerializer();
        var job = executor.MapAsync(
            RemoteSliceProgram.RunAsync,
            slices.Select(slice => new RemoteSliceProgram.Input(serializer.Serialize(slice), words)),
            options with { Name = words[0], ShouldRetry = RemoteSliceProgram.IsWorthARetry, Messages = new ErrorLines(session) },
            cancellationToken);
        return PassOutputsAsync(job, slices.Count, output => session.Terminal.Output.WriteAsync(output, cancellationToken).AsTask(), cancellationToken);
    }

    private static async Task PassOutputsAsync<T>(FutureList<T> job, int count, Func<T, Task> pass, CancellationToken cancellationToken)
    {
        var failures = new List<(int Slice, TaskFailedException Failure)>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                try
                {
                    // Whatever ends the whole job is seen at the next one.
                    await pass(await job[i].GetResultAsync(cancellationToken));
                }
                catch (TaskFailedException exception)
                {
                    failures.Add((i, exception));
                }
            }
        }
        finally
        {
            // Where we failed ourselves, the programs that still run are of no use to anyone.
            job.Cancel();
        }

        if (failures.Count > 0)
            throw new WorkFailedException($"{failures.Count} of {count} slices failed", Describe(failures));
    }

    // A program may fail for a reason of the moment, and so may a store; a changed or broken object stays as it is.
    private static bool IsWorthARetry(AttemptFailure failure) =>
        failure.Exception is ProgramFailedException { CouldStart: true } or StorageException { IsTransient: true };

    private static List<string> Describe(List<(int Slice, TaskFailedException Failure)> failures)
    {
        var lines = new List<string>();
        foreach (var (slice, failure) in failures.Take(FailuresShown))
        {
            var tries = failure.Attempts == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" after {failure.Attempts} attempts");
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"  slice {slice}: {failure.InnerException?.Message ?? failure.Failure.Message}{tries}"));
            lines.AddRange((failure.InnerException as ProgramFailedException)?.LastLines.Select(line => "    | " + line) ?? []);
        }

        if (failures.Count > FailuresShown)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"  and {failures.Count - FailuresShown} more: slices {string.Join(", ", failures.Skip(FailuresShown).Select(failure => failure.Slice))}"));
        return lines;
    }

    private static void WriteErrorLine(Session session, int slice, string line) =>
        session.Terminal.ErrorText.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{slice}] {line}"));

    private sealed class ErrorLines(Session session) : IProgress<TaskMessage>
    {
        public void Report(TaskMessage value) => WriteErrorLine(session, value.TaskIndex, value.Text);
    }
}
