using Dataplug.Compression;

namespace Dataplug.Formats.Genomics;

/// <summary>What is known of a run of records: the partial result of a part of an object, and of all parts together that of the
/// whole.</summary>
internal sealed class BamTotals
{
    /// <summary>The header, decompressed, in the first part; else empty.</summary>
    public byte[] Header { get; set; } = [];

    /// <summary>Where the first record starts.</summary>
    public VirtualOffset Start { get; init; }

    /// <summary>Where the last record ends.</summary>
    public VirtualOffset End { get; set; }

    public long Records { get; set; }

    /// <summary>Records without a place.</summary>
    public long Unplaced { get; set; }

    /// <summary>Whether the end-of-file marker is the last that was met.</summary>
    public bool EndsWithMarker { get; set; }

    /// <summary>Records with a place, for each reference sequence that has any: mapped and not.</summary>
    public SortedDictionary<int, (long Mapped, long Unmapped)> Counts { get; } = [];

    /// <summary>Those of the records without a place that say they are mapped.</summary>
    public long MappedUnplaced { get; set; }

    public required BamMarks Marks { get; init; }

    public BinningIndexBuilder Bins { get; init; } = new();

    /// <summary>Takes in the next part.</summary>
    public void Append(BamTotals next)
    {
        if (Header.Length == 0)
            Header = next.Header;
        Records += next.Records;
        Unplaced += next.Unplaced;
        MappedUnplaced += next.MappedUnplaced;
        End = next.End;
        EndsWithMarker = next.EndsWithMarker;
        foreach (var (reference, counts) in next.Counts)
        {
            var known = Counts.GetValueOrDefault(reference);
            Counts[reference] = (known.Mapped + counts.Mapped, known.Unmapped + counts.Unmapped);
        }

        Marks.Offsets.AddRange(next.Marks.Offsets);
        Marks.Positions.AddRange(next.Marks.Positions);
        Marks.Numbers.AddRange(next.Marks.Numbers);
        Bins.Append(next.Bins);
    }

    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes))
        {
            writer.Write7BitEncodedInt(Header.Length);
            writer.Write(Header);
            writer.Write(Start.Value);
            writer.Write(End.Value);
            foreach (var number in (ReadOnlySpan<long>)[Records, Unplaced, MappedUnplaced])
                writer.Write7BitEncodedInt64(number);
            writer.Write(EndsWithMarker);
            writer.Write7BitEncodedInt(Counts.Count);
            foreach (var (reference, (mapped, unmapped)) in Counts)
            {
                writer.Write7BitEncodedInt(reference);
                writer.Write7BitEncodedInt64(mapped);
                writer.Write7BitEncodedInt64(unmapped);
            }

            writer.Write7BitEncodedInt(Marks.Offsets.Count);
            for (var i = 0; i < Marks.Offsets.Count; i++)
            {
                writer.Write(Marks.Offsets[i]);
                writer.Write(Marks.Positions[i]);
                writer.Write(Marks.Numbers[i]);
            }

            Bins.Save(writer);
        }

        return bytes.ToArray();
    }

    public static BamTotals FromBytes(ReadOnlyMemory<byte> bytes, long size)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes.ToArray(), writable: false));
        var header = reader.ReadBytes(reader.Read7BitEncodedInt());
        var (start, end) = (new VirtualOffset(reader.ReadUInt64()), new VirtualOffset(reader.ReadUInt64()));
        var (records, unplaced, mappedUnplaced) = (reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64());
        var endsWithMarker = reader.ReadBoolean();
        var counts = new SortedDictionary<int, (long, long)>();
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
            counts.Add(reader.Read7BitEncodedInt(), (reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64()));
        var marks = new BamMarks(size);
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            marks.Offsets.Add(reader.ReadInt64());
            marks.Positions.Add(reader.ReadInt64());
            marks.Numbers.Add(reader.ReadInt64());
        }

        var totals = new BamTotals
        {
            Header = header,
            Start = start,
            End = end,
            Records = records,
            Unplaced = unplaced,
            MappedUnplaced = mappedUnplaced,
            EndsWithMarker = endsWithMarker,
            Marks = marks,
            Bins = BinningIndexBuilder.Load(reader),
        };
        foreach (var (reference, count) in counts)
            totals.Counts.Add(reference, count);
        return totals;
    }
}
