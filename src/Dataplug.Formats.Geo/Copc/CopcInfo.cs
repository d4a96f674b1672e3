using System.Buffers.Binary;
using System.Text;

namespace Dataplug.Formats.Geo;

/// <summary>What the info VLR of a COPC object says (COPC 1.0, "info VLR"): the cube of the octree's root, and where the hierarchy is.</summary>
public sealed record CopcInfo
{
    internal const int Length = 160;

    // "The info VLR MUST exist and MUST be the first VLR in the file": at a fixed place, behind a header of LAS 1.4.
    private const int RecordAt = 375;

    /// <summary>The centre of the root's cube, in the units of the coordinate reference system.</summary>
    public required LasVector Center { get; init; }

    /// <summary>Half of the side of that cube.</summary>
    public required double HalfSize { get; init; }

    /// <summary>The distance between points at the root; half of that at each next level.</summary>
    public required double Spacing { get; init; }

    /// <summary>Where the first page of the hierarchy is, in bytes.</summary>
    public required long RootOffset { get; init; }

    /// <summary>Its bytes.</summary>
    public required long RootLength { get; init; }

    /// <summary>The least GPS time.</summary>
    public required double LeastGpsTime { get; init; }

    /// <summary>The greatest GPS time.</summary>
    public required double GreatestGpsTime { get; init; }

    /// <summary>Whether the first bytes of an object are those of COPC.</summary>
    internal static bool IsAtStart(ReadOnlySpan<byte> head) =>
        head.Length >= RecordAt + LasVlr.HeaderLength
        && head.StartsWith(LasHeader.Magic)
        && Encoding.ASCII.GetString(head.Slice(RecordAt + 2, 5)) == LasVlr.CopcUser + "\0"
        && BinaryPrimitives.ReadUInt16LittleEndian(head[(RecordAt + 18)..]) == LasVlr.CopcInfoRecord;

    /// <summary>The info of an object.</summary>
    /// <exception cref="UnsupportedFormatException">It has none where COPC has it.</exception>
    /// <exception cref="CorruptObjectException">It breaks a rule of the specification.</exception>
    internal static CopcInfo Of(LasHeader header, long size, string name)
    {
        if (!IsAtStart(header.Bytes.Span) || header.Vlrs.Count == 0 || header.Vlrs[0].Offset != RecordAt)
            throw new UnsupportedFormatException(name, "the first variable length record is not COPC's, so the object is not COPC", "Name the format of other compressed points with --format laz.", RecordAt);
        var data = header.Vlrs[0].Data.Span;
        var at = RecordAt + LasVlr.HeaderLength;
        if (data.Length < Length)
            throw new CorruptObjectException(name, $"the COPC info VLR has {data.Length} bytes instead of {Length}", byteOffset: at);
        if (header.PointFormat.Id is < 6 or > 8)
            throw new CorruptObjectException(name, $"the points are of point data record format {header.PointFormat.Id}, and COPC has 6, 7 and 8", byteOffset: 104);
        var info = new CopcInfo
        {
            Center = new LasVector(Double(data, 0), Double(data, 8), Double(data, 16)),
            HalfSize = Double(data, 24),
            Spacing = Double(data, 32),
            RootOffset = BinaryPrimitives.ReadInt64LittleEndian(data[40..]),
            RootLength = BinaryPrimitives.ReadInt64LittleEndian(data[48..]),
            LeastGpsTime = Double(data, 56),
            GreatestGpsTime = Double(data, 64),
        };
        if (!double.IsFinite(info.Center.X) || !double.IsFinite(info.Center.Y) || !double.IsFinite(info.Center.Z) || !(info.HalfSize >= 0) || !double.IsFinite(info.HalfSize))
            throw new CorruptObjectException(name, "the cube of the octree is none: its centre or side is no number", byteOffset: at);
        if (!(info.Spacing >= 0) || !double.IsFinite(info.Spacing))
            throw new CorruptObjectException(name, "the distance between points at the root is no number", byteOffset: at + 32);
        return info;
    }

    private static double Double(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadDoubleLittleEndian(data[at..]);
}
