using System.Buffers;
using System.Runtime.InteropServices;
using ZstdSharp;

namespace Dataplug.Compression;

/// <summary>What <see cref="GzipScout"/> learns of a range; all of it is relative to a window that is not known yet.</summary>
internal sealed class GzipScoutReport
{
    private const int Level = 3;

    // Guards whoever reads a report from elsewhere: more boundaries than blocks of the shortest kind in a range of 2 GiB make.
    private const int MaxLength = 1 << 30;

    /// <summary>The first place where the first block may have begun; <see cref="BlockCandidate.FirstBit"/>.</summary>
    public required long FirstBit { get; init; }

    /// <summary>Where it began, in bits from the object's start.</summary>
    public required long StartBit { get; init; }

    /// <summary>Whether it began at a member's header.</summary>
    public required bool StartsAtMember { get; init; }

    /// <summary>Where it ended: at a boundary.</summary>
    public long EndBit { get; set; }

    /// <summary>Whether that is a member's header.</summary>
    public bool EndsAtMember { get; set; }

    /// <summary>Bytes of output.</summary>
    public long Output { get; set; }

    /// <summary>Line feeds in it, but for those that markers stand for.</summary>
    public long LineFeeds { get; set; }

    /// <summary>The last symbol of the output; 0 where there is none.</summary>
    public ushort LastSymbol { get; set; }

    /// <summary>All boundaries after the start, the end's included; output from the start on.</summary>
    public List<GzipBoundary> Boundaries { get; } = [];

    /// <summary>How often each byte of the window was copied, directly or not: its index and the number, where that is not 0.</summary>
    public List<(int Index, long Count)> Markers { get; } = [];

    /// <summary>The last 32768 symbols before the end, or those of the member at hand; empty at a member's start.</summary>
    public ushort[] Window { get; set; } = [];

    /// <summary>The report as bytes.</summary>
    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes))
        {
            writer.Write7BitEncodedInt64(FirstBit);
            writer.Write7BitEncodedInt64(StartBit - FirstBit);
            writer.Write(StartsAtMember);
            writer.Write7BitEncodedInt64(EndBit);
            writer.Write(EndsAtMember);
            writer.Write7BitEncodedInt64(Output);
            writer.Write7BitEncodedInt64(LineFeeds);
            writer.Write(LastSymbol);
            writer.Write7BitEncodedInt(Boundaries.Count);
            var before = new GzipBoundary(StartBit, 0, false);
            foreach (var boundary in Boundaries)
            {
                writer.Write7BitEncodedInt64(boundary.Bit - before.Bit << 1 | (boundary.IsMemberStart ? 1L : 0L));
                writer.Write7BitEncodedInt64(boundary.Output - before.Output);
                before = boundary;
            }
            writer.Write7BitEncodedInt(Markers.Count);
            var index = 0;
            foreach (var marker in Markers)
            {
                writer.Write7BitEncodedInt(marker.Index - index);
                writer.Write7BitEncodedInt64(marker.Count);
                index = marker.Index;
            }
            writer.Write7BitEncodedInt(Window.Length);
            writer.Write(MemoryMarshal.AsBytes(Window.AsSpan()));
        }
        using var compressor = new Compressor(Level);
        return compressor.Wrap(bytes.ToArray()).ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="CorruptIndexException">The bytes are no report.</exception>
    public static GzipScoutReport FromBytes(ReadOnlySpan<byte> bytes)
    {
        try
        {
            using var decompressor = new Decompressor();
            var content = decompressor.Unwrap(bytes, MaxLength).ToArray();
            using var reader = new BinaryReader(new MemoryStream(content));
            var first = reader.Read7BitEncodedInt64();
            var report = new GzipScoutReport
            {
                FirstBit = first,
                StartBit = first + reader.Read7BitEncodedInt64(),
                StartsAtMember = reader.ReadBoolean(),
                EndBit = reader.Read7BitEncodedInt64(),
                EndsAtMember = reader.ReadBoolean(),
                Output = reader.Read7BitEncodedInt64(),
                LineFeeds = reader.Read7BitEncodedInt64(),
                LastSymbol = reader.ReadUInt16(),
            };
            var (bit, output) = (report.StartBit, 0L);
            for (var count = reader.Read7BitEncodedInt(); count > 0; count--)
            {
                var step = reader.Read7BitEncodedInt64();
                bit += step >> 1;
                output += reader.Read7BitEncodedInt64();
                report.Boundaries.Add(new(bit, output, (step & 1) != 0));
            }
            var index = 0;
            for (var count = reader.Read7BitEncodedInt(); count > 0; count--)
            {
                index += reader.Read7BitEncodedInt();
                if (index is < 0 or >= WindowCodec.MaxWindowLength)
                    throw Corrupt();
                report.Markers.Add((index, reader.Read7BitEncodedInt64()));
            }
            var length = reader.Read7BitEncodedInt();
            if (length is < 0 or > WindowCodec.MaxWindowLength)
                throw Corrupt();
            report.Window = MemoryMarshal.Cast<byte, ushort>(reader.ReadBytes(length * sizeof(ushort))).ToArray();
            return report.Window.Length == length ? report : throw Corrupt();
        }
        catch (Exception failure) when (failure is ZstdException or EndOfStreamException or FormatException)
        {
            throw Corrupt(failure);
        }
    }

    private static CorruptIndexException Corrupt(Exception? inner = null) =>
        new(null, "a partial result of a gzip object's preprocessing is damaged", innerException: inner);
}
