using System.Diagnostics;
using System.Globalization;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Backends.Processes;

namespace Dataplug.Lithops.Tests.Backends.Http;

/// <summary>The worker as an HTTP service, in a process of its own on loopback.</summary>
public sealed class HttpWorkerService : IAsyncDisposable
{
    private readonly Process _process;

    private HttpWorkerService(Process process, Uri url, string key)
    {
        _process = process;
        Url = url;
        Key = key;
    }

    public Uri Url { get; }

    public string Key { get; }

    public int ProcessId => _process.Id;

    public static async Task<HttpWorkerService> StartAsync(int concurrency = 4, string? key = null, string urls = "http://127.0.0.1:0", IReadOnlyDictionary<string, string>? environment = null)
    {
        key ??= RemoteBackendOptions.NewKey();
        var program = WorkerProgram.Find(null);
        var start = new ProcessStartInfo(program.FileName, [.. program.Arguments, "http"]) { RedirectStandardOutput = true };
        start.Environment[RemoteBackendOptions.KeyVariable] = key;
        start.Environment["DATAPLUG_WORKER_URLS"] = urls;
        start.Environment["DATAPLUG_WORKER_CONCURRENCY"] = concurrency.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.StartsWith("listening on ", line, StringComparison.Ordinal);
        return new HttpWorkerService(process, new Uri(line!.Split(' ')[^1]), key);
    }

    public void Kill() => _process.Kill(entireProcessTree: true);

    public Task<int> EndAsync() => _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(10)).ContinueWith(_ => _process.ExitCode, TaskScheduler.Default);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
