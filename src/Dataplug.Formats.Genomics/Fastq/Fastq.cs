using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>FASTQ, the reads of sequencing machines: <c>CloudObject.FromS3(Fastq.GZip, "s3://genomics/SRR6052133_1.fastq.gz")</c>.</summary>
public static class Fastq
{
    /// <summary>FASTQ that is not compressed.</summary>
    public static FastqFormat Plain { get; } = new();

    /// <summary>FASTQ in gzip or BGZF, with its usual options.</summary>
    public static FastqGZipFormat GZip { get; } = new(GZipLineOptions.Default);

    /// <summary>FASTQ in zstd, with its usual options.</summary>
    public static FastqZstdFormat Zstd { get; } = new(ZstdTextOptions.Default);

    /// <summary>FASTQ in gzip, with an index of another fineness.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A spacing is below 1.</exception>
    public static FastqGZipFormat GZipWithOptions(GZipLineOptions options) => new(options);

    /// <summary>FASTQ in zstd, with an index of another fineness.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A spacing is below 1.</exception>
    public static FastqZstdFormat ZstdWithOptions(ZstdTextOptions options) => new(options);
}
