using Dataplug.Cli.Terminals;

namespace Dataplug.Cli;

/// <summary>Turns a failure into one line on standard error and an exit code.</summary>
internal sealed class FailureReport(TextWriter error, bool debug)
{
    public int Write(Exception exception, string command, CancellationToken cancellationToken)
    {
        switch (exception)
        {
            case OutputClosedException:
                return ExitCodes.OutputClosed;
            case UsageException usage:
                WriteLine(usage.Message);
                foreach (var detail in usage.Details)
                    error.WriteLine(detail);
                error.WriteLine($"Try '{command} --help'.");
                return ExitCodes.Usage;
            case InvalidUriException:
                WriteLine(exception.Message);
                return ExitCodes.Usage;
            case OperationCanceledException when cancellationToken.IsCancellationRequested:
                error.WriteLine("dataplug: stopped");
                return ExitCodes.Interrupted;
            case WorkFailedException failed:
                WriteLine(failed.Message);
                foreach (var detail in failed.Details)
                    error.WriteLine(detail);
                break;
            case DataplugException or IOException or UnauthorizedAccessException:
                WriteLine(exception.Message);
                break;
            default:
                WriteLine($"internal error, please report it: {exception.GetType().Name}: {exception.Message}{(debug ? "" : " (--debug shows where)")}");
                break;
        }

        if (debug)
            error.WriteLine(exception);
        return ExitCodes.Failed;
    }

    private void WriteLine(string message) =>
        error.WriteLine("dataplug: error: " + string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
}
