using System.Diagnostics;

namespace Dataplug.Conformance.Servers;

/// <summary>
/// gztool, indexed_gzip (Python) and bgzip, installed by <c>tests/services/gzip-tools.sh</c> where they are missing. When they can't
/// be had, every test that asks for them fails with the reason.
/// </summary>
public sealed class GZipPrograms
{
    private static readonly Lazy<Task<GZipPrograms>> Shared = new(InstallAsync);

    private GZipPrograms()
    {
    }

    /// <summary>The programs of this machine.</summary>
    /// <exception cref="InvalidOperationException">They can't be had; the message says why.</exception>
    public static Task<GZipPrograms> GetAsync() => Shared.Value;

    /// <summary>Runs a program to its end and gives what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public Task<byte[]> RunAsync(string program, params string[] arguments) => RunAsync(program, arguments, TimeSpan.FromMinutes(2));

    private static async Task<GZipPrograms> InstallAsync()
    {
        await RunAsync("bash", [Path.Combine(Repository.Root, "tests", "services", "gzip-tools.sh")], TimeSpan.FromMinutes(15));
        return new GZipPrograms();
    }

    private static async Task<byte[]> RunAsync(string program, string[] arguments, TimeSpan limit)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{program} can't be run.");
        using var stop = new CancellationTokenSource(limit);
        try
        {
            var output = new MemoryStream();
            var errors = process.StandardError.ReadToEndAsync(stop.Token);
            await process.StandardOutput.BaseStream.CopyToAsync(output, stop.Token);
            await process.WaitForExitAsync(stop.Token);
            return process.ExitCode == 0
                ? output.ToArray()
                : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await errors}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{program} took longer than {limit}.");
        }
    }
}
