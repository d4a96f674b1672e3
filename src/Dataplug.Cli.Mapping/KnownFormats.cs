using Dataplug.Formats;
using Dataplug.Formats.Genomics;
using Dataplug.Formats.Geo;
using Dataplug.Formats.Imzml;
using Dataplug.Text;

namespace Dataplug.Cli.Mapping;

/// <summary>The formats that the tool knows, in the order in which it tries them.</summary>
internal static class KnownFormats
{
    public static FormatRegistry All { get; } = new(Fastq.GZip, Fastq.Plain, Fastq.Zstd, Fasta.Format, Fasta.GZip, Vcf.Bgzf, Vcf.GZip, Vcf.Plain, Bam.Format, Imzml.Format, Copc.Format, LasZip.Format, Las.Format, GeoTiff.Format, GZipText.Format, ZLibText.Format, ZstdText.Format, DeflateText.Format, Csv.Format, RawText.Format);
}
