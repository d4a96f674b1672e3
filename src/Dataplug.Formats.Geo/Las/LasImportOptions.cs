using Dataplug.Preprocessing;

namespace Dataplug.Formats.Geo;

/// <summary>How a <c>.lax</c> file is imported.</summary>
public sealed record LasImportOptions
{
    /// <summary>Import even where there is a good index.</summary>
    public bool Force { get; init; }

    /// <summary>Takes progress reports.</summary>
    public IProgress<PreprocessProgress>? Progress { get; init; }
}
