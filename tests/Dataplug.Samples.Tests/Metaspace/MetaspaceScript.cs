using System.Diagnostics;
using System.Text.Json;
using Dataplug.Conformance.Servers;

namespace Dataplug.Samples.Tests.Metaspace;

/// <summary>metaspace_check.py, which reckons what the sample does on its own.</summary>
internal static class MetaspaceScript
{
    private static readonly string Script = Path.Combine(Repository.Root, "tests", "Dataplug.Samples.Tests", "Metaspace", "metaspace_check.py");

    /// <summary>Why it can't be run; null where it can.</summary>
    public static string? Missing { get; } = Find();

    /// <summary>Gives the script a task.</summary>
    public static async Task<JsonElement> RunAsync(object task)
    {
        using var process = Process.Start(new ProcessStartInfo("python3", [Script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            var errors = process.StandardError.ReadToEndAsync(timeout.Token);
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            await process.StandardInput.WriteAsync(JsonSerializer.Serialize(task));
            process.StandardInput.Close();
            await process.WaitForExitAsync(timeout.Token);
            Assert.Equal((0, ""), (process.ExitCode, await errors));
            return JsonDocument.Parse(await output).RootElement;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static string? Find()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("python3", ["-c", "pass"]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0 ? null : "python3 does not run here";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "python3 is not installed";
        }
    }
}

/// <summary>Tests that need Python, and are reported as skipped without it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PythonTheoryAttribute : TheoryAttribute
{
    public PythonTheoryAttribute() => Skip = MetaspaceScript.Missing!;
}
