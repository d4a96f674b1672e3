using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>VCF, the variants of genomes: <c>CloudObject.FromS3(Vcf.Bgzf, "s3://genomics/cohort.vcf.gz")</c>.</summary>
public static class Vcf
{
    /// <summary>Plain VCF, not compressed.</summary>
    public static VcfFormat Plain { get; } = new(VcfContainer.Plain);

    /// <summary>VCF in BGZF, as bgzip and bcftools write it: what tabix indexes.</summary>
    public static VcfFormat Bgzf { get; } = new(VcfContainer.Bgzf);

    /// <summary>VCF in gzip that is not BGZF.</summary>
    public static VcfFormat GZip { get; } = new(VcfContainer.GZip);

    /// <summary>VCF in gzip, with an index of another fineness.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A spacing is below 1.</exception>
    public static VcfFormat GZipWithOptions(GZipLineOptions options) => new(VcfContainer.GZip, options);
}
