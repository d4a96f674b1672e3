namespace Dataplug.Formats.Genomics;

/// <summary>What a <see cref="FastqGenerator"/> makes. The same options make the same bytes, on every machine.</summary>
public sealed record FastqGeneratorOptions
{
    /// <summary>The seed of everything random.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Number of reads, ≥ 0.</summary>
    public long Reads { get; init; } = 100_000;

    /// <summary>Bases of the shortest read, ≥ 1.</summary>
    public int MinReadLength { get; init; } = 150;

    /// <summary>Bases of the longest read, ≥ <see cref="MinReadLength"/>, at most 16 Mi.</summary>
    public int MaxReadLength { get; init; } = 150;

    /// <summary>Nanopore-like reads in place of Illumina-like ones: lengths between the two limits, most of them short, titles
    /// carry a read id and channel, qualities have many levels, errors are frequent.</summary>
    public bool LongReads { get; init; }

    /// <summary>Which mate of a pair the titles name, 1 or 2.</summary>
    public int Mate { get; init; } = 1;

    /// <summary>Bases of the pseudo-genome that reads are taken from, 1 Ki to 64 Mi.</summary>
    public int GenomeLength { get; init; } = 4 << 20;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Reads);
        ArgumentOutOfRangeException.ThrowIfLessThan(MinReadLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxReadLength, MinReadLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxReadLength, 16 << 20);
        ArgumentOutOfRangeException.ThrowIfLessThan(GenomeLength, 1 << 10);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(GenomeLength, 64 << 20);
        if (Mate is not (1 or 2))
            throw new ArgumentOutOfRangeException(nameof(Mate), Mate, "A mate is 1 or 2.");
    }
}
