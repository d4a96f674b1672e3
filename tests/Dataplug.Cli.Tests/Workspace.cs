using System.Globalization;
using System.IO.Compression;
using System.Text;
using Dataplug.Formats.Genomics;

namespace Dataplug.Cli.Tests;

/// <summary>A folder for one test, with files to work on; gone afterwards.</summary>
internal sealed class Workspace : IDisposable
{
    public Workspace() => Directory.CreateDirectory(Home);

    public string Folder { get; } = Directory.CreateTempSubdirectory("dataplug-cli-").FullName;

    public string Home => Path.Combine(Folder, "home");

    public string PathOf(string name) => Path.Combine(Folder, name);

    public string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    public string Write(string name, byte[] content)
    {
        File.WriteAllBytes(PathOf(name), content);
        return PathOf(name);
    }

    /// <summary>Realistic reads, gzipped.</summary>
    public async Task<FastqFile> FastqAsync(string name = "reads.fastq.gz", int reads = 2000)
    {
        var plain = new MemoryStream();
        await FastqGenerator.WriteAsync(plain, new FastqGeneratorOptions { Reads = reads, MinReadLength = 50, MaxReadLength = 100, GenomeLength = 1 << 16 });
        var path = Write(name, GZip(plain.ToArray()));
        return new FastqFile(path, plain.ToArray(), reads);
    }

    /// <summary>Numbered lines.</summary>
    public string Text(string name = "notes.txt", int lines = 1000) =>
        Write(name, string.Concat(Enumerable.Range(0, lines).Select(i => string.Create(CultureInfo.InvariantCulture, $"line {i} of a text with some words\n"))));

    /// <summary>A table with a header, numbers, and a quoted field with a newline in each tenth row.</summary>
    public string Csv(string name = "table.csv", int rows = 500) =>
        Write(name, "id,name,value\n" + string.Concat(Enumerable.Range(0, rows).Select(i =>
            string.Create(CultureInfo.InvariantCulture, $"{i},\"name {(i % 10 == 0 ? "with\nnewline" : "plain")}\",{i * 0.5}\n"))));

    public static byte[] GZip(byte[] content)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
            gzip.Write(content);
        return compressed.ToArray();
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

internal sealed record FastqFile(string Path, byte[] Plain, int Reads);
