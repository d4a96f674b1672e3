using System.CommandLine;

namespace Dataplug.Cli.Chunks;

/// <summary><c>dataplug chunk-worker</c>: what <c>preprocess --processes</c> starts; not for people.</summary>
internal static class ChunkWorkerCommand
{
    public const string Name = "chunk-worker";

    public static Command Create(Func<ParseResult, Session> open)
    {
        var command = new Command(Name, "Work on preprocessing chunks that another process hands out.") { Hidden = true };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            await ChunkWorker.RunAsync(Session.Formats, session.Stores, session.Terminal.Input, session.Terminal.Output, cancellationToken);
            return ExitCodes.Ok;
        });
        return command;
    }
}
