namespace Dataplug.Formats.Genomics;

/// <summary>What a <see cref="FastqReader"/> knows of its reads, for its messages and for them.</summary>
public sealed record FastqReaderOptions
{
    /// <summary>The object's name; null when it has none.</summary>
    public string? Source { get; init; }

    /// <summary>The number of the first read in the object, from 0.</summary>
    public long FirstRead { get; init; }

    /// <summary>Where in the stored object the piece that is read begins, in bytes; null when that is not known.</summary>
    public long? ByteOffset { get; init; }

    /// <summary>How the qualities are encoded.</summary>
    public QualityEncoding QualityEncoding { get; init; } = QualityEncoding.Phred33;

    /// <summary>Whether reads may have more than four lines.</summary>
    public bool IsWrapped { get; init; }
}
