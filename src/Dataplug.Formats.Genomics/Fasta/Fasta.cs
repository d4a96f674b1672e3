using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>FASTA, sequences with names: <c>CloudObject.FromS3(Fasta.Format, "s3://genomes/GRCh38.fa")</c>.</summary>
public static class Fasta
{
    /// <summary>Plain FASTA.</summary>
    public static FastaFormat Format { get; } = new();

    /// <summary>FASTA in gzip or BGZF, with its usual options.</summary>
    public static FastaGZipFormat GZip { get; } = new(GZipLineOptions.Default);

    /// <summary>FASTA in gzip or BGZF, with an index of another fineness.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A spacing is below 1.</exception>
    public static FastaGZipFormat GZipWithOptions(GZipLineOptions options) => new(options);
}
