namespace Dataplug.Formats.Genomics;

/// <summary>What a <see cref="BamReader"/> knows of its records, for them and for its messages.</summary>
public sealed record BamReaderOptions
{
    /// <summary>The object's name; null when it has none.</summary>
    public string? Source { get; init; }

    /// <summary>The object's header, which has the names of the reference sequences; null where it is not known.</summary>
    public BamHeader? Header { get; init; }

    /// <summary>Where in the stored object the piece that is read begins, in bytes; null when that is not known.</summary>
    public long? ByteOffset { get; init; }
}
