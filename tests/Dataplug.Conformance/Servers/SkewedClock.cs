using System.Diagnostics;
using System.Globalization;

namespace Dataplug.Conformance.Servers;

/// <summary>
/// A clock that is wrong, for other processes: libfaketime, which <c>tests/services/faketime.sh</c> installs where it is missing. When it
/// can't be had, every test that asks for it fails with the reason.
/// </summary>
public static class SkewedClock
{
    private static readonly Lazy<Task<string>> Library = new(InstallAsync);

    /// <summary>The environment in which a process has a clock that is ahead by some whole seconds, or behind. Only the time of day is
    /// wrong: timers, and the times of files, stay right.</summary>
    /// <exception cref="InvalidOperationException">The library can't be had; the message says why.</exception>
    public static async Task<IReadOnlyDictionary<string, string?>> EnvironmentAsync(TimeSpan ahead) => new Dictionary<string, string?>
    {
        ["LD_PRELOAD"] = await Library.Value,
        ["FAKETIME"] = ahead.TotalSeconds.ToString("+0;-0", CultureInfo.InvariantCulture),
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        ["DONT_FAKE_MONOTONIC"] = "1",
        ["NO_FAKE_STAT"] = "1",
    };

    private static async Task<string> InstallAsync()
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [Path.Combine(Repository.Root, "tests", "services", "faketime.sh")]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"faketime.sh ended with {process.ExitCode}:\n{await errors}");
    }
}
