using Dataplug.Preprocessing;

namespace Dataplug.Text;

/// <summary>How another program's index is imported.</summary>
public sealed record GZipImportOptions
{
    /// <summary>Whose index it is; null to go by its first bytes.</summary>
    public GZipIndexKind? Kind { get; init; }

    /// <summary>
    /// Read the whole object, and hold every point, window and line number of the index against it. An index without line numbers
    /// is always held against the object, because its lines must be counted.
    /// </summary>
    public bool Verify { get; init; }

    /// <summary>Spans between points that are read at once; 0 for one a core.</summary>
    public int Workers { get; init; }

    /// <summary>Import even where there is a good index.</summary>
    public bool Force { get; init; }

    /// <summary>Takes progress reports, a few a second.</summary>
    public IProgress<PreprocessProgress>? Progress { get; init; }
}
