using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Preprocessing;

/// <summary>What preprocessing did.</summary>
/// <param name="Outcome">Whether there was anything to do.</param>
/// <param name="Source">The object at the version that is indexed.</param>
/// <param name="FormatId">The format's id.</param>
/// <param name="Sidecar">Where the index is.</param>
/// <param name="SidecarSize">Its size in bytes.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="ResumedFrom">Bytes of the object that an earlier, interrupted run had done.</param>
public sealed record PreprocessReport(
    PreprocessOutcome Outcome,
    SourceIdentity Source,
    string FormatId,
    ObjectUri Sidecar,
    long SidecarSize,
    TimeSpan Elapsed,
    long ResumedFrom)
{
    /// <summary>What is odd about the object: see <see cref="ObjectIndex.Warnings"/>. Usually none.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>The ways preprocessing can end well.</summary>
public enum PreprocessOutcome
{
    /// <summary>The object was read and its index written.</summary>
    Indexed,

    /// <summary>A good index was there already; nothing was read.</summary>
    AlreadyIndexed,

    /// <summary>A good index was found in the metadata location and entered into the catalog; nothing was read.</summary>
    Adopted,
}
