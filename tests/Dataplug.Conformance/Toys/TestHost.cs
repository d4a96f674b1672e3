using System.Diagnostics;

namespace Dataplug.Conformance.Toys;

/// <summary>A process of tests/Dataplug.TestHost: it can be killed as a machine would be switched off.</summary>
public sealed class TestHost : IDisposable
{
    private readonly Process _process;

    private TestHost(Process process) => _process = process;

    public int Id => _process.Id;

    public static TestHost Start(params IEnumerable<string> arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Dataplug.TestHost.dll");
        if (!File.Exists(program))
            throw new FileNotFoundException("The test host is missing beside the tests.", program);
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments.Prepend(program))
            start.ArgumentList.Add(argument);
        return new TestHost(Process.Start(start)!);
    }

    /// <summary>Waits for a line of its output; null at the end.</summary>
    public async Task<string?> ReadLineAsync() => await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Waits for a line that begins so.</summary>
    public async Task<string> WaitForAsync(string beginning)
    {
        var seen = new List<string>();
        while (await ReadLineAsync() is { } line)
        {
            if (line.StartsWith(beginning, StringComparison.Ordinal))
                return line;
            seen.Add(line);
        }

        throw new InvalidOperationException($"The process ended without '{beginning}', but said: {string.Join(" | ", seen)}");
    }

    /// <summary>Waits for the end: the exit code and the rest of the output.</summary>
    public async Task<(int ExitCode, string Output)> WaitAsync()
    {
        var output = await _process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(120));
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (_process.ExitCode, output);
    }

    /// <summary>SIGKILL; returns when the process is gone.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }
}
