using Dataplug.Formats;

namespace Dataplug.Formats.Genomics;

/// <summary>BAM, aligned sequencing reads: <c>CloudObject.FromS3(Bam.Format, "s3://genomics/NA12878.bam")</c>.</summary>
public static class Bam
{
    /// <summary>The format.</summary>
    public static BamFormat Format { get; } = new(BamPreprocessor.UsualCheckpointSpacing);

    /// <summary>Why an object is refused that holds alignments or variants in a format near BAM which is not read: CRAM and BCF.</summary>
    /// <param name="probe">What is known of the object.</param>
    /// <returns>The refusal, with what to do about it; null where the object is neither.</returns>
    public static UnsupportedFormatException? RefusalOf(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return RefusalOf(probe.IsGZip ? probe.Content.Span : probe.Head.Span, probe.Uri.Display);
    }

    // CRAM begins with its magic as it is stored; BCF does raw or in BGZF, "BCF\4" in version 1, "BCF\2" in version 2.
    internal static UnsupportedFormatException? RefusalOf(ReadOnlySpan<byte> content, string source) =>
        content.StartsWith("CRAM"u8)
            ? new UnsupportedFormatException(source, "the object is CRAM, which is not read", "Convert it to BAM: samtools view -b -T REFERENCE.fa -o OUT.bam IN.cram", 0)
            : content.StartsWith("BCF\u0002"u8) || content.StartsWith("BCF\u0004"u8)
                ? new UnsupportedFormatException(source, "the object is BCF, which is not read", "Convert it to VCF in BGZF: bcftools view -O z -o OUT.vcf.gz IN.bcf", 0)
                : null;
}
