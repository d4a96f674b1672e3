using System.Runtime.InteropServices;

namespace Dataplug.Lithops.Backends.Processes;

/// <summary>The worker program and what runs it.</summary>
/// <param name="FileName">What to start.</param>
/// <param name="Arguments">What to start it with, before the worker's own arguments.</param>
internal sealed record WorkerProgram(string FileName, IReadOnlyList<string> Arguments)
{
    private const string Name = "Dataplug.Lithops.Worker";

    /// <param name="path">The worker's assembly; null for the one beside Dataplug's own.</param>
    /// <param name="dotnet">What runs it; null for what runs this process.</param>
    /// <exception cref="BackendFailedException">There is none.</exception>
    public static WorkerProgram Find(string? path, string? dotnet = null)
    {
        var assembly = FindAssembly(path);
        if (dotnet is not null)
            return new WorkerProgram(dotnet, ["exec", assembly]);

        // The very runtime that this process runs on, else the worker's own starter.
        var muxer = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        return File.Exists(muxer)
            ? new WorkerProgram(muxer, ["exec", assembly])
            : new WorkerProgram(Path.ChangeExtension(assembly, OperatingSystem.IsWindows() ? ".exe" : null), []);
    }

    /// <summary>The worker's assembly.</summary>
    /// <exception cref="BackendFailedException">There is none.</exception>
    public static string FindAssembly(string? path) =>
        (path is null ? FindBesideUs() : File.Exists(path) ? Path.GetFullPath(path) : null)
        ?? throw new BackendFailedException(null, $"the worker program {path ?? Name + ".dll"} is missing", $"Reference {Name} in the application, or set WorkerPath of the backend's options.");

    private static string? FindBesideUs() =>
        new[] { Path.GetDirectoryName(typeof(WorkerProgram).Assembly.Location), AppContext.BaseDirectory }
            .Where(folder => !string.IsNullOrEmpty(folder))
            .Select(folder => Path.Combine(folder!, Name + ".dll"))
            .FirstOrDefault(File.Exists);
}
