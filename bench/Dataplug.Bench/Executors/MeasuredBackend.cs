using System.Diagnostics;
using System.Globalization;
using Dataplug.Conformance.Servers;
using Dataplug.Lithops;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Backends.Http;
using Dataplug.Lithops.Backends.Lambda;
using Dataplug.Lithops.Backends.Local;
using Dataplug.Lithops.Backends.Processes;
using Dataplug.Lithops.Backends.Slurm;
using Dataplug.Storage;

namespace Dataplug.Bench.Executors;

/// <summary>A backend as it is measured: with its defaults, but for the number of workers, and with folders of its own.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ProcessPerTask">Whether each task is a process of its own, so that many of them take long.</param>
/// <param name="OpenAsync">Makes a fresh one with so many workers, none of which has run anything, and where no code is yet.</param>
internal sealed record MeasuredBackend(string Name, bool ProcessPerTask, Func<int, Task<BackendInUse>> OpenAsync)
{
    /// <summary>The backends of this machine, and those whose servers the variables of the tests name: DATAPLUG_TEST_SLURM and
    /// DATAPLUG_TEST_LAMBDA.</summary>
    public static IReadOnlyList<MeasuredBackend> Available { get; } =
    [
        new("local", false, workers => Task.FromResult(new BackendInUse(_ => new LocalBackend(workers)))),
        new("processes", false, workers => Task.FromResult(new BackendInUse(folder => new ProcessBackend(new ProcessBackendOptions { MaxParallelism = workers, CodeCache = folder + "/code" })))),
        new("http", false, OpenHttpAsync),
        .. IsGiven("DATAPLUG_TEST_SLURM") ? [new("slurm", true, OpenSlurmAsync)] : Array.Empty<MeasuredBackend>(),
        .. IsGiven("DATAPLUG_TEST_LAMBDA") ? [new("aws-lambda", false, OpenLambdaAsync)] : Array.Empty<MeasuredBackend>(),
    ];

    private static readonly Lazy<Task<string>> LambdaPackagePath = new(async () =>
    {
        var path = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"dataplug-bench-{Environment.ProcessId}.zip"));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(path);
        await LambdaPackage.BuildAsync(path);
        return path;
    });

    private static bool IsGiven(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };

    private static async Task<BackendInUse> OpenHttpAsync(int workers)
    {
        var key = RemoteBackendOptions.NewKey();
        Process? service = null;
        Uri? url = null;
        var inUse = new BackendInUse(
            folder =>
            {
                var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "Dataplug.Lithops.Worker.dll"), "http", folder + "/code"]) { RedirectStandardOutput = true };
                start.Environment[RemoteBackendOptions.KeyVariable] = key;
                start.Environment["DATAPLUG_WORKER_URLS"] = "http://127.0.0.1:0";
                start.Environment["DATAPLUG_WORKER_CONCURRENCY"] = workers.ToString(CultureInfo.InvariantCulture);
                service = Process.Start(start)!;
                url = new Uri(service.StandardOutput.ReadLine()!.Split(' ')[^1]);
                return new HttpBackend(new HttpBackendOptions { Url = url, Storage = ObjectUri.ForFile(folder + "/jobs"), Key = key, MaxParallelism = workers });
            },
            async () =>
            {
                service!.Kill(entireProcessTree: true);
                await service.WaitForExitAsync();
                service.Dispose();
            });

        // The service is there, and has answered once; what it has not is the application.
        using var client = new HttpClient();
        (await client.GetAsync(new Uri(url!, "/health"))).EnsureSuccessStatusCode();
        return inUse;
    }

    private static async Task<BackendInUse> OpenSlurmAsync(int workers)
    {
        await SlurmServer.GetAsync();
        return new BackendInUse(folder => new SlurmBackend(new SlurmBackendOptions { Storage = ObjectUri.ForFile(folder + "/jobs"), MaxParallelism = workers, CodeCache = folder + "/code" }));
    }

    private static async Task<BackendInUse> OpenLambdaAsync(int workers)
    {
        var server = await LambdaServer.GetAsync();
        var options = new LambdaOptions { EndpointUrl = server.Endpoint, Region = server.Region, AccessKey = server.AccessKey, SecretKey = server.SecretKey };
        var key = RemoteBackendOptions.NewKey();
        var name = "bench-" + Guid.NewGuid().ToString("N");
        var functions = new LambdaFunctions(options);
        await functions.DeployAsync(new LambdaDeployment { Name = name, Role = "arn:aws:iam::123456789012:role/bench", PackagePath = await LambdaPackagePath.Value, Key = key, Timeout = TimeSpan.FromMinutes(5) });
        return new BackendInUse(
            folder => new LambdaBackend(new LambdaBackendOptions { Function = name, Storage = ObjectUri.ForFile(folder + "/jobs"), Key = key, Lambda = options, MaxParallelism = workers }),
            async () =>
            {
                await functions.DeleteAsync(name);
                functions.Dispose();
            });
    }
}

/// <summary>A backend that runs, with a folder of its own; disposing ends it and all that belongs to it.</summary>
internal sealed class BackendInUse : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-bench-").FullName;
    private readonly Func<Task>? _end;

    public BackendInUse(Func<string, IExecutorBackend> open, Func<Task>? end = null)
    {
        _end = end;
        Executor = new FunctionExecutor(open(_folder));
    }

    public FunctionExecutor Executor { get; }

    public async ValueTask DisposeAsync()
    {
        await Executor.DisposeAsync();
        if (_end is not null)
            await _end();
        Directory.Delete(_folder, recursive: true);
    }
}
