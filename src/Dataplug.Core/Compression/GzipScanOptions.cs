namespace Dataplug.Compression;

/// <summary>How a scan cuts its object, and what the object is called in error messages.</summary>
public sealed record GzipScanOptions
{
    /// <summary>The default of <see cref="AccessPointSpacing"/>: 4 MiB.</summary>
    public const long DefaultAccessPointSpacing = 4L << 20;

    /// <summary>The default of <see cref="MarkSpacing"/>: 256 KiB.</summary>
    public const long DefaultMarkSpacing = 256L << 10;

    /// <summary>The longest <see cref="LeadIn"/>: 1 MiB.</summary>
    public const long MaxLeadIn = 1L << 20;

    /// <summary>The object's name (its URI) for error messages; null when it has none.</summary>
    public string? Source { get; init; }

    /// <summary>
    /// Bytes of output between access points that carry a window, at least 1. The next mark at or after this distance becomes
    /// the access point, so that enormous blocks only make access points rarer; they are also at least 32 KiB and
    /// <see cref="LeadIn"/> apart.
    /// Marks at member starts need no window and are access points whatever this spacing says.
    /// </summary>
    public long AccessPointSpacing { get; init; } = DefaultAccessPointSpacing;

    /// <summary>Bytes of output between marks, at least 1. The first block boundary or member start at or after this distance
    /// from the previous mark is marked.</summary>
    public long MarkSpacing { get; init; } = DefaultMarkSpacing;

    /// <summary>What is around the deflate data; gzip by default.</summary>
    public DeflateContainer Container { get; init; }

    /// <summary>
    /// Bytes of output after each access point that nobody is going to read from it, 0 (the default) to
    /// <see cref="MaxLeadIn"/>. With <see cref="SparseWindows"/> only those bytes of its window are kept that what comes after the
    /// lead-in goes back to, directly or through copies: a twentieth of them after 256 KiB. Decoding from the access point gives wrong
    /// bytes for the length of the lead-in (or to the member's end), then right ones.
    /// </summary>
    public long LeadIn { get; init; }

    /// <summary>True to zero the bytes of a window that the output after the access point never refers to; they cost nothing
    /// when stored, and decoding does not miss them. False keeps whole windows, and there is no lead-in.</summary>
    public bool SparseWindows { get; init; } = true;

    /// <summary>Threads at work at once, at least 1, where the input is a stream. What is reported does not depend on it. Each takes about 30 MiB more.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>How workers look ahead; null for the defaults.</summary>
    internal SpeculationOptions? Speculation { get; init; }

    /// <summary>
    /// Where the scan of a damaged object ends, in bits: a block boundary, or the end of a member's deflate data or of a member. The
    /// input then ends with the byte that holds the bit before. Null for the whole object.
    /// </summary>
    internal long? EndBit { get; init; }

    /// <summary>The lead-in, where there is one.</summary>
    internal long UsedLeadIn => SparseWindows ? LeadIn : 0;

    /// <summary>Bytes of output between two access points, at least: what is noted for one ends before the next.</summary>
    internal long LeastAccessPointDistance => Math.Max(AccessPointSpacing, UsedLeadIn + WindowCodec.MaxWindowLength);

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Workers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(AccessPointSpacing, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MarkSpacing, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(LeadIn);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(LeadIn, MaxLeadIn);
    }
}
