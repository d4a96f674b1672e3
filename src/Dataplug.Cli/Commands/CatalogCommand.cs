using System.CommandLine;
using System.Globalization;
using Dataplug.Cli.Output;
using Dataplug.Metadata;
using Spectre.Console;
using Cell = Spectre.Console.Text;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug catalog</c>: what this user has indexed.</summary>
internal static class CatalogCommand
{
    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open) =>
        new CommandWithExamples("catalog", "List what you have indexed, or make that list anew from the indexes.",
            "dataplug catalog list",
            "dataplug catalog rebuild --metadata s3://bucket.meta/")
        {
            CreateList(shared, open),
            CreateRebuild(shared, open),
        };

    private static CommandWithExamples CreateList(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var command = new CommandWithExamples("list", "List the objects that are indexed.",
            "dataplug catalog list",
            "dataplug catalog list --json")
        {
            shared.Json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var catalog = await Catalog.OpenAsync(session.Metadata, cancellationToken);
            var entries = await catalog.ListAsync(cancellationToken);
            if (session.Json)
                session.WriteJson<IReadOnlyList<CatalogAnswer>>([.. entries.Select(Answer)]);
            else if (entries.Count == 0)
                session.Terminal.OutputText.WriteLine("Nothing is indexed yet; 'dataplug preprocess URI' does it.");
            else
                session.Console.Write(Table(entries));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CommandWithExamples CreateRebuild(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var command = new CommandWithExamples("rebuild", "Make the catalog anew from the indexes in your folder and in a shared location.",
            "dataplug catalog rebuild",
            "dataplug catalog rebuild --metadata s3://bucket.meta/")
        {
            shared.Metadata, shared.Json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var report = await Catalog.RebuildAsync(session.Stores, session.Metadata, cancellationToken: cancellationToken);
            foreach (var refused in report.Refused)
                session.Note($"left out {refused.Sidecar.Display}: {refused.Problem.Problem}");
            if (session.Json)
                session.WriteJson(new RebuildAnswer(report.Entries.Count, report.Refused.Count));
            else
                session.Terminal.OutputText.WriteLine($"The catalog has {ByteText.Count(report.Entries.Count)} {(report.Entries.Count == 1 ? "index" : "indexes")}{(report.Refused.Count > 0 ? $"; {ByteText.Count(report.Refused.Count)} could not be read" : "")}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CatalogAnswer Answer(CatalogEntry entry) => new(
        entry.Source.Uri.Display,
        entry.Source.Size,
        entry.Source.ETag,
        entry.FormatId,
        entry.Sidecar.Display,
        entry.SidecarSize,
        entry.IndexedAt,
        entry.Attributes);

    private static Table Table(IReadOnlyList<CatalogEntry> entries)
    {
        var table = new Table().Border(TableBorder.Simple).BorderStyle(new Style(Color.Grey));
        table.AddColumn(new TableColumn("object"));
        table.AddColumn(new TableColumn("format").NoWrap());
        table.AddColumn(new TableColumn("size").RightAligned().NoWrap());
        table.AddColumn(new TableColumn("index").RightAligned().NoWrap());
        table.AddColumn(new TableColumn("indexed (UTC)").NoWrap());
        foreach (var entry in entries)
        {
            table.AddRow(
                new Cell(entry.Source.Uri.Display),
                new Cell(entry.FormatId),
                new Cell(ByteText.Size(entry.Source.Size)),
                new Cell(ByteText.Size(entry.SidecarSize)),
                new Cell(entry.IndexedAt.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)));
        }

        return table;
    }
}
