using System.Text;
using Dataplug.Conformance.Servers;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>samtools.</summary>
internal static class Samtools
{
    /// <summary>Runs it.</summary>
    /// <returns>What it wrote to its standard output.</returns>
    public static async Task<byte[]> RunAsync(params string[] arguments) => await (await InstalledPrograms.Genomics).RunAsync("samtools", arguments);

    /// <summary>Runs it.</summary>
    /// <returns>The lines that it wrote.</returns>
    public static async Task<string[]> LinesAsync(params string[] arguments) =>
        Encoding.UTF8.GetString(await RunAsync(arguments)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
