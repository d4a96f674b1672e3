using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Dataplug.Cli.Output;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Storage;
using Spectre.Console;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug inspect</c>: what is known of an object, without reading it.</summary>
internal static class InspectCommand
{
    // Characters of a list that people are shown.
    private const int LongestList = 160;

    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var uri = SharedOptions.Uri();
        var command = new CommandWithExamples("inspect", "Show an object's size, version, format, attributes and index.",
            "dataplug inspect reads.fastq.gz",
            "dataplug inspect s3://bucket/reads.fastq.gz --json")
        {
            uri, shared.Format, shared.Metadata, shared.MetaBucket, shared.Json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var answer = await InspectAsync(session, result.GetRequiredValue(uri), result.GetValue(shared.Format), cancellationToken);
            if (session.Json)
                session.WriteJson(answer);
            else
                Show(session.Console, answer);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task<InspectAnswer> InspectAsync(Session session, string uri, string? formatId, CancellationToken cancellationToken)
    {
        CloudObject source;
        try
        {
            source = await session.OpenAsync(uri, formatId, salvage: false, cancellationToken);
        }
        catch (UnsupportedFormatException)
        {
            // An object of no known format can still be looked at.
            var info = (await session.Stores.PinAsync(ObjectUri.Parse(uri), cancellationToken)).Info;
            return Answer(info, null, "missing", null, 0, null);
        }

        try
        {
            var state = await source.GetStateAsync(cancellationToken);
            if (state.Status != IndexStatus.Current && source.Format.ForSalvage() is { } salvaging)
            {
                // There may be an index of the part before the damage; it is shown as what it is.
                var salvaged = CloudObject.FromUri(salvaging, source.Uri, source.Options);
                var salvagedState = await salvaged.GetStateAsync(cancellationToken);
                if (salvagedState.Status == IndexStatus.Current)
                    (source, state) = (salvaged, salvagedState);
            }

            JsonElement? attributes = state.Status == IndexStatus.Current ? (await source.GetObjectIndexAsync(cancellationToken)).Attributes : null;
            var index = state.Status switch
            {
                IndexStatus.Current => "current",
                IndexStatus.Stale => "stale",
                _ => "missing",
            };
            return Answer(state.Current, source.Format, index, state.Sidecar?.Display, state.SidecarSize, attributes);
        }
        catch (CorruptIndexException exception)
        {
            var info = (await session.Stores.PinAsync(source.Uri, cancellationToken)).Info;
            return Answer(info, source.Format, "damaged", exception.ObjectName, 0, null);
        }
    }

    private static InspectAnswer Answer(ObjectInfo info, DataFormat? format, string index, string? sidecar, long sidecarSize, JsonElement? attributes) => new(
        info.Uri.Display,
        info.Size,
        info.ETag,
        info.LastModified,
        info.ContentType,
        format?.Id,
        format?.Name,
        index,
        sidecar,
        sidecarSize,
        attributes,
        [.. (format?.Strategies ?? []).Select(StrategyAnswer.Of)]);

    private static void Show(IAnsiConsole console, InspectAnswer answer)
    {
        var rows = new List<(string Name, string Value)>();
        void Row(string name, string value) => rows.Add((name, value));

        Row("object", answer.Uri);
        Row("size", answer.Size < 1000 ? ByteText.Size(answer.Size) : $"{ByteText.Size(answer.Size)} ({ByteText.Count(answer.Size)} bytes)");
        Row("ETag", answer.ETag);
        if (answer.LastModified is { } modified)
            Row("modified", modified.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
        if (answer.ContentType is { } contentType)
            Row("media type", contentType);
        Row("format", answer.Format is null ? "unknown" : $"{answer.Format} ({answer.FormatName})");
        Row("index", IndexLine(answer));
        if (answer.Sidecar is { } sidecar)
            Row("sidecar", sidecar);
        foreach (var attribute in answer.Attributes?.EnumerateObject().ToArray() ?? [])
        {
            if (attribute is { Name: "warnings", Value.ValueKind: JsonValueKind.Array })
            {
                foreach (var warning in attribute.Value.EnumerateArray())
                    Row("  warning", Value(warning));
                continue;
            }

            Row("  " + attribute.Name, Value(attribute.Value));
        }

        foreach (var strategy in answer.Strategies)
            Row(strategy == answer.Strategies[0] ? "strategies" : "", $"{strategy.Name}: {strategy.Summary}");

        var width = rows.Max(row => row.Name.Length);
        foreach (var (name, value) in rows)
            console.MarkupLineInterpolated($"[bold]{name.PadRight(width)}[/]  {value}");
    }

    private static string IndexLine(InspectAnswer answer) => answer.Index switch
    {
        "current" => $"current, {ByteText.Size(answer.SidecarSize)} ({ByteText.Percent(answer.SidecarSize, answer.Size)} of the object)" + SalvageNote(answer),
        "stale" => "stale: the object changed since it was indexed; run 'dataplug preprocess' again",
        "damaged" => "damaged: run 'dataplug preprocess --force'",
        _ => answer.Format is null ? "none" : "none: run 'dataplug preprocess' to make it",
    };

    private static string SalvageNote(InspectAnswer answer) =>
        answer.Attributes is { } attributes && attributes.TryGetProperty("salvage", out var salvage)
            ? $"; of a damaged object, up to byte {ByteText.Count(salvage.GetProperty("storedEnd").GetInt64())}: cut it with --salvage"
            : "";

    private static string Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number when value.TryGetInt64(out var number) => ByteText.Count(number),
        JsonValueKind.Array when value.GetArrayLength() > 0 && value.GetRawText() is { Length: > LongestList } text => $"{text[..LongestList]}… ({ByteText.Count(value.GetArrayLength())} in all: --json)",
        _ => value.GetRawText(),
    };
}
