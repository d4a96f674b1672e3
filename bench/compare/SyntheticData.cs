using System.Diagnostics;
using Dataplug.Formats.Genomics.Fastq;

namespace Dataplug.Compare;

/// <summary>Makes FASTQ.gz files of a given compressed size: <c>gzip -6</c>, a single member.</summary>
internal static class SyntheticData
{
    public static async Task<string> EnsureAsync(DirectoryInfo folder, int megabytes, CancellationToken cancellationToken)
    {
        folder.Create();
        var path = Path.GetFullPath(Path.Combine(folder.FullName, $"reads-{megabytes}MB.fastq.gz"));
        if (File.Exists(path))
            return path;

        // The ratio of the generator's output does not change along the file, so a small file tells how many reads are needed.
        const int probe = 50_000;
        var probePath = path + ".probe";
        await CompressAsync(probePath, probe, cancellationToken);
        var reads = (long)(megabytes * 1e6 / new FileInfo(probePath).Length * probe);
        File.Delete(probePath);

        Console.Error.WriteLine($"making {path}: {reads:N0} reads");
        await CompressAsync(path + ".part", reads, cancellationToken);
        File.Move(path + ".part", path);
        return path;
    }

    private static async Task CompressAsync(string path, long reads, CancellationToken cancellationToken)
    {
        using var gzip = Process.Start(new ProcessStartInfo("bash") { ArgumentList = { "-c", $"exec gzip -6 > '{path}'" }, RedirectStandardInput = true })!;
        await FastqGenerator.WriteAsync(gzip.StandardInput.BaseStream, new FastqGeneratorOptions { ReadCount = reads }, cancellationToken);
        gzip.StandardInput.Close();
        await gzip.WaitForExitAsync(cancellationToken);
        if (gzip.ExitCode != 0)
            throw new InvalidOperationException($"gzip ended with exit code {gzip.ExitCode}");
    }
}
