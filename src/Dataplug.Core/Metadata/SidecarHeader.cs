namespace Dataplug.Metadata;

/// <summary>What an index sidecar says of itself (docs/index-format.md, "Header").</summary>
/// <param name="FormatId">The format's id, e.g. <c>fastq-gzip</c>.</param>
/// <param name="FormatVersion">The version of the format's sections, ≥ 1.</param>
/// <param name="Source">The object that was indexed.</param>
/// <param name="Parameters">The preprocessing parameters as canonical JSON; <c>{}</c> when there are none.</param>
public sealed record SidecarHeader(string FormatId, int FormatVersion, SourceIdentity Source, string Parameters);
