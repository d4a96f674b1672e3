using System.ComponentModel;
using System.Diagnostics;

namespace Dataplug.Lithops.Backends.Slurm;

/// <summary>What a program of Slurm said.</summary>
internal readonly record struct SlurmAnswer(int ExitCode, string Output, string Error)
{
    public bool IsOk => ExitCode == 0;

    /// <summary>Whether it failed because the controller did not answer, which passes.</summary>
    public bool IsUnavailable => !IsOk && (
        Error.Contains("Unable to contact slurm controller", StringComparison.Ordinal)
        || Error.Contains("Socket timed out", StringComparison.Ordinal)
        || Error.Contains("temporarily", StringComparison.OrdinalIgnoreCase)
        || Error.Contains("Connection refused", StringComparison.Ordinal));

    /// <summary>What it complained of, in one line.</summary>
    public string Problem => Error.Trim() is { Length: > 0 } error ? error.ReplaceLineEndings("; ") : $"exit code {ExitCode}";
}

/// <summary>Runs the programs of Slurm.</summary>
internal static class SlurmCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <param name="program">The program, on the path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="environment">Variables added to this process's own; null as a value removes one.</param>
    /// <param name="cancellationToken">Ends the program.</param>
    /// <exception cref="BackendFailedException">There is no such program.</exception>
    public static async Task<SlurmAnswer> RunAsync(
        string program, IEnumerable<string> arguments, string input = "", IReadOnlyDictionary<string, string?>? environment = null, CancellationToken cancellationToken = default)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
            start.Environment[name] = value;
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            throw new BackendFailedException("slurm", $"{program} can't be started: {exception.Message}", "Run on a machine that submits to the cluster.", null, exception);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var output = process.StandardOutput.ReadToEndAsync(patience.Token);
        var error = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), patience.Token).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading; it says why.
        }

        try
        {
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            return new SlurmAnswer(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            return new SlurmAnswer(-1, "", $"Socket timed out: {program} did not answer within {Patience}");
        }
    }
}
