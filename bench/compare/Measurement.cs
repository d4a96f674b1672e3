using System.Diagnostics;
using System.Globalization;

namespace Dataplug.Compare;

/// <summary>One run of a whole process, as the operating system accounts for it.</summary>
/// <param name="WallSeconds">From its start to its exit.</param>
/// <param name="CpuSeconds">User and system time.</param>
/// <param name="PeakMebibytes">The largest resident set.</param>
internal sealed record Measurement(double WallSeconds, double CpuSeconds, double PeakMebibytes)
{
    /// <summary>Runs a shell command under GNU time.</summary>
    /// <param name="command">The command.</param>
    /// <param name="processors">The processors that it may run on, as taskset takes them.</param>
    /// <exception cref="InvalidOperationException">The command failed.</exception>
    public static async Task<Measurement> RunAsync(string command, string processors)
    {
        var report = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo("taskset") { RedirectStandardError = true };
            foreach (var argument in (string[])["-c", processors, "/usr/bin/time", "-o", report, "-f", "%e %U %S %M", "bash", "-c", "exec " + command])
                start.ArgumentList.Add(argument);

            var clock = Stopwatch.StartNew();
            using var process = Process.Start(start)!;
            var errors = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            var wall = clock.Elapsed.TotalSeconds;
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"'{command}' ended with exit code {process.ExitCode}: {errors.Trim()}");

            var numbers = (await File.ReadAllTextAsync(report)).Trim().Split(' ').Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            return new Measurement(wall, numbers[1] + numbers[2], numbers[3] / 1024);
        }
        finally
        {
            File.Delete(report);
        }
    }

    /// <summary>The median of each figure.</summary>
    public static Measurement Median(IReadOnlyList<Measurement> runs) =>
        new(Median(runs.Select(r => r.WallSeconds)), Median(runs.Select(r => r.CpuSeconds)), Median(runs.Select(r => r.PeakMebibytes)));

    /// <summary>The median of some numbers.</summary>
    public static double Median(IEnumerable<double> numbers)
    {
        var sorted = numbers.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
