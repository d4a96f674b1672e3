using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>Valid BAM, realistic and hostile, written by plain code.</summary>
internal static class BamSamples
{
    /// <summary>Objects sorted by position.</summary>
    public static Gen<byte[]> Sorted { get; } = Objects(isSorted: true);

    /// <summary>Objects in any order.</summary>
    public static Gen<byte[]> Unsorted { get; } = Objects(isSorted: false);

    private static Gen<byte[]> Objects(bool isSorted) => Gen.Sized(size =>
        from seed in Gen.Choose(0, int.MaxValue)
        from records in Gen.Frequency((1, Gen.Constant(0)), (9, Gen.Choose(1, 2 * (size + 2))))
        from references in Gen.Frequency((1, Gen.Constant(0)), (9, Gen.Choose(1, 5)))
        from layout in Gen.Elements(Enum.GetValues<BlockLayout>())
        select Make(new BamSample { Seed = seed, Records = records, References = references, Layout = layout, IsSorted = isSorted, LongRead = 8000 }));

    /// <summary>An object.</summary>
    public static byte[] Make(BamSample sample) => Store(Content(sample), sample.Layout, new System.Random(sample.Seed), sample.HasEndMarker);

    /// <summary>Its content.</summary>
    public static (byte[] Header, List<byte[]> Records) Content(BamSample sample)
    {
        var random = new System.Random(sample.Seed);
        var lengths = Enumerable.Range(0, sample.References).Select(_ => random.Next(4) == 0 ? random.Next(1, 50) : random.Next(50, sample.Length)).ToArray();
        var records = Enumerable.Range(0, sample.Records).Select(i => Record(random, lengths, i, sample)).ToList();
        if (sample.IsSorted)
            records = [.. records.OrderBy(record => (uint)BitConverter.ToInt32(record, 0)).ThenBy(record => BitConverter.ToInt32(record, 4))];
        return (Header(random, lengths, sample.IsSorted), records);
    }

    /// <summary>Content in blocks.</summary>
    public static byte[] Store((byte[] Header, List<byte[]> Records) bam, BlockLayout layout, System.Random random, bool hasEndMarker = true)
    {
        var stored = new MemoryStream();
        var content = new MemoryStream();
        content.Write(bam.Header);
        if (layout == BlockLayout.RecordByRecord)
            Flush();
        foreach (var record in bam.Records)
        {
            content.Write(BitConverter.GetBytes(record.Length));
            content.Write(record);
            if (layout == BlockLayout.RecordByRecord)
                Flush();
        }

        Flush();
        if (hasEndMarker)
            stored.Write(PlainBam.EndMarker);
        return stored.ToArray();

        void Flush()
        {
            var bytes = content.ToArray();
            for (var at = 0; at < bytes.Length;)
            {
                var length = Math.Min(bytes.Length - at, layout switch
                {
                    BlockLayout.Tiny => random.Next(1, 40),
                    BlockLayout.Small => random.Next(1, 2000),
                    BlockLayout.Full => 65536,
                    _ => 65280,
                });
                stored.Write(PlainBam.Block(bytes.AsSpan(at, length)));
                at += length;
                if (layout is BlockLayout.Tiny or BlockLayout.Small && random.Next(10) == 0)
                    stored.Write(random.Next(2) == 0 ? PlainBam.EndMarker : PlainBam.Block([]));
            }

            content.SetLength(0);
        }
    }

    private static byte[] Header(System.Random random, int[] lengths, bool isSorted)
    {
        var text = new StringBuilder();
        text.Append("@HD\tVN:1.6\tSO:").Append(isSorted ? "coordinate" : "unsorted").Append('\n');
        for (var i = 0; i < lengths.Length; i++)
            text.Append($"@SQ\tSN:{Name(i)}\tLN:{lengths[i]}\n");
        text.Append("@RG\tID:one\tSM:sample\n@PG\tID:made\tPN:made\n");
        if (random.Next(4) == 0)
            text.Append("@CO\tID:is no field of a comment\n");
        var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write("BAM\u0001"u8);
        writer.Write(text.Length);
        writer.Write(Encoding.ASCII.GetBytes(text.ToString()));
        writer.Write(lengths.Length);
        for (var i = 0; i < lengths.Length; i++)
        {
            writer.Write(Name(i).Length + 1);
            writer.Write(Encoding.ASCII.GetBytes(Name(i) + "\0"));
            writer.Write(lengths[i]);
        }

        return bytes.ToArray();
    }

    private static string Name(int reference) => reference == 2 ? "HLA:A*01:01" : $"chr{reference + 1}";

    private static byte[] Record(System.Random random, int[] lengths, int number, BamSample sample)
    {
        var isPlaced = lengths.Length > 0 && random.Next(8) > 0;
        var reference = isPlaced ? random.Next(lengths.Length) : -1;
        var position = isPlaced ? random.Next(lengths[reference]) : -1;
        var isMapped = isPlaced && random.Next(10) > 0;
        var flags = (isMapped ? 0 : 4) | (random.Next(2) * 16) | (random.Next(3) == 0 ? 1024 : 0);
        var bases = random.Next(20) switch { 0 => 0, 1 => random.Next(1, sample.LongRead), _ => random.Next(1, 160) };
        var cigar = isMapped && bases > 0 ? Cigar(random, bases, sample.LongRead) : [];
        var tags = new MemoryStream();
        using var tagWriter = new BinaryWriter(tags);

        // A CIGAR of many operations goes into a tag (SAM specification, section 4.2.2); so do some of few.
        if (cigar.Length > 2 && random.Next(8) == 0)
        {
            tagWriter.Write("CGBI"u8);
            tagWriter.Write(cigar.Length);
            foreach (var operation in cigar)
                tagWriter.Write(operation);
            cigar = [((uint)bases << 4) | 4, ((uint)random.Next(1, 100) << 4) | 3];
        }

        Tags(random, tagWriter);
        var name = Encoding.ASCII.GetBytes(random.Next(15) == 0 ? "*" : $"read{number}{new string('x', random.Next(30))}");
        var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(reference);
        writer.Write(position);
        writer.Write((byte)(name.Length + 1));
        writer.Write((byte)random.Next(61));
        writer.Write((ushort)4680);
        writer.Write((ushort)cigar.Length);
        writer.Write((ushort)flags);
        writer.Write(bases);
        writer.Write(random.Next(3) == 0 ? reference : -1);
        writer.Write(random.Next(3) == 0 && isPlaced ? random.Next(1000) : -1);
        writer.Write(random.Next(-500, 500));
        writer.Write(name);
        writer.Write((byte)0);
        foreach (var operation in cigar)
            writer.Write(operation);
        for (var i = 0; i < (bases + 1) / 2; i++)
            writer.Write((byte)("\x11\x12\x14\x18\x21\x48\x84\xff"[random.Next(8)] & (i == bases / 2 ? 0xf0 : 0xff)));
        var hasQualities = random.Next(10) > 0;
        for (var i = 0; i < bases; i++)
            writer.Write(hasQualities ? (byte)random.Next(42) : (byte)255);
        writer.Write(tags.ToArray());
        return bytes.ToArray();
    }

    // Operations that go along all of the bases.
    private static uint[] Cigar(System.Random random, int bases, int longRead)
    {
        var operations = new List<uint>();
        var left = bases;
        while (left > 0)
        {
            var length = (uint)random.Next(1, Math.Min(left, 80) + 1);
            var kind = random.Next(8) switch { 0 => 1u, 1 => 7u, 2 => 8u, _ => 0u };
            operations.Add((length << 4) | kind);
            left -= (int)length;
            if (left > 0 && random.Next(6) == 0)
                operations.Add(((uint)random.Next(1, random.Next(5) == 0 ? longRead : 30) << 4) | (random.Next(2) == 0 ? 2u : 3u));
        }

        return [.. operations];
    }

    private static void Tags(System.Random random, BinaryWriter writer)
    {
        if (random.Next(3) > 0)
        {
            writer.Write("NMC"u8);
            writer.Write((byte)random.Next(20));
        }

        if (random.Next(6) > 0)
            return;
        writer.Write("X0A!"u8);
        writer.Write("X1c"u8);
        writer.Write((sbyte)-7);
        writer.Write("X2s"u8);
        writer.Write((short)-700);
        writer.Write("X3S"u8);
        writer.Write((ushort)65000);
        writer.Write("X4i"u8);
        writer.Write(-70000);
        writer.Write("X5I"u8);
        writer.Write(4000000000u);
        writer.Write("X6f"u8);
        writer.Write(0.25f);
        writer.Write("X7Zsome text\0X8H1AE301\0"u8);
        writer.Write("X9Bc"u8);
        writer.Write(2);
        writer.Write([0xff, 0x01]);
        writer.Write("Y0BS"u8);
        writer.Write(1);
        writer.Write((ushort)40000);
        writer.Write("Y1Bf"u8);
        writer.Write(2);
        writer.Write(1.5f);
        writer.Write(-1e-7f);
    }
}

/// <summary>What an object is like.</summary>
public sealed record BamSample
{
    public int Seed { get; init; }

    public int Records { get; init; } = 1000;

    public int References { get; init; } = 3;

    /// <summary>Positions of the longest reference sequence, below.</summary>
    public int Length { get; init; } = 100_000;

    /// <summary>Bases of the longest read, and positions of the longest gap, below.</summary>
    public int LongRead { get; init; } = 20_000;

    public BlockLayout Layout { get; init; }

    public bool IsSorted { get; init; } = true;

    public bool HasEndMarker { get; init; } = true;
}

/// <summary>How content is cut into blocks.</summary>
public enum BlockLayout
{
    /// <summary>65280 bytes each, as samtools does it.</summary>
    Usual,

    /// <summary>65536 bytes each.</summary>
    Full,

    /// <summary>Up to 2000 bytes, some of none between them.</summary>
    Small,

    /// <summary>Up to 40 bytes, some of none between them.</summary>
    Tiny,

    /// <summary>A block for the header and one for each record, as far as they fit into one.</summary>
    RecordByRecord,
}
