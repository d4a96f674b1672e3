using System.Runtime.InteropServices;
using Dataplug.Cli.Terminals;

namespace Dataplug.Cli;

/// <summary>The entry point: standard streams, signals, exit code. Everything else is <see cref="CommandLine"/>.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        using var cancellation = new CancellationTokenSource();
        var stoppedBy = 0;

        // The first signal asks the work to stop cleanly, so that a later run can go on from there; the second one ends the
        // process at once, as the system would.
        void Stop(PosixSignalContext context)
        {
            var first = Interlocked.CompareExchange(ref stoppedBy, (int)context.Signal, 0) == 0;
            context.Cancel = first;
            if (first)
                cancellation.Cancel();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

        using var terminal = Terminal.OfProcess();
        var exitCode = await RunAsync(args, terminal, cancellation.Token);
        return exitCode == ExitCodes.Interrupted && stoppedBy == (int)PosixSignal.SIGTERM ? ExitCodes.Terminated : exitCode;
    }

    /// <summary>Runs one command line on the given streams; what a test calls.</summary>
    public static Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal, CancellationToken cancellationToken) =>
        new CommandLine(terminal).RunAsync(args, cancellationToken);
}
