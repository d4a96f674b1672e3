using Dataplug.Compression;

namespace Dataplug.Formats.Genomics;

/// <summary>What a run of lines of a VCF object knows; numbers count from its start.</summary>
internal sealed class VcfPartial(VcfGrid grid)
{
    /// <summary>Lines that ended.</summary>
    public long Lines { get; set; }

    /// <summary>Records that ended.</summary>
    public long Records { get; set; }

    /// <summary>The header lines, or the parts of them that are in the run.</summary>
    public MemoryStream Header { get; private init; } = new();

    /// <summary>The line and the place of the first header line that begins in the run; line −1 where there is none.</summary>
    public VcfPlace FirstHeader { get; set; } = VcfPlace.None;

    /// <summary>Where the last header line ends.</summary>
    public VirtualOffset HeaderEnd { get; set; }

    /// <summary>The first record.</summary>
    public VcfPlace FirstRecord { get; set; } = VcfPlace.None;

    /// <summary>Columns of the first record; the others have as many.</summary>
    public long Columns { get; set; }

    /// <summary>The first empty line; nothing but empty lines follows it in the run.</summary>
    public VcfPlace FirstEmpty { get; set; } = VcfPlace.None;

    /// <summary>What is wrong, and where; null where nothing is. Nothing after it was looked at.</summary>
    public string? Problem { get; set; }

    /// <summary>Where that is.</summary>
    public VcfPlace ProblemPlace { get; set; } = VcfPlace.None;

    /// <summary>The contigs in the order of their first record.</summary>
    public List<VcfContigRun> Contigs { get; } = [];

    /// <summary>Whether the records of each contig are all together.</summary>
    public bool AreContigsTogether { get; set; } = true;

    /// <summary>The first record of each cell.</summary>
    public VcfMarkList Marks { get; private init; } = new(grid);

    /// <summary>Where the records are by position; contigs are numbered as in <see cref="Contigs"/>.</summary>
    public BinningIndexBuilder Binning { get; private init; } = new();

    /// <summary>Of BGZF: offset of the first block.</summary>
    public long FirstBlock { get; set; }

    /// <summary>Of BGZF: offset of the block after the last.</summary>
    public long BlockAfter { get; set; }

    /// <summary>Whether there is nothing in it.</summary>
    public bool IsEmpty => Lines == 0 && Header.Length == 0 && Problem is null;

    /// <summary>The partial as bytes.</summary>
    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write7BitEncodedInt64(Lines);
        writer.Write7BitEncodedInt64(Records);
        writer.Write7BitEncodedInt((int)Header.Length);
        writer.Write(Header.GetBuffer(), 0, (int)Header.Length);
        foreach (var place in (ReadOnlySpan<VcfPlace>)[FirstHeader, FirstRecord, FirstEmpty, ProblemPlace])
        {
            writer.Write7BitEncodedInt64(place.Line);
            writer.Write(place.Place.Value);
        }

        writer.Write(HeaderEnd.Value);
        writer.Write7BitEncodedInt64(Columns);
        writer.Write(Problem ?? "");
        writer.Write7BitEncodedInt(Contigs.Count);
        foreach (var contig in Contigs)
            contig.Write(writer);
        writer.Write(AreContigsTogether);
        Marks.Write(writer);
        Binning.Save(writer);
        writer.Write7BitEncodedInt64(FirstBlock);
        writer.Write7BitEncodedInt64(BlockAfter);
        writer.Flush();
        return bytes.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="CorruptIndexException">The bytes are something else.</exception>
    public static VcfPartial FromBytes(byte[] bytes, VcfGrid grid)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes, writable: false));
            var (lines, records) = (reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64());
            var header = new MemoryStream();
            header.Write(reader.ReadBytes(reader.Read7BitEncodedInt()));
            var places = new VcfPlace[4];
            for (var i = 0; i < places.Length; i++)
                places[i] = new VcfPlace(reader.Read7BitEncodedInt64(), new VirtualOffset(reader.ReadUInt64()));
            var headerEnd = new VirtualOffset(reader.ReadUInt64());
            var columns = reader.Read7BitEncodedInt64();
            var problem = reader.ReadString();
            var contigs = new List<VcfContigRun>();
            for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
                contigs.Add(VcfContigRun.Read(reader));
            var partial = new VcfPartial(grid)
            {
                Lines = lines,
                Records = records,
                Header = header,
                FirstHeader = places[0],
                FirstRecord = places[1],
                FirstEmpty = places[2],
                ProblemPlace = places[3],
                HeaderEnd = headerEnd,
                Columns = columns,
                Problem = problem.Length == 0 ? null : problem,
                AreContigsTogether = reader.ReadBoolean(),
                Marks = VcfMarkList.Read(reader, grid),
                Binning = BinningIndexBuilder.Load(reader),
                FirstBlock = reader.Read7BitEncodedInt64(),
                BlockAfter = reader.Read7BitEncodedInt64(),
            };
            partial.Contigs.AddRange(contigs);
            return partial;
        }
        catch (Exception failure) when (failure is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new CorruptIndexException(null, "a partial result of preprocessing is damaged", innerException: failure);
        }
    }
}

/// <summary>A line and where it starts.</summary>
/// <param name="Line">Lines before it; −1 for none.</param>
/// <param name="Place">Its first byte.</param>
internal readonly record struct VcfPlace(long Line, VirtualOffset Place)
{
    public static VcfPlace None { get; } = new(-1, default);

    public bool IsThere => Line >= 0;
}
