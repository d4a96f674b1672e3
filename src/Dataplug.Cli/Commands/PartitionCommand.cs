using System.CommandLine;
using System.Text;
using Dataplug.Cli.Output;
using Dataplug.Metadata;
using Dataplug.Partitioning;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug partition</c>: cuts an indexed object; one slice a line of JSON.</summary>
internal static class PartitionCommand
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var uri = SharedOptions.Uri();
        var target = new Option<string?>("--out") { HelpName = "PATH", Description = "Where the slices go: a file, an object, or '-' for standard output." };
        var command = new CommandWithExamples("partition", "Cut an indexed object into slices: one line of JSON each. Reads the index, never the data.",
            "dataplug partition reads.fastq.gz --strategy batches --param count=200 --out slices.jsonl",
            "dataplug partition s3://bucket/table.csv --strategy bytes --param bytes=64MiB")
        {
            uri, shared.Format, shared.Strategy, shared.Parameters, target, shared.Salvage, shared.Metadata, shared.MetaBucket, shared.Json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var source = await session.OpenAsync(result.GetRequiredValue(uri), result.GetValue(shared.Format), result.GetValue(shared.Salvage), cancellationToken);
            var choice = StrategyChoice.Parse(source.Format, result.GetValue(shared.Strategy), result.GetValue(shared.Parameters) ?? []);
            var slices = await PartitionAsync(source, choice, result, shared, cancellationToken);

            var path = result.GetValue(target);
            await OutputTarget.WriteAsync(path, session, (stream, token) => WriteAsync(slices, stream, token), cancellationToken);
            if (path is null or "-")
                return ExitCodes.Ok;

            if (session.Json)
                session.WriteJson(new PartitionAnswer(source.Uri.Display, source.Format.Id, choice.Name, choice.Parameters, slices.Count, path));
            else
                session.Note($"{ByteText.Count(slices.Count)} slices of {source.Uri.Display} in {path}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task<IReadOnlyList<Slice>> PartitionAsync(CloudObject source, StrategyChoice choice, ParseResult result, SharedOptions shared, CancellationToken cancellationToken)
    {
        try
        {
            return await source.PartitionAsync(choice.Name, choice.Parameters, cancellationToken);
        }
        catch (NotPreprocessedException exception)
        {
            if (source.Format.ForSalvage() is { } salvaging
                && (await CloudObject.FromUri(salvaging, source.Uri, source.Options).GetStateAsync(cancellationToken)).Status == IndexStatus.Current)
            {
                throw new NotPreprocessedException(exception.ObjectName, "the object is damaged and was indexed up to its damage", "Add --salvage to cut that part.", innerException: exception);
            }

            // The line to run, with what was given here.
            var line = $"dataplug preprocess {source.Uri.Display}";
            if (result.GetValue(shared.Format) is { } format)
                line += $" --format {format}";
            if (result.GetValue(shared.Metadata) is { } metadata)
                line += $" --metadata {metadata}";
            if (result.GetValue(shared.MetaBucket))
                line += " --meta-bucket";
            if (result.GetValue(shared.Salvage))
                line += " --salvage";
            throw new NotPreprocessedException(exception.ObjectName, exception.Problem, $"Run '{line}' first.", innerException: exception);
        }
    }

    private static async Task WriteAsync(IReadOnlyList<Slice> slices, Stream stream, CancellationToken cancellationToken)
    {
        var serializer = Session.Formats.CreateSliceSerializer();
        await using var writer = new StreamWriter(stream, Utf8, bufferSize: 1 << 15, leaveOpen: true) { NewLine = "\n" };
        foreach (var slice in slices)
            await writer.WriteLineAsync(serializer.Serialize(slice).AsMemory(), cancellationToken);
    }
}
