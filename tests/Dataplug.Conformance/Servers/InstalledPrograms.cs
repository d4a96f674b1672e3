using System.Diagnostics;
using System.Text;

namespace Dataplug.Conformance.Servers;

/// <summary>Programs from Debian, installed by a script in <c>tests/services</c> where they are missing. When they can't be had, every test
/// that asks for them fails with the reason.</summary>
public sealed class InstalledPrograms
{
    private static readonly Lazy<Task<InstalledPrograms>> SharedGenomics = new(() => InstallAsync("genomics-tools.sh"));
    private static readonly Lazy<Task<InstalledPrograms>> SharedGZip = new(() => InstallAsync("gzip-tools.sh"));
    private static readonly Lazy<Task<InstalledPrograms>> SharedLasReader = new(() => InstallAsync("las-read.sh"));
    private static readonly Lazy<Task<InstalledPrograms>> SharedGeo = new(() => InstallAsync("geo-tools.sh"));

    private readonly Dictionary<string, string> _places;

    private InstalledPrograms(Dictionary<string, string> places) => _places = places;

    /// <summary>samtools, bcftools, tabix, bgzip and seqkit.</summary>
    /// <exception cref="InvalidOperationException">They can't be had; the message says why.</exception>
    public static Task<InstalledPrograms> Genomics => SharedGenomics.Value;

    /// <summary>gztool, indexed_gzip (Python) and bgzip.</summary>
    /// <inheritdoc cref="Genomics"/>
    public static Task<InstalledPrograms> GZip => SharedGZip.Value;

    /// <summary>npm's copc, behind <c>tests/services/las-read.sh</c>.</summary>
    /// <inheritdoc cref="Genomics"/>
    public static Task<InstalledPrograms> LasReader => SharedLasReader.Value;

    /// <summary>gdalinfo and gdal_translate; node, and laz-perf at the place <c>laz_perf</c>.</summary>
    /// <inheritdoc cref="Genomics"/>
    public static Task<InstalledPrograms> Geo => SharedGeo.Value;

    /// <summary>Where something is that is no program of the path: what the script printed as NAME=VALUE.</summary>
    public string Place(string name) => _places[name];

    /// <summary>Runs a program to its end and gives what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public Task<byte[]> RunAsync(string program, params string[] arguments) => RunAsync([], program, arguments);

    /// <summary>Runs a program to its end on what it is given, and gives what it printed.</summary>
    /// <inheritdoc cref="RunAsync(string, string[])"/>
    public Task<byte[]> RunAsync(byte[] input, string program, params string[] arguments) => RunAsync(input, program, arguments, TimeSpan.FromMinutes(2));

    private static async Task<InstalledPrograms> InstallAsync(string script)
    {
        var printed = await RunAsync([], "bash", [Path.Combine(Repository.Root, "tests", "services", script)], TimeSpan.FromMinutes(15));
        var lines = Encoding.UTF8.GetString(printed).Split('\n').Where(line => line.Contains('=', StringComparison.Ordinal));
        return new InstalledPrograms(lines.ToDictionary(line => line[..line.IndexOf('=')], line => line[(line.IndexOf('=') + 1)..]));
    }

    private static async Task<byte[]> RunAsync(byte[] input, string program, string[] arguments, TimeSpan limit)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{program} can't be run.");
        using var stop = new CancellationTokenSource(limit);
        try
        {
            var output = new MemoryStream();
            var errors = process.StandardError.ReadToEndAsync(stop.Token);
            var copying = process.StandardOutput.BaseStream.CopyToAsync(output, stop.Token);
            await process.StandardInput.BaseStream.WriteAsync(input, stop.Token);
            process.StandardInput.Close();
            await copying;
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
