using Dataplug.Formats.Genomics;

namespace Dataplug.Bench;

/// <summary>The first bytes of a synthetic FASTQ file, the same everywhere.</summary>
internal static class SyntheticReads
{
    /// <summary>The first <paramref name="length"/> bytes of a FASTQ file.</summary>
    public static byte[] Fastq(int length)
    {
        var options = new FastqGeneratorOptions();
        using var fastq = new MemoryStream();
        FastqGenerator.WriteAsync(fastq, options with { Reads = (FastqGenerator.EstimateReads(length, options) * 11 / 10) + 1000 }).GetAwaiter().GetResult();
        return fastq.Length >= length ? fastq.GetBuffer()[..length] : throw new InvalidOperationException($"{fastq.Length} bytes were made instead of {length}.");
    }
}
