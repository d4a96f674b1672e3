namespace Dataplug.Formats.Genomics;

/// <summary>What a <see cref="VcfReader"/> says in its messages.</summary>
public sealed record VcfReaderOptions
{
    /// <summary>The object's name.</summary>
    public string? Source { get; init; }

    /// <summary>Number of the first record, from 0; null where it is not known.</summary>
    public long? FirstRecord { get; init; }

    /// <summary>Offset in the stored object of what is read.</summary>
    public long? ByteOffset { get; init; }
}
