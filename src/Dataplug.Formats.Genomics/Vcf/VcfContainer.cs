namespace Dataplug.Formats.Genomics;

/// <summary>What a VCF text is stored in.</summary>
internal enum VcfContainer
{
    /// <summary>Nothing.</summary>
    Plain,

    /// <summary>BGZF (SAM specification, section 4.1).</summary>
    Bgzf,

    /// <summary>Gzip (RFC 1952).</summary>
    GZip,
}
