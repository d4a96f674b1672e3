using System.CommandLine;
using Dataplug.Cli.Chunks;
using Dataplug.Cli.Output;
using Dataplug.Preprocessing;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug preprocess</c>: makes an object's index.</summary>
internal static class PreprocessCommand
{
    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var uri = SharedOptions.Uri();
        var workers = CountOption.Create("--workers", "Threads at work at once; 0 for one a core.", 0, minimum: 0);
        var processes = CountOption.Create("--processes", "Spread the work over so many processes instead of threads; 0 for none.", 0, minimum: 0);
        var fineness = new IndexFineness();
        var imzml = new ImzmlIndexing();
        var force = new Option<bool>("--force") { Description = "Index again even where there is a good index." };
        var command = new CommandWithExamples("preprocess", "Index an object once, without changing it. Goes on where a stopped run left off.",
            "dataplug preprocess reads.fastq.gz",
            "dataplug preprocess s3://bucket/reads.fastq.gz --metadata s3://bucket.meta/",
            "dataplug preprocess reads.fastq.gz --spacing 1MiB",
            "dataplug preprocess reads.fastq.gz --index-budget 0.01%",
            "dataplug preprocess s3://public/table.csv --no-sign-request --format csv --json",
            "dataplug preprocess s3://bucket/tissue.imzML --statistics --check checksum",
            "dataplug preprocess damaged.txt.gz --salvage")
        {
            uri, shared.Format, workers, processes, force, fineness.Spacing, fineness.Budget, imzml.Statistics, imzml.Check, imzml.Ibd, shared.Salvage, shared.Metadata, shared.MetaBucket, shared.Json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var source = await session.OpenToIndexAsync(result.GetRequiredValue(uri), result.GetValue(shared.Format), result.GetValue(shared.Salvage), format => imzml.Apply(fineness.Apply(format, result), result), cancellationToken);
            var options = new PreprocessOptions
            {
                Force = result.GetValue(force),
                Workers = result.GetValue(workers),
                Executor = result.GetValue(processes) is > 0 and var count ? new ChunkProcesses(count, shared.ArgumentsOf(result), session.Terminal.ErrorText) : null,
            };
            var report = await RunAsync(session, source, options, cancellationToken);
            foreach (var warning in report.Warnings)
                session.Note($"warning: {source.Uri.Display}: {warning}");
            if (session.Json)
                session.WriteJson(Answer(report));
            else
                Show(session, report);
            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>Preprocesses with progress shown.</summary>
    public static async Task<PreprocessReport> RunAsync(Session session, CloudObject source, PreprocessOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await PreprocessingProgress.ShowAsync(session, source.Uri.Name, progress => source.PreprocessAsync(options with { Progress = progress }, cancellationToken));
        }
        catch (CorruptObjectException damage) when (source.Format.ForSalvage() is { } salvaging && salvaging.Parameters != source.Format.Parameters)
        {
            throw new CorruptObjectException(damage.ObjectName, damage.Problem, $"{damage.Cure} To use what comes before the damage, add --salvage.", damage.ByteOffset, damage)
            {
                MemberNumber = damage.MemberNumber,
                MemberOffset = damage.MemberOffset,
            };
        }
    }

    private static PreprocessAnswer Answer(PreprocessReport report) => new(
        report.Outcome switch
        {
            PreprocessOutcome.Indexed => "indexed",
            PreprocessOutcome.AlreadyIndexed => "already-indexed",
            PreprocessOutcome.Adopted => "adopted",
            _ => throw new NotSupportedException($"Outcome {report.Outcome}."),
        },
        report.Source.Uri.Display,
        report.Source.Size,
        report.Source.ETag,
        report.FormatId,
        report.Sidecar.Display,
        report.SidecarSize,
        report.Source.Size == 0 ? 0 : Math.Round(100.0 * report.SidecarSize / report.Source.Size, 4),
        Math.Round(report.Elapsed.TotalSeconds, 3),
        report.ResumedFrom,
        report.Warnings);

    private static void Show(Session session, PreprocessReport report)
    {
        var read = report.Source.Size - report.ResumedFrom;
        var headline = report.Outcome switch
        {
            PreprocessOutcome.Indexed => $"Indexed {report.Source.Uri.Display} as {report.FormatId}: {ByteText.Size(read)} in {ByteText.Time(report.Elapsed)} ({ByteText.Size(read / Math.Max(0.001, report.Elapsed.TotalSeconds))}/s)"
                + (report.ResumedFrom > 0 ? $", resumed from {ByteText.Size(report.ResumedFrom)}" : ""),
            PreprocessOutcome.AlreadyIndexed => $"{report.Source.Uri.Display} is indexed already, as {report.FormatId}; nothing was read",
            _ => $"Found the index of {report.Source.Uri.Display}, as {report.FormatId}, in the metadata location; nothing was read",
        };
        session.Terminal.OutputText.WriteLine(headline);
        session.Terminal.OutputText.WriteLine($"Index: {ByteText.Size(report.SidecarSize)} ({ByteText.Percent(report.SidecarSize, report.Source.Size)} of the object), {report.Sidecar.Display}");
    }
}
