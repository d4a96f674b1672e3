namespace Dataplug.Formats.Imzml;

/// <summary>What the numbers of a binary array are.</summary>
public enum ArrayKind
{
    /// <summary>Mass-to-charge ratios (MS:1000514).</summary>
    Mz,

    /// <summary>Intensities (MS:1000515).</summary>
    Intensity,

    /// <summary>Anything else that a spectrum holds for each of its points, such as an ion mobility.</summary>
    Other,
}

#pragma warning disable CA1720 // What they are called in the field.
/// <summary>How the numbers of a binary array are stored: little-endian.</summary>
public enum ArrayElement
{
    /// <summary>32-bit IEEE 754 (MS:1000521).</summary>
    Float32,

    /// <summary>64-bit IEEE 754 (MS:1000523).</summary>
    Float64,

    /// <summary>Signed, 8 bits (IMS:1100000).</summary>
    Int8,

    /// <summary>Signed, 16 bits (IMS:1100001).</summary>
    Int16,

    /// <summary>Signed, 32 bits (MS:1000519, IMS:1000141).</summary>
    Int32,

    /// <summary>Signed, 64 bits (MS:1000522, IMS:1000142).</summary>
    Int64,
}
#pragma warning restore CA1720

/// <summary>What is done to the bytes of a binary array before they are stored.</summary>
public enum ArrayCompression
{
    /// <summary>Nothing (MS:1000576).</summary>
    None,

    /// <summary>zlib, RFC 1950 (MS:1000574).</summary>
    ZLib,
}

/// <summary>One of the arrays that every spectrum of a layout has.</summary>
/// <param name="Kind">What its numbers are.</param>
/// <param name="Element">How they are stored.</param>
/// <param name="Compression">What is done to their bytes.</param>
/// <param name="Accession">The term that says what the numbers are, e.g. <c>MS:1000514</c>; empty where the document names none.</param>
/// <param name="Name">The name of that term, e.g. <c>m/z array</c>, or the one that the document gives to an array of its own kind.</param>
public sealed record ArrayLayout(ArrayKind Kind, ArrayElement Element, ArrayCompression Compression, string Accession, string Name)
{
    /// <summary>Bytes of one number before compression: 1, 2, 4 or 8.</summary>
    public int ElementSize => Element switch
    {
        ArrayElement.Int8 => 1,
        ArrayElement.Int16 => 2,
        ArrayElement.Float32 or ArrayElement.Int32 => 4,
        _ => 8,
    };
}
