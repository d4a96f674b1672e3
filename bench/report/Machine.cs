using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Dataplug.Reports;

/// <summary>The machine that is measured on, and the tools that it has.</summary>
internal static class Machine
{
    /// <summary>Processor, cores and system in a few words.</summary>
    public static string Describe()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown CPU";
        return $"{model}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}";
    }

    /// <summary>Whether a program is on the path.</summary>
    public static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));

    /// <summary>The command that starts this program, be it run by its own host or by dotnet.</summary>
    public static string Self { get; } = Path.GetFileName(Environment.ProcessPath) == "dotnet" ? $"'{Environment.ProcessPath}' '{typeof(Machine).Assembly.Location}'" : $"'{Environment.ProcessPath}'";

    /// <summary>What a shell command prints.</summary>
    /// <exception cref="InvalidOperationException">The command failed.</exception>
    public static async Task<string> OutputAsync(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("bash") { ArgumentList = { "-c", "set -o pipefail; " + command }, RedirectStandardOutput = true })!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? text.Trim() : throw new InvalidOperationException($"'{command}' ended with exit code {process.ExitCode}");
    }

    /// <summary>The version of an installed Debian package.</summary>
    public static Task<string> PackageVersionAsync(string package) => OutputAsync($"dpkg-query -W -f '${{Version}}' {package}");

    /// <summary>Publishes a project into a folder.</summary>
    /// <param name="project">The project's folder.</param>
    /// <param name="output">Where to.</param>
    /// <param name="arguments">More arguments of <c>dotnet publish</c>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task PublishAsync(string project, DirectoryInfo output, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        output.Create();
        using var publish = Process.Start(new ProcessStartInfo("dotnet", ["publish", project, "-c", "Release", .. arguments, "-o", output.FullName, "-v", "q", "--nologo"]))!;
        await publish.WaitForExitAsync(cancellationToken);
        if (publish.ExitCode != 0)
            throw new InvalidOperationException($"dotnet publish of {project} failed");
    }

    /// <summary>Publishes the dataplug tool into a folder.</summary>
    /// <returns>The path of the program.</returns>
    public static async Task<string> PublishDataplugAsync(DirectoryInfo work, CancellationToken cancellationToken)
    {
        var output = new DirectoryInfo(Path.Combine(work.FullName, "dataplug"));
        await PublishAsync("src/Dataplug.Cli", output, ["-r", "linux-x64", "--self-contained", "false", "-p:PublishReadyToRun=true"], cancellationToken);
        return Path.Combine(output.FullName, "dataplug");
    }
}
