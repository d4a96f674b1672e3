using Dataplug.Compression;

namespace Dataplug.Formats.Genomics;

/// <summary>The records of a contig, as they are found.</summary>
internal sealed class VcfContigRun(string name, VirtualOffset start)
{
    public string Name { get; } = name;

    /// <summary>Where the first record starts.</summary>
    public VirtualOffset Start { get; } = start;

    /// <summary>Where the last one ends.</summary>
    public VirtualOffset End { get; set; }

    public long Records { get; set; }

    /// <summary>The position after the last that a record covers.</summary>
    public long MaxEnd { get; set; }

    public void Append(VcfContigRun next)
    {
        End = next.End;
        Records += next.Records;
        MaxEnd = Math.Max(MaxEnd, next.MaxEnd);
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(Name);
        writer.Write(Start.Value);
        writer.Write(End.Value);
        writer.Write7BitEncodedInt64(Records);
        writer.Write7BitEncodedInt64(MaxEnd);
    }

    public static VcfContigRun Read(BinaryReader reader)
    {
        var name = reader.ReadString();
        return new VcfContigRun(name, new VirtualOffset(reader.ReadUInt64()))
        {
            End = new VirtualOffset(reader.ReadUInt64()),
            Records = reader.Read7BitEncodedInt64(),
            MaxEnd = reader.Read7BitEncodedInt64(),
        };
    }
}
