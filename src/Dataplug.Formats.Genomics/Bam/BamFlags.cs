using System.Diagnostics.CodeAnalysis;

namespace Dataplug.Formats.Genomics;

/// <summary>What a record says of its read and alignment (SAM specification, section 1.4, FLAG).</summary>
[Flags]
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "The specification's own name")]
public enum BamFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The template has several segments.</summary>
    Paired = 0x1,

    /// <summary>Each segment is aligned as the aligner deems proper.</summary>
    ProperPair = 0x2,

    /// <summary>The segment is not mapped.</summary>
    Unmapped = 0x4,

    /// <summary>The next segment of the template is not mapped.</summary>
    MateUnmapped = 0x8,

    /// <summary>The sequence is reverse complemented.</summary>
    Reverse = 0x10,

    /// <summary>The sequence of the next segment is reverse complemented.</summary>
    MateReverse = 0x20,

    /// <summary>The first segment of the template.</summary>
    First = 0x40,

    /// <summary>The last segment of the template.</summary>
    Last = 0x80,

    /// <summary>A secondary alignment.</summary>
    Secondary = 0x100,

    /// <summary>Not passing filters, such as those of the sequencer or its vendor.</summary>
    QualityFail = 0x200,

    /// <summary>A PCR or optical duplicate.</summary>
    Duplicate = 0x400,

    /// <summary>A supplementary alignment.</summary>
    Supplementary = 0x800,
}
