using System.CommandLine;
using Dataplug.Cli.Output;
using Dataplug.Preprocessing;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug index</c>: indexes of gzip objects from and for other programs.</summary>
internal static class IndexCommand
{
    private static readonly string[] Names = [.. Enum.GetValues<GZipIndexKind>().Select(GZipIndexFile.NameOf)];

    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open) =>
        new CommandWithExamples("index", "Give an object's gzip index to gztool, indexed_gzip or bgzip, or take theirs.",
            "dataplug index export reads.fastq.gz --to gztool --out reads.fastq.gzi",
            "dataplug index import logs.txt.gz logs.txt.gzi")
        {
            CreateExport(shared, open),
            CreateImport(shared, open),
        };

    private static CommandWithExamples CreateExport(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var uri = SharedOptions.Uri();
        var to = new Option<string>("--to") { HelpName = "KIND", Description = "gztool, gzidx (indexed_gzip for Python) or gzi (bgzip, for BGZF objects).", Required = true };
        to.AcceptOnlyFromAmong(Names);
        var target = new Option<string?>("--out") { HelpName = "PATH", Description = "A file (it appears whole or not at all), an object, or '-' for standard output, the default." };
        var command = new CommandWithExamples("export", "Write the index of a preprocessed object in another program's format.",
            "dataplug index export reads.fastq.gz --to gztool --out reads.fastq.gzi",
            "dataplug index export s3://bucket/table.csv.gz --to gzidx --out table.csv.gz.gzidx",
            "dataplug index export variants.vcf.gz --to gzi --out variants.vcf.gz.gzi")
        {
            uri, to, target, shared.Format, shared.Metadata, shared.MetaBucket,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            _ = GZipIndexFile.TryParse(result.GetRequiredValue(to), out var kind);
            var source = await session.OpenAsync(result.GetRequiredValue(uri), result.GetValue(shared.Format), salvage: false, cancellationToken);
            await OutputTarget.WriteAsync(result.GetValue(target), session, (stream, token) => GZipIndexFile.ExportAsync(source, kind, stream, token), cancellationToken);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CommandWithExamples CreateImport(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var uri = SharedOptions.Uri();
        var file = new Argument<string>("FILE") { Description = "The other program's index: a path or URI, or '-' for standard input." };
        var from = new Option<string?>("--from") { HelpName = "KIND", Description = "Whose index it is: gztool, gzidx or gzi. Default: detected." };
        from.AcceptOnlyFromAmong(Names);
        var verify = new Option<bool>("--verify") { Description = "Read the whole object and hold every point, window and line number against it." };
        var workers = CountOption.Create("--workers", "Spans of the object read at once; 0 for one a core.", 0, minimum: 0);
        var force = new Option<bool>("--force") { Description = "Import even where there is a good index." };
        var command = new CommandWithExamples("import", "Make an object's index, as text in gzip, of the one that another program made.",
            "dataplug index import logs.txt.gz logs.txt.gzi",
            "dataplug index import s3://bucket/table.csv.gz table.csv.gz.gzidx --json",
            "dataplug index import variants.vcf.gz variants.vcf.gz.gzi --from gzi")
        {
            uri, file, from, verify, workers, force, shared.Metadata, shared.MetaBucket, shared.Json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var source = CloudObject.FromUri(GZipText.Format, result.GetRequiredValue(uri), session.Options);
            var options = new GZipImportOptions
            {
                Kind = result.GetValue(from) is { } name && GZipIndexFile.TryParse(name, out var kind) ? kind : null,
                Verify = result.GetValue(verify),
                Workers = result.GetValue(workers),
                Force = result.GetValue(force),
            };
            var report = await ImportAsync(session, source, result.GetRequiredValue(file), options, cancellationToken);
            var index = await source.GetIndexAsync(cancellationToken);
            if (session.Json)
            {
                session.WriteJson(new ImportAnswer(
                    report.Outcome == PreprocessOutcome.Indexed ? "imported" : "already-indexed",
                    report.Source.Uri.Display,
                    report.Source.Size,
                    report.Source.ETag,
                    index.ImportedFrom,
                    index.LineIndex.AccessPointCount,
                    index.Lines,
                    index.UncompressedSize,
                    report.Sidecar.Display,
                    report.SidecarSize,
                    Math.Round(report.Elapsed.TotalSeconds, 3)));
            }
            else
            {
                Show(session, report, index);
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task<PreprocessReport> ImportAsync(Session session, CloudObject<GZipTextIndex> source, string name, GZipImportOptions options, CancellationToken cancellationToken)
    {
        if (name == "-")
            return await RunAsync(session.Terminal.Input, "standard input");
        var uri = ObjectUri.Parse(name);
        await using var read = await session.Stores.Get(uri).OpenReadAsync(uri, new ReadRequest(ReadRange.All), cancellationToken);
        return await RunAsync(read.Content, uri.Display);

        Task<PreprocessReport> RunAsync(Stream index, string display) => PreprocessingProgress.ShowAsync(session, source.Uri.Name, progress =>
            GZipIndexFile.ImportAsync(source, index, display, options with { Progress = progress }, cancellationToken));
    }

    private static void Show(Session session, PreprocessReport report, GZipTextIndex index)
    {
        session.Terminal.OutputText.WriteLine(report.Outcome == PreprocessOutcome.Indexed
            ? $"Imported the {index.ImportedFrom} index of {report.Source.Uri.Display} in {ByteText.Time(report.Elapsed)}: {ByteText.Count(index.LineIndex.AccessPointCount)} access points, {ByteText.Count(index.Lines)} lines, {ByteText.Size(index.UncompressedSize)} of content"
            : $"{report.Source.Uri.Display} is indexed already, as {report.FormatId}; nothing was imported (--force does)");
        session.Terminal.OutputText.WriteLine($"Index: {ByteText.Size(report.SidecarSize)} ({ByteText.Percent(report.SidecarSize, report.Source.Size)} of the object), {report.Sidecar.Display}");
    }
}
