using System.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>A sequence, or the piece of one that a slice holds.</summary>
/// <param name="Name">Its name: the title up to the first blank.</param>
/// <param name="Description">The rest of the title; of a piece that does not begin its sequence <c>offset=</c> and the bases before.</param>
/// <param name="Offset">Bases of the sequence before the piece.</param>
/// <param name="Bases">Its letters as they are in the object, without line ends.</param>
public sealed record FastaRecord(string Name, string Description, long Offset, ReadOnlyMemory<byte> Bases)
{
    /// <summary>Its letters as text.</summary>
    public string Sequence => Encoding.ASCII.GetString(Bases.Span);

    /// <summary>Whether both have the same title, offset and letters.</summary>
    public bool Equals(FastaRecord? other) =>
        other is not null && (Name, Description, Offset) == (other.Name, other.Description, other.Offset) && Bases.Span.SequenceEqual(other.Bases.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Description, Offset, Bases.Length);
}
