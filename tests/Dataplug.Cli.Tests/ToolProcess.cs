using System.Diagnostics;

namespace Dataplug.Cli.Tests;

/// <summary>Runs the tool as a user does: a process of its own.</summary>
internal static class ToolProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static string Assembly { get; } = Path.Combine(AppContext.BaseDirectory, "dataplug.dll");

    public static Process Start(Workspace workspace, params string[] args) => Start(workspace, "dotnet", [Assembly, .. args]);

    /// <summary>A shell line in which <c>dataplug</c> is the tool.</summary>
    public static async Task<ToolResult> ShellAsync(Workspace workspace, string line)
    {
        using var process = Start(workspace, "bash", ["-c", $"dataplug() {{ dotnet '{Assembly}' \"$@\"; }}\n{line}"]);
        return await FinishAsync(process);
    }

    public static async Task<ToolResult> RunAsync(Workspace workspace, params string[] args)
    {
        using var process = Start(workspace, args);
        return await FinishAsync(process);
    }

    public static async Task<ToolResult> FinishAsync(Process process)
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            process.StandardInput.Close();
            var output = new MemoryStream();
            var copy = process.StandardOutput.BaseStream.CopyToAsync(output, limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await copy;
            await process.WaitForExitAsync(limit.Token);
            return new ToolResult(process.ExitCode, output.ToArray(), await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"The tool did not end within {Limit}.");
        }
    }

    private static Process Start(Workspace workspace, string program, IReadOnlyList<string> args)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workspace.Folder,
        };
        foreach (var arg in args)
            start.ArgumentList.Add(arg);
        start.Environment["DATAPLUG_HOME"] = workspace.Home;
        return Process.Start(start)!;
    }
}
