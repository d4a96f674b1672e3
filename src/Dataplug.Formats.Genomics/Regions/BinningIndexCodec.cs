using Dataplug.Compression;

namespace Dataplug.Formats.Genomics;

/// <summary>Writes a <see cref="BinningIndex"/> as numbers that zstd packs well, for the section of an index. Names are kept elsewhere.</summary>
/// <remarks>Places are differences with the sign in the lowest bit. Where there is a linear index, the bins' first overlaps follow from
/// it and are left out.</remarks>
internal static class BinningIndexCodec
{
    /// <summary>The index as bytes.</summary>
    public static byte[] ToBytes(BinningIndex index)
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes))
        {
            writer.Write((byte)index.Scheme.MinShift);
            writer.Write((byte)index.Scheme.Depth);
            writer.Write7BitEncodedInt64(index.UnplacedCount is { } unplaced ? unplaced + 1 : 0);
            writer.Write7BitEncodedInt(index.References.Count);
            foreach (var reference in index.References)
                Write(writer, reference);
        }

        return bytes.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="names">The sequences' names.</param>
    /// <param name="source">The object's name for messages.</param>
    /// <exception cref="CorruptIndexException">The bytes are something else.</exception>
    public static BinningIndex FromBytes(byte[] bytes, IReadOnlyList<string> names, string source)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes, writable: false));
            var scheme = new BinningScheme(reader.ReadByte(), reader.ReadByte());
            var unplaced = reader.Read7BitEncodedInt64();
            if (scheme.MinShift is < 1 or > 30 || scheme.Depth is < 0 or > 9 || reader.Read7BitEncodedInt() != names.Count)
                throw new FormatException("the scheme or the number of sequences can't be");
            return new BinningIndex(scheme, [.. names.Select(name => Read(reader, name))], unplaced > 0 ? unplaced - 1 : null);
        }
        catch (Exception failure) when (failure is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new CorruptIndexException(source, "the section of bins is damaged", innerException: failure);
        }
    }

    private static void Write(BinaryWriter writer, BinnedReference reference)
    {
        ulong place = 0;
        writer.Write(reference.Metadata is not null);
        if (reference.Metadata is { } metadata)
        {
            WritePlace(writer, metadata.Extent.Start, ref place);
            WritePlace(writer, metadata.Extent.End, ref place);
            writer.Write7BitEncodedInt64(metadata.Mapped);
            writer.Write7BitEncodedInt64(metadata.Unmapped);
        }

        writer.Write7BitEncodedInt(reference.Linear.Count);
        foreach (var offset in reference.Linear)
            WritePlace(writer, offset, ref place);
        writer.Write7BitEncodedInt(reference.Bins.Count);
        var number = 0;
        foreach (var bin in reference.Bins)
        {
            writer.Write7BitEncodedInt(bin.Number - number);
            number = bin.Number;
            if (reference.Linear.Count == 0)
                WritePlace(writer, bin.FirstOverlap, ref place);
            writer.Write7BitEncodedInt(bin.Chunks.Count);
            foreach (var chunk in bin.Chunks)
            {
                WritePlace(writer, chunk.Start, ref place);
                WritePlace(writer, chunk.End, ref place);
            }
        }
    }

    private static BinnedReference Read(BinaryReader reader, string name)
    {
        ulong place = 0;
        var metadata = reader.ReadBoolean()
            ? new ReferenceMetadata(new VirtualChunk(ReadPlace(reader, ref place), ReadPlace(reader, ref place)), reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64())
            : null;
        var linear = new List<VirtualOffset>();
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
            linear.Add(ReadPlace(reader, ref place));
        var bins = new List<IndexBin>();
        var number = 0;
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            number += reader.Read7BitEncodedInt();
            var firstOverlap = linear.Count == 0 ? ReadPlace(reader, ref place) : default;
            var chunks = new List<VirtualChunk>();
            for (var more = reader.Read7BitEncodedInt(); more > 0; more--)
                chunks.Add(new VirtualChunk(ReadPlace(reader, ref place), ReadPlace(reader, ref place)));
            bins.Add(new IndexBin(number, firstOverlap, chunks));
        }

        return new BinnedReference(name, bins, linear, metadata);
    }

    private static void WritePlace(BinaryWriter writer, VirtualOffset place, ref ulong last)
    {
        var difference = (long)(place.Value - last);
        writer.Write7BitEncodedInt64((difference << 1) ^ (difference >> 63));
        last = place.Value;
    }

    private static VirtualOffset ReadPlace(BinaryReader reader, ref ulong last)
    {
        var zigzag = reader.Read7BitEncodedInt64();
        last += (ulong)((zigzag >>> 1) ^ -(zigzag & 1));
        return new VirtualOffset(last);
    }
}
