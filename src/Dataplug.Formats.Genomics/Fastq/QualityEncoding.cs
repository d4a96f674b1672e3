namespace Dataplug.Formats.Genomics;

/// <summary>How quality scores are written as bytes (Cock et al. 2010, Nucleic Acids Research 38:1767, table 1).</summary>
public enum QualityEncoding
{
    /// <summary>There are no qualities to tell by.</summary>
    Unknown,

    /// <summary>Sanger and Illumina 1.8+: Phred scores 0 to 93 as bytes 33 to 126.</summary>
    Phred33,

    /// <summary>Illumina 1.3 to 1.7: Phred scores 0 to 62 as bytes 64 to 126.</summary>
    Phred64,

    /// <summary>Solexa and Illumina before 1.3: Solexa scores −5 to 62 as bytes 59 to 126.</summary>
    Solexa,

    /// <summary>The bytes fit more than one encoding.</summary>
    Ambiguous,
}
