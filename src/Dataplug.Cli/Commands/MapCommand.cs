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
        var workers = CountOption.Create("--workers", "Programs run at once.", Environment.ProcessorCount, minimum: 1);
        var retries = CountOption.Create("--retries", "How often a program that fails on a slice is run again.", 0, minimum: 0);
        var command = new CommandWithExamples("map", "Run a program once per slice, with the slice on its standard input; print the outputs in order.",
            "dataplug map reads.fastq.gz --strategy batches --param count=16 -- wc -l",
            "dataplug map s3://bucket/table.csv --strategy rows --param rows=100000 --workers 8 --retries 2 -- python3 score.py --part {index}",
            "dataplug map reads.fastq.gz --param count=4 -- sh -c 'gzip > part-{index}.fastq.gz'")
        {
            uri, program, shared.Format, shared.Strategy, shared.Parameters, workers, retries, shared.Salvage, shared.Metadata, shared.MetaBucket,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var template = new CommandTemplate(result.GetRequiredValue(program));
            if (!template.CanBeFound())
                throw new UsageException($"there is no program '{template.Program}'");

            var source = await session.OpenAsync(result.GetRequiredValue(uri), result.GetValue(shared.Format), result.GetValue(shared.Salvage), cancellationToken);
            var choice = StrategyChoice.Parse(source.Format, result.GetValue(shared.Strategy), result.GetValue(shared.Parameters) ?? []);
            await EnsureIndexedAsync(session, source, cancellationToken);
            var slices = await source.PartitionAsync(choice.Name, choice.Parameters, cancellationToken);
            await RunAsync(session, slices, template, result.GetValue(workers), result.GetValue(retries), cancellationToken);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task EnsureIndexedAsync(Session session, CloudObject source, CancellationToken cancellationToken)
    {
        var state = await source.GetStateAsync(cancellationToken);
        if (state.Status == IndexStatus.Current)
            return;
        var why = state.Status == IndexStatus.Stale ? "has changed since it was indexed" : "is not indexed yet";
        session.Note($"{source.Uri.Display} {why}; indexing it as {source.Format.Id} first");
        _ = await PreprocessCommand.RunAsync(session, source, new PreprocessOptions(), cancellationToken);
    }

    private static async Task RunAsync(Session session, IReadOnlyList<Slice> slices, CommandTemplate template, int workers, int retries, CancellationToken cancellationToken)
    {
        var program = new SliceProgram(template, new SpoolMemory(SpoolMemoryLimit), session.Terminal.ErrorText);
        var failures = new List<(int Slice, TaskFailedException Failure)>();
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = workers });
        var job = executor.MapAsync(
            (slice, token) => program.RunAsync(slice, token),
            slices,
            new JobOptions { Name = template.Program, Retries = retries, ShouldRetry = IsWorthARetry },
            cancellationToken);
        try
        {
            for (var i = 0; i < slices.Count; i++)
            {
                try
                {
                    await using var output = await job[i].GetResultAsync(cancellationToken);
                    await output.WriteToAsync(session.Terminal.Output, cancellationToken);
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
            throw new WorkFailedException($"{failures.Count} of {slices.Count} slices failed", Describe(failures));
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
}
