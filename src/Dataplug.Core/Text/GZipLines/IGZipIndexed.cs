using Dataplug.Metadata;

namespace Dataplug.Text;

/// <summary>An index of a gzip object, whatever its format: it can be read anywhere (<see cref="GZipObjectStream"/>) and exported
/// (<see cref="GZipIndexFile"/>).</summary>
public interface IGZipIndexed
{
    /// <summary>The object at the version that was indexed.</summary>
    SourceIdentity Source { get; }

    /// <summary>Where the content is.</summary>
    GZipLineIndex LineIndex { get; }
}
