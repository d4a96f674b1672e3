using Dataplug.Storage;

namespace Dataplug.Formats;

/// <summary>What a format may look at to recognise an object.</summary>
/// <param name="Uri">The object.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Head">Its first bytes, at most 64 KiB.</param>
/// <param name="IsGZip">Whether it starts with a gzip member.</param>
/// <param name="Content">The first bytes of the content: decompressed when <see cref="IsGZip"/> (at most 64 KiB), else <see cref="Head"/>.</param>
public sealed record FormatProbe(ObjectUri Uri, long Size, ReadOnlyMemory<byte> Head, bool IsGZip, ReadOnlyMemory<byte> Content)
{
    /// <summary>The first bytes of the content of a zstd object, as much as decompresses, at most 64 KiB; empty of others.</summary>
    public ReadOnlyMemory<byte> ZstdContent { get; init; }

    /// <summary>Whether the object's name ends in one of the endings, whatever their case.</summary>
    public bool HasExtension(IEnumerable<string> extensions) =>
        extensions.Any(extension => Uri.Name.EndsWith(extension, StringComparison.OrdinalIgnoreCase));
}

/// <summary>How sure a format is that an object is its own. The surest wins; among equals the one registered first.</summary>
public enum FormatMatch
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>It can be read as such, as almost anything can (raw text).</summary>
    Fallback,

    /// <summary>The content fits, but would fit other formats too.</summary>
    Possible,

    /// <summary>The content fits, and so does the name.</summary>
    Likely,

    /// <summary>The content can be nothing else.</summary>
    Certain,
}
