using System.CommandLine;
using Dataplug.Cli.Output;
using Dataplug.Storage;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug clean</c>: forgets an object.</summary>
internal static class CleanCommand
{
    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var uri = SharedOptions.Uri();
        var command = new CommandWithExamples("clean", "Remove an object's index and everything else kept about it; never the object.",
            "dataplug clean reads.fastq.gz",
            "dataplug clean s3://bucket/table.csv --format csv --metadata s3://bucket.meta/")
        {
            uri, shared.Format, shared.Metadata, shared.MetaBucket, shared.Json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var source = ObjectUri.Parse(result.GetRequiredValue(uri));
            var formats = result.GetValue(shared.Format) is { } id ? [Session.Format(id)] : Session.Formats.Formats;
            var removed = false;
            foreach (var format in formats)
                removed |= await CloudObject.FromUri(format, source, session.Options).CleanAsync(cancellationToken);

            if (session.Json)
                session.WriteJson(new CleanAnswer(source.Display, removed));
            else
                session.Terminal.OutputText.WriteLine(removed ? $"Removed the index of {source.Display}" : $"Nothing was kept about {source.Display}");
            return ExitCodes.Ok;
        });
        return command;
    }
}
