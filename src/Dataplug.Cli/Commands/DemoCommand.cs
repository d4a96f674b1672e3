using System.CommandLine;
using Dataplug.Cli.Demo;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug demo</c>: the whole journey of one object, in a few seconds, with nothing to set up.</summary>
internal static class DemoCommand
{
    private const int DefaultReads = 400_000;

    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var source = new Argument<string?>("URI") { Description = "A FASTQ.gz of your own. Default: one is made.", Arity = ArgumentArity.ZeroOrOne };
        var reads = CountOption.Create("--reads", "How many reads to make.", DefaultReads, minimum: 1);
        var workers = CountOption.Create("--workers", "Slices worked on at once.", Environment.ProcessorCount, minimum: 1);
        var keep = new Option<bool>("--keep") { Description = "Keep the FASTQ.gz and its index; say where they are." };
        var command = new CommandWithExamples("demo", "See it work: make a FASTQ.gz, index it once, cut it two ways, map over the slices in parallel.",
            "dataplug demo",
            "dataplug demo --reads 2000000 --workers 8",
            "dataplug demo s3://bucket/reads.fastq.gz --no-sign-request")
        {
            source, reads, workers, keep, shared.Json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var uri = result.GetValue(source);
            if (uri is not null && result.GetResult(reads) is { Implicit: false })
                throw new UsageException("--reads is for the FASTQ.gz that the demo makes, and a URI is given");

            var folder = Directory.CreateTempSubdirectory("dataplug-demo-").FullName;
            var keepFolder = result.GetValue(keep);
            try
            {
                var answer = await new DemoRun(session, new DemoView(session), folder, result.GetValue(workers)).RunAsync(uri, result.GetValue(reads), cancellationToken);
                if (session.Json)
                    session.WriteJson(answer);
                if (keepFolder)
                    session.Note($"kept in {folder}");
            }
            finally
            {
                if (!keepFolder)
                    Directory.Delete(folder, recursive: true);
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}
