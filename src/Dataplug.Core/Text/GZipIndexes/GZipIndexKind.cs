namespace Dataplug.Text;

/// <summary>The programs whose indexes of gzip objects are read and written.</summary>
public enum GZipIndexKind
{
    /// <summary>gztool (<c>file.gzi</c>): access points with windows, and with line numbers since version 1 of its format.</summary>
    Gztool,

    /// <summary>indexed_gzip for Python (<c>file.gzidx</c>): access points with windows.</summary>
    IndexedGzip,

    /// <summary>bgzip of htslib (<c>file.gz.gzi</c>): the blocks of a BGZF object.</summary>
    Bgzip,
}
