using System.Diagnostics;
using System.Globalization;
using Dataplug.Conformance.Generators;
using Dataplug.Formats.Genomics;

namespace Dataplug.Compare;

/// <summary>A kind of data at a level of compression.</summary>
/// <param name="Name">How tables and charts name it.</param>
/// <param name="FileName">How its file's name begins.</param>
/// <param name="Extension">How it ends, before <c>.gz</c>.</param>
/// <param name="Level">gzip's level, 1 to 9.</param>
/// <param name="WriteAsync">Writes a number of its records.</param>
internal sealed record DataKind(string Name, string FileName, string Extension, int Level, Func<Stream, long, CancellationToken, Task> WriteAsync)
{
    /// <summary>Illumina-like reads of 150 bases.</summary>
    public static DataKind Fastq(int level) => new($"FASTQ, level {level}", level == 6 ? "reads" : $"reads-level{level}", "fastq", level,
        (stream, reads, cancellationToken) => FastqGenerator.WriteAsync(stream, new FastqGeneratorOptions { Reads = reads }, cancellationToken));

    /// <summary>Variants of 120 samples.</summary>
    public static DataKind Vcf { get; } = new("VCF, level 6", "variants", "vcf", 6, (stream, records, cancellationToken) => new VcfGenerator().WriteAsync(stream, records, cancellationToken));

    /// <summary>Lines of base64.</summary>
    public static DataKind Base64 { get; } = new("base64, level 6", "base64", "txt", 6, (stream, lines, cancellationToken) => new Base64Generator().WriteAsync(stream, lines, cancellationToken));
}

/// <summary>Makes .gz files of a given compressed size: <c>gzip</c>, a single member.</summary>
internal static class SyntheticData
{
    public static async Task<string> EnsureAsync(DirectoryInfo folder, DataKind kind, int megabytes, CancellationToken cancellationToken)
    {
        folder.Create();
        var path = Path.GetFullPath(Path.Combine(folder.FullName, string.Create(CultureInfo.InvariantCulture, $"{kind.FileName}-{megabytes}MB.{kind.Extension}.gz")));
        if (File.Exists(path))
            return path;

        // The ratio of a generator's output does not change along the file, so a small file tells how many records are needed.
        const int probe = 50_000;
        var probePath = path + ".probe";
        await CompressAsync(probePath, kind, probe, cancellationToken);
        var records = (long)(megabytes * 1e6 / new FileInfo(probePath).Length * probe);
        File.Delete(probePath);

        Console.Error.WriteLine($"making {path}: {records:N0} records");
        await CompressAsync(path + ".part", kind, records, cancellationToken);
        File.Move(path + ".part", path);
        return path;
    }

    private static async Task CompressAsync(string path, DataKind kind, long records, CancellationToken cancellationToken)
    {
        using var gzip = Process.Start(new ProcessStartInfo("bash") { ArgumentList = { "-c", $"exec gzip -{kind.Level} > '{path}'" }, RedirectStandardInput = true })!;
        await kind.WriteAsync(gzip.StandardInput.BaseStream, records, cancellationToken);
        gzip.StandardInput.Close();
        await gzip.WaitForExitAsync(cancellationToken);
        if (gzip.ExitCode != 0)
            throw new InvalidOperationException($"gzip ended with exit code {gzip.ExitCode}");
    }
}
