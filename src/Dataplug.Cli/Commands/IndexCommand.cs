using System.CommandLine;
using Dataplug.Cli.Output;
using Dataplug.Formats.Genomics;
using Dataplug.Formats.Geo;
using Dataplug.Preprocessing;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug index</c>: indexes of gzip objects from and for other programs.</summary>
internal static class IndexCommand
{
    private const string Fai = "fai";
    private const string Lax = "lax";

    // Those of samtools, bcftools and tabix, by the endings of their files.
    private static readonly Dictionary<string, BinningIndexKind> Binning = new(StringComparer.Ordinal)
    {
        ["bai"] = BinningIndexKind.Bai,
        ["csi"] = BinningIndexKind.Csi,
        ["tbi"] = BinningIndexKind.Tbi,
    };

    private static readonly string[] EndingsBeside = [".tbi", ".csi", ".bai", ".fai"];

    private static readonly string[] Names = [.. Enum.GetValues<GZipIndexKind>().Select(GZipIndexFile.NameOf), Fai, Lax, .. Binning.Keys];

    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open) =>
        new CommandWithExamples("index", "Give an object's index to samtools, bcftools, tabix, bgzip, gztool or indexed_gzip, or take theirs.",
            "dataplug index export reads.bam --to bai --out reads.bam.bai",
            "dataplug index import s3://genomes/GRCh38.fa GRCh38.fa.fai")
        {
            CreateExport(shared, open),
            CreateImport(shared, open),
        };

    private static CommandWithExamples CreateExport(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var uri = SharedOptions.Uri();
        var to = new Option<string>("--to") { HelpName = "KIND", Description = "fai (samtools faidx), bai, csi or tbi (samtools, bcftools, tabix), lax (LAStools), gzi (bgzip, for BGZF objects), gztool, or gzidx (indexed_gzip for Python).", Required = true };
        to.AcceptOnlyFromAmong(Names);
        var target = new Option<string?>("--out") { HelpName = "PATH", Description = "A file (it appears whole or not at all), an object, or '-' for standard output, the default." };
        var command = new CommandWithExamples("export", "Write the index of a preprocessed object in another program's format.",
            "dataplug index export reads.fastq.gz --to gztool --out reads.fastq.gzi",
            "dataplug index export s3://bucket/variants.vcf.gz --to tbi --out variants.vcf.gz.tbi",
            "dataplug index export genome.fa --to fai --out genome.fa.fai")
        {
            uri, to, target, shared.Format, shared.Metadata, shared.MetaBucket,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var kind = result.GetRequiredValue(to);
            var source = await session.OpenAsync(result.GetRequiredValue(uri), result.GetValue(shared.Format), salvage: false, cancellationToken);
            await OutputTarget.WriteAsync(result.GetValue(target), session, (stream, token) => ExportAsync(source, kind, stream, token), cancellationToken);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task ExportAsync(CloudObject source, string name, Stream stream, CancellationToken cancellationToken)
    {
        if (GZipIndexFile.TryParse(name, out var gzip))
        {
            await GZipIndexFile.ExportAsync(source, gzip, stream, cancellationToken);
            return;
        }

        switch (await source.GetObjectIndexAsync(cancellationToken))
        {
            case LasIndex when name == Lax:
                await LasIndexFile.ExportAsync(source, stream, cancellationToken);
                break;
            case FastaIndex fasta when name == Fai:
                await FaidxFile.ExportAsync(fasta, stream, cancellationToken);
                break;
            case BamIndex when name is "bai" or "csi":
                await BamIndexFile.ExportAsync(source, Binning[name], stream, cancellationToken);
                break;
            case VcfIndex when name is "tbi" or "csi":
                await VcfIndexFile.ExportAsync(source, Binning[name], stream, cancellationToken);
                break;
            default:
                throw new UnsupportedFormatException(source.Uri.Display, $"there is no {name} index of the format '{source.Format.Id}'", "fai is of FASTA, bai and csi of BAM, tbi and csi of VCF in BGZF, lax of LAS.");
        }
    }

    private static CommandWithExamples CreateImport(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var uri = SharedOptions.Uri();
        var file = new Argument<string?>("FILE")
        {
            Description = "The other program's index: a path or URI, or '-' for standard input. Default: the .tbi, .csi, .bai, .fai or .lax that lies beside the object.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var from = new Option<string?>("--from") { HelpName = "KIND", Description = "What index it is: fai, lax, bai, csi, tbi, gztool, gzidx or gzi. Default: told by its ending, or detected." };
        from.AcceptOnlyFromAmong(Names);
        var verify = new Option<bool>("--verify") { Description = "Read the whole object and hold every point, window and line number against it." };
        var workers = CountOption.Create("--workers", "Spans of the object read at once; 0 for one a core.", 0, minimum: 0);
        var force = new Option<bool>("--force") { Description = "Import even where there is a good index." };
        var command = new CommandWithExamples("import", "Make an object's index of the one that another program made: of FASTA (fai), BAM (bai, csi), VCF in BGZF (tbi, csi), LAS (lax), or as text in gzip.",
            "dataplug index import s3://bucket/reads.bam reads.bam.bai",
            "dataplug index import s3://bucket/table.csv.gz table.csv.gz.gzidx --json",
            "dataplug index import logs.txt.gz logs.txt.gzi --from gztool")
        {
            uri, file, from, verify, workers, force, shared.Metadata, shared.MetaBucket, shared.Json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var path = result.GetValue(file) ?? await FindBesideAsync(session, result.GetRequiredValue(uri), cancellationToken);
            if (KindOf(result.GetValue(from), path) is { } other)
            {
                var read = await ReadAsync(session, path, (stream, name) => ImportAsync(session, result.GetRequiredValue(uri), other, stream, name, result.GetValue(force), cancellationToken), cancellationToken);
                Show(session, read, other);
                return ExitCodes.Ok;
            }

            var source = CloudObject.FromUri(GZipText.Format, result.GetRequiredValue(uri), session.Options);
            var options = new GZipImportOptions
            {
                Kind = result.GetValue(from) is { } name && GZipIndexFile.TryParse(name, out var kind) ? kind : null,
                Verify = result.GetValue(verify),
                Workers = result.GetValue(workers),
                Force = result.GetValue(force),
            };
            var report = await ImportAsync(session, source, path, options, cancellationToken);
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
        return await ReadAsync(session, name, RunAsync, cancellationToken);

        Task<PreprocessReport> RunAsync(Stream index, string display) => PreprocessingProgress.ShowAsync(session, source.Uri.Name, progress =>
            GZipIndexFile.ImportAsync(source, index, display, options with { Progress = progress }, cancellationToken));
    }

    private static async Task<PreprocessReport> ReadAsync(Session session, string name, Func<Stream, string, Task<PreprocessReport>> use, CancellationToken cancellationToken)
    {
        if (name == "-")
            return await use(session.Terminal.Input, "standard input");
        var uri = ObjectUri.Parse(name);
        await using var read = await session.Stores.Get(uri).OpenReadAsync(uri, new ReadRequest(ReadRange.All), cancellationToken);
        return await use(read.Content, uri.Display);
    }

    // samtools calls the index of x.bam x.bam.bai, or x.bai.
    private static async Task<string> FindBesideAsync(Session session, string uri, CancellationToken cancellationToken)
    {
        string[] names = [.. EndingsBeside.Select(ending => uri + ending), Path.ChangeExtension(uri, ".bai"), Path.ChangeExtension(uri, ".lax")];
        foreach (var name in names)
        {
            var place = ObjectUri.Parse(name);
            if (await session.Stores.Get(place).ExistsAsync(place, cancellationToken))
                return name;
        }

        throw new ObjectNotFoundException(uri, "no index of another program lies beside it: there is none of .tbi, .csi, .bai, .fai and .lax", "Name its file.");
    }

    // Those that are not of gzip as such; null for these.
    private static string? KindOf(string? given, string file)
    {
        var kind = given ?? Path.GetExtension(file).TrimStart('.').ToLowerInvariant();
        return kind is Fai or Lax || Binning.ContainsKey(kind) ? kind : null;
    }

    private static async Task<PreprocessReport> ImportAsync(Session session, string uri, string kind, Stream index, string name, bool force, CancellationToken cancellationToken)
    {
        // A CSI file is of BAM or of VCF: the object tells.
        var isBam = kind == "bai" || (kind == "csi" && (await session.OpenAsync(uri, null, salvage: false, cancellationToken)).Format is BamFormat);
        return (kind, isBam) switch
        {
            (Lax, _) => await LasIndexFile.ImportAsync(CloudObject.FromUri(Las.Format, uri, session.Options), index, name, new LasImportOptions { Force = force }, cancellationToken),
            (Fai, _) => await FaidxFile.ImportAsync(CloudObject.FromUri(Fasta.Format, uri, session.Options), index, name, force, cancellationToken),
            (_, true) => await BamIndexFile.ImportAsync(CloudObject.FromUri(Bam.Format, uri, session.Options), index, name, new BamImportOptions { Force = force }, cancellationToken),
            _ => await VcfIndexFile.ImportAsync(CloudObject.FromUri(Vcf.Bgzf, uri, session.Options), index, name, new PreprocessOptions { Force = force }, cancellationToken),
        };
    }

    private static void Show(Session session, PreprocessReport report, string kind)
    {
        var imported = report.Outcome == PreprocessOutcome.Indexed;
        if (session.Json)
        {
            session.WriteJson(new ForeignImportAnswer(imported ? "imported" : "already-indexed", report.Source.Uri.Display, report.Source.Size, report.Source.ETag, report.FormatId, kind, report.Sidecar.Display, report.SidecarSize, Math.Round(report.Elapsed.TotalSeconds, 3)));
            return;
        }

        session.Terminal.OutputText.WriteLine(imported
            ? $"Imported the {kind} index of {report.Source.Uri.Display} as {report.FormatId} in {ByteText.Time(report.Elapsed)}"
            : $"{report.Source.Uri.Display} is indexed already, as {report.FormatId}; nothing was imported (--force does)");
        session.Terminal.OutputText.WriteLine($"Index: {ByteText.Size(report.SidecarSize)} ({ByteText.Percent(report.SidecarSize, report.Source.Size)} of the object), {report.Sidecar.Display}");
    }

    private static void Show(Session session, PreprocessReport report, GZipTextIndex index)
    {
        session.Terminal.OutputText.WriteLine(report.Outcome == PreprocessOutcome.Indexed
            ? $"Imported the {index.ImportedFrom} index of {report.Source.Uri.Display} in {ByteText.Time(report.Elapsed)}: {ByteText.Count(index.LineIndex.AccessPointCount)} access points, {ByteText.Count(index.Lines)} lines, {ByteText.Size(index.UncompressedSize)} of content"
            : $"{report.Source.Uri.Display} is indexed already, as {report.FormatId}; nothing was imported (--force does)");
        session.Terminal.OutputText.WriteLine($"Index: {ByteText.Size(report.SidecarSize)} ({ByteText.Percent(report.SidecarSize, report.Source.Size)} of the object), {report.Sidecar.Display}");
    }
}
