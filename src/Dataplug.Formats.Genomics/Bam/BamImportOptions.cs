using Dataplug.Preprocessing;

namespace Dataplug.Formats.Genomics;

/// <summary>How samtools' index of a BAM object is imported.</summary>
public sealed record BamImportOptions
{
    /// <summary>Import even where there is a good index.</summary>
    public bool Force { get; init; }

    /// <summary>Takes progress reports, a few a second.</summary>
    public IProgress<PreprocessProgress>? Progress { get; init; }
}
