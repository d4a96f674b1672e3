using System.Text.Json.Serialization;

namespace Dataplug.Formats.Genomics;

/// <summary>Which of the records that a slice fetches are its own.</summary>
public sealed record BamSelection
{
    /// <summary>Records at the start that are not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Skip { get; init; }

    /// <summary>The number of records after these that are; null for all.</summary>
    public long? Take { get; init; }

    /// <summary>The only ones that are; null for all.</summary>
    public BamOverlap? Overlap { get; init; }
}

/// <summary>Records that overlap a run of positions.</summary>
/// <param name="ReferenceId">The number of the reference sequence.</param>
/// <param name="Start">The first position, from 0.</param>
/// <param name="End">The position after the last.</param>
/// <param name="Fence">The position from which on they must start; −1 for any.</param>
public sealed record BamOverlap(int ReferenceId, long Start, long End, long Fence)
{
    internal bool Holds(ReadOnlySpan<byte> record) =>
        BamLayout.ReferenceId(record) == ReferenceId && BamLayout.Position(record) is var position && position < End && position >= Fence
        && (position >= Start || BamLayout.EndOf(record) > Start);

    // Records are in the order of their positions.
    internal bool IsBehind(ReadOnlySpan<byte> record) => BamLayout.ReferenceId(record) == ReferenceId && BamLayout.Position(record) >= End;
}
