using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Dataplug.Lithops.Backends.Processes;

namespace Dataplug.Lithops.Backends.Lambda;

/// <summary>
/// The deployment package of a custom runtime on <c>provided.al2023</c>: a zip with <c>bootstrap</c>, the worker, and the .NET runtime that
/// this process runs on. Nothing is compiled, so no SDK is needed.
/// </summary>
/// <remarks>AWS Lambda Developer Guide, "Building a custom runtime" and "Working with .zip file archives": at most 50 MB when sent in the
/// request, and 250 MB unpacked.</remarks>
public static class LambdaPackage
{
    /// <summary>The most that a package may be when it is unpacked, in bytes.</summary>
    public const long MaxUnpacked = 262_144_000;

    private const string BootstrapName = "bootstrap";

    /// <summary>Of Info-ZIP: a regular file that all may read, and all may run.</summary>
    private const int ExecutableMode = 0b1_000_000_111_101_101;
    private const int PlainMode = 0b1_000_000_110_100_100;

    // The folder of the code can't be written to; /tmp can, and lives as long as the environment. Amazon Linux has no ICU there.
    private const string Bootstrap =
        """
        #!/bin/sh
        export DOTNET_ROOT="$LAMBDA_TASK_ROOT/dotnet" DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_CLI_HOME=/tmp DOTNET_EnableDiagnostics=0
        export DATAPLUG_HOME="${DATAPLUG_HOME:-/tmp/dataplug}" HOME="${HOME:-/tmp}"
        cd "$LAMBDA_TASK_ROOT" || exit 1
        exec "$LAMBDA_TASK_ROOT/dotnet/dotnet" exec "$LAMBDA_TASK_ROOT/worker/Dataplug.Lithops.Worker.dll" lambda /tmp/dataplug-code

        """;

    /// <summary>The architecture as Lambda names it: that of this process, whose runtime is packed.</summary>
    public static string Architecture => RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "x86_64";

    /// <summary>Writes the package.</summary>
    /// <param name="path">The zip; replaced if it is there.</param>
    /// <param name="workerPath">The worker program; null for the one beside Dataplug's own assemblies.</param>
    /// <param name="cancellationToken">Cancels it; the file is not left half-written.</param>
    /// <returns>How large the package is unpacked, in bytes.</returns>
    /// <exception cref="PlatformNotSupportedException">This is not Linux with glibc on x64 or Arm64: its runtime would not run there.</exception>
    /// <exception cref="BackendFailedException">The worker or the runtime is missing, or the package would be too large.</exception>
    public static async Task<long> BuildAsync(string path, string? workerPath = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!OperatingSystem.IsLinux() || RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal)
            || RuntimeInformation.ProcessArchitecture is not (System.Runtime.InteropServices.Architecture.X64 or System.Runtime.InteropServices.Architecture.Arm64))
            throw new PlatformNotSupportedException("The package holds the .NET runtime of this machine, and Lambda runs Linux with glibc on x64 or Arm64: build it on such a machine.");

        var worker = WorkerProgram.FindAssembly(workerPath);
        var files = FilesOf(worker).Concat(FilesOfRuntime()).ToList();
        var configuration = RuntimeConfiguration(Path.ChangeExtension(worker, ".runtimeconfig.json"));
        var size = files.Sum(file => new FileInfo(file.Path).Length) + Bootstrap.Length + configuration.Length;
        if (size > MaxUnpacked)
            throw new BackendFailedException(path, $"the package would be {size} bytes unpacked, and Lambda takes {MaxUnpacked}", "Leave out of the worker's folder what is not its own.");
        var temporary = path + ".tmp";
        try
        {
            var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write);
            await using (stream.ConfigureAwait(false))
            {
                using var zip = new ZipArchive(stream, ZipArchiveMode.Create);
                await WriteAsync(zip, BootstrapName, ExecutableMode, Encoding.ASCII.GetBytes(Bootstrap.ReplaceLineEndings("\n")), cancellationToken).ConfigureAwait(false);
                await WriteAsync(zip, $"worker/{Path.GetFileNameWithoutExtension(worker)}.runtimeconfig.json", PlainMode, configuration, cancellationToken).ConfigureAwait(false);
                foreach (var (name, source) in files.OrderBy(file => file.Name, StringComparer.Ordinal))
                {
                    var entry = Entry(zip, name, name is "dotnet/dotnet" ? ExecutableMode : PlainMode);
                    await using (entry.ConfigureAwait(false))
                    {
                        var content = File.OpenRead(source);
                        await using (content.ConfigureAwait(false))
                            await content.CopyToAsync(entry, cancellationToken).ConfigureAwait(false);
                    }
                }
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        return size;
    }

    private static async Task WriteAsync(ZipArchive zip, string name, int mode, byte[] content, CancellationToken cancellationToken)
    {
        var entry = Entry(zip, name, mode);
        await using (entry.ConfigureAwait(false))
            await entry.WriteAsync(content, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The worker's, without ASP.NET: as a custom runtime it needs none, and the package stays below the limit.</summary>
    private static byte[] RuntimeConfiguration(string path)
    {
        var json = JsonNode.Parse(File.ReadAllText(Require(path)))!;
        var options = json["runtimeOptions"]!.AsObject();
        if (options["frameworks"] is JsonArray frameworks)
        {
            var core = frameworks.First(framework => (string?)framework!["name"] == "Microsoft.NETCore.App")!;
            frameworks.Clear();
            options.Remove("frameworks");
            options["framework"] = core;
        }

        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    // The same time for all: packages of the same files are the same, byte for byte.
    private static Stream Entry(ZipArchive zip, string name, int mode)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.Optimal);
        entry.LastWriteTime = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        entry.ExternalAttributes = mode << 16;
        return entry.Open();
    }

    /// <summary>The worker with what its dependency manifest names, and nothing else that may lie in the folder.</summary>
    private static IEnumerable<(string Name, string Path)> FilesOf(string worker)
    {
        var folder = Path.GetDirectoryName(worker)!;
        var name = Path.GetFileNameWithoutExtension(worker);
        foreach (var extension in (string[])[".dll", ".deps.json"])
            yield return ("worker/" + name + extension, Require(Path.Combine(folder, name + extension)));
        foreach (var asset in WorkerAssets.Of(Path.Combine(folder, name + ".deps.json"), LambdaRid))
        {
            if (File.Exists(Path.Combine(folder, asset)))
                yield return ("worker/" + asset.Replace('\\', '/'), Path.Combine(folder, asset));
        }
    }

    private static string LambdaRid => Architecture == "arm64" ? "linux-arm64" : "linux-x64";

    private static IEnumerable<(string Name, string Path)> FilesOfRuntime()
    {
        var framework = Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory());
        var version = Path.GetFileName(framework);
        var shared = Path.GetDirectoryName(Path.GetDirectoryName(framework))!;
        var root = Path.GetDirectoryName(shared)!;
        yield return ("dotnet/dotnet", Require(Path.Combine(root, "dotnet")));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(root, "host", "fxr", version)))
            yield return ($"dotnet/host/fxr/{version}/{Path.GetFileName(file)}", file);
        foreach (var file in Directory.EnumerateFiles(framework))
            yield return ($"dotnet/shared/Microsoft.NETCore.App/{version}/{Path.GetFileName(file)}", file);
    }

    private static string Require(string path) => File.Exists(path) ? path : throw new BackendFailedException(path, "this file is missing, and the package would not run without it");
}
