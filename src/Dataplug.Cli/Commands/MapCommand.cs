using System.CommandLine;
using System.Globalization;
using Dataplug.Cli.Mapping;
using Dataplug.Cli.Output;
using Dataplug.Lithops;
using Dataplug.Lithops.Backends.Local;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug map</c>: any program, once per slice, many at once, outputs in order.</summary>
internal static class MapCommand
{
    // Outputs that wait for their turn; what is more goes to temporary files.
    private const long SpoolMemoryLimit = 64 << 20;

    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var uri = SharedOptions.Uri();
        var program = new Argument<string[]>("COMMAND") { Description = "After '--': the program and its arguments. {index} and {count} are filled in.", Arity = ArgumentArity.OneOrMore };
        var workers = WorkersOption.Create("Programs run at once.", Environment.ProcessorCount, minimum: 1);
        var retries = WorkersOption.Create("--retries", "How often a program that fails on a slice is run again.", 0, minimum: 0);
        var command = new CommandWithExamples("map", "Run a program once per slice, with the slice on its standard input; print the outputs in order.",
            "dataplug map reads.fastq.gz --strategy batches --param count=16 -- wc -l",
            "dataplug map s3://bucket/table.csv --strategy rows --param rows=100000 --workers 8 --retries 2 -- python3 score.py --part {index}",
            "dataplug map reads.fastq.gz -- sh -c 'gzip > part-{index}.fastq.gz'")
        {
            uri, program, shared.Format, shared.Strategy, shared.Parameters, workers, retries, shared.Metadata, shared.MetaBucket,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var template = new CommandTemplate(result.GetRequiredValue(program));
            if (!template.CanBeFound())
                throw new UsageException($"there is no program '{template.Program}'");

            var source = await session.OpenAsync(result.GetRequiredValue(uri), result.GetValue(shared.Format), cancellationToken);
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
        var failures = new List<string>();
        await using var executor = new FunctionExecutor(new LocalBackend(workers));
        var job = await executor.MapAsync(
            (Slice slice, TaskContext context) => program.RunAsync(slice, context.CancellationToken),
            slices,
            new JobOptions { Retries = retries },
            cancellationToken);
        try
        {
            foreach (var future in job)
            {
                try
                {
                    await using var output = await future.GetResultAsync(cancellationToken);
                    await output.WriteToAsync(session.Terminal.Output, cancellationToken);
                }
                catch (TaskFailedException exception)
                {
                    failures.AddRange(Describe(slices[future.Index], exception));
                }
            }
        }
        finally
        {
            // After a failure of ours the programs are of no use any more.
            foreach (var future in job)
                _ = future.Cancel();
        }
    }
}
