using System.Diagnostics;

namespace Dataplug.Samples.Tests;

/// <summary>A sample that ran to its end, as the process that it is.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it wrote to its standard output.</param>
/// <param name="Errors">What it wrote to its standard error.</param>
internal sealed record SampleProgram(int ExitCode, string Output, string Errors)
{
    /// <summary>Runs a sample.</summary>
    /// <param name="sample">Its name.</param>
    /// <param name="environment">Variables that it gets beside those of this process.</param>
    /// <param name="arguments">Its arguments.</param>
    public static async Task<SampleProgram> RunAsync(string sample, IEnumerable<KeyValuePair<string, string>> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, sample + ".dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var errors = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return new SampleProgram(process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The output of a sample that has to succeed, and to write nothing to its standard error.</summary>
    public string Succeeded()
    {
        Assert.Equal((0, ""), (ExitCode, Errors));
        return Output;
    }

    /// <summary>The one line of a sample that has to fail.</summary>
    public string Failed(int exitCode)
    {
        Assert.Equal(exitCode, ExitCode);
        Assert.EndsWith("\n", Errors, StringComparison.Ordinal);
        return Assert.Single(Errors[..^1].Split('\n'));
    }
}
