using System.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>Which records of some runs are meant.</summary>
public sealed record VcfFilter
{
    /// <summary>The contig.</summary>
    public required string Contig { get; init; }

    /// <summary>The first position, from 0.</summary>
    public required long Start { get; init; }

    /// <summary>The position after the last.</summary>
    public required long End { get; init; }

    /// <summary>The first position, from 0, that a record may begin at: 0 where it need only overlap, <see cref="Start"/> for windows,
    /// to which records belong by POS.</summary>
    public long From { get; init; }

    /// <summary>What a record line is to the filter.</summary>
    internal VcfFilterAnswer Answer(ReadOnlySpan<byte> line, in VcfFields fields, ReadOnlySpan<byte> contig)
    {
        if (!line[..fields.ChromEnd].SequenceEqual(contig))
            return VcfFilterAnswer.No;
        if (fields.Start >= End)
            return VcfFilterAnswer.NoMore;
        return fields.Start >= From && fields.EndIn(line) > Start ? VcfFilterAnswer.Yes : VcfFilterAnswer.No;
    }

    internal byte[] ContigBytes() => Encoding.UTF8.GetBytes(Contig);
}

/// <summary>What a record is to a filter.</summary>
internal enum VcfFilterAnswer
{
    /// <summary>It is not meant.</summary>
    No,

    /// <summary>It is meant.</summary>
    Yes,

    /// <summary>It is not meant, nor any behind it.</summary>
    NoMore,
}
