using System.Diagnostics;
using System.Globalization;

namespace Dataplug.Conformance.Servers;

/// <summary>
/// Starts a real server by a script of <c>tests/services</c> and stops it with this process; or takes the lines that such a script
/// printed from an environment variable.
/// </summary>
internal static class ServerScript
{
    /// <summary>What the script says of the server.</summary>
    /// <param name="script">The script's name.</param>
    /// <param name="prefix">What its variables begin with, as in <c>S3_</c>.</param>
    /// <param name="variable">The variable that gives a server which runs already.</param>
    /// <param name="needed">The values without which there is no using it.</param>
    /// <exception cref="InvalidOperationException">It can't be started; the message says why.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> StartAsync(string script, string prefix, string variable, params string[] needed)
    {
        if (System.Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given)
            return Parse(given, variable, needed);
        var settings = await StartOwnAsync(script, prefix, needed);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => DownAsync(script, prefix, settings).GetAwaiter().GetResult();
        return settings;
    }

    /// <summary>Starts a server of one's own.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> StartOwnAsync(string script, string prefix, string[] needed, IReadOnlyDictionary<string, string>? environment = null)
    {
        var (code, output, errors) = await RunAsync(script, prefix, [], TimeSpan.FromMinutes(15), environment);
        return code == 0
            ? Parse(output, script, [.. needed, prefix + "DIR"])
            : throw new InvalidOperationException($"The server can't be started; {script} ended with {code}:\n{errors}\n{output}");
    }

    /// <summary>Stops a server that was started here.</summary>
    public static Task DownAsync(string script, string prefix, IReadOnlyDictionary<string, string> settings) =>
        RunAsync(script, prefix, ["down", settings[prefix + "DIR"]], TimeSpan.FromSeconds(20), null);

    private static Dictionary<string, string> Parse(string lines, string from, string[] needed)
    {
        var settings = lines.Split(['\n', ' ', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1]);
        foreach (var name in needed)
        {
            if (!settings.ContainsKey(name))
                throw new InvalidOperationException($"{from} does not give {name}; it gave:\n{lines}");
        }

        return settings;
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(
        string script, string prefix, string[] arguments, TimeSpan limit, IReadOnlyDictionary<string, string>? environment)
    {
        script = Path.Combine(Repository.Root, "tests", "services", script);
        var start = new ProcessStartInfo("bash", [script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[prefix + "OWNER"] = System.Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{script} can't be run.");
        using var stop = new CancellationTokenSource(limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(stop.Token);
            var errors = process.StandardError.ReadToEndAsync(stop.Token);
            await process.WaitForExitAsync(stop.Token);
            return (process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{script} took longer than {limit}.");
        }
    }
}
