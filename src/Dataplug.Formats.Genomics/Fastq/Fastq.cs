using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>FASTQ, the reads of sequencing machines: <c>CloudObject.FromS3(Fastq.GZip, "s3://genomics/SRR6052133_1.fastq.gz")</c>.</summary>
public static class Fastq
{
    /// <summary>FASTQ in gzip, with its usual options.</summary>
    public static FastqGZipFormat GZip { get; } = new(GZipLineOptions.Default);

    /// <summary>FASTQ in gzip, with an index of another fineness.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A spacing is below 1.</exception>
    public static FastqGZipFormat GZipWithOptions(GZipLineOptions options) => new(options);
}
