using System.Globalization;
using Dataplug.Compression;

namespace Dataplug.Formats.Genomics;

/// <summary>Says which line of an object is wrong.</summary>
internal static class VcfLineError
{
    private const string Cure = "Check the object against its origin, or find what is wrong with bcftools view.";

    /// <summary>The failure for a line.</summary>
    /// <param name="container">What the object is.</param>
    /// <param name="source">Its name.</param>
    /// <param name="problem">What is wrong.</param>
    /// <param name="line">Lines before it.</param>
    /// <param name="place">Where it begins.</param>
    public static CorruptObjectException Of(VcfContainer container, string? source, string problem, long line, VirtualOffset place) => container switch
    {
        VcfContainer.Plain => new(source, string.Create(CultureInfo.InvariantCulture, $"line {line + 1}: {problem}"), Cure, place.Block),
        VcfContainer.Bgzf => new(source, string.Create(CultureInfo.InvariantCulture, $"line {line + 1} (at byte {place.Within} of the block's content): {problem}"), Cure, place.Block) { MemberOffset = place.Block },
        _ => new(source, string.Create(CultureInfo.InvariantCulture, $"line {line + 1} (at byte {place.Block} of the decompressed content): {problem}"), Cure),
    };

    /// <summary>Refuses BCF (BCFv2 specification, section 6.2), whose content begins with its name.</summary>
    /// <param name="content">The first bytes.</param>
    /// <param name="source">The object's name.</param>
    /// <exception cref="UnsupportedFormatException">It is BCF.</exception>
    public static void RefuseBcf(ReadOnlySpan<byte> content, string source)
    {
        if (IsBcf(content))
            throw new UnsupportedFormatException(source, "the object is BCF, the binary form of VCF, which is not read", "Convert it: bcftools view -O z -o variants.vcf.gz variants.bcf", 0);
    }

    /// <summary>Whether content begins as BCF.</summary>
    public static bool IsBcf(ReadOnlySpan<byte> content) => content.StartsWith("BCF\u0002"u8) || content.StartsWith("BCF\u0004"u8);
}
