using System.Buffers.Binary;
using System.Text;

namespace Dataplug.Formats.Geo;

/// <summary>A variable length record, between the header and the points, or an extended one, behind the points (LAS 1.4 R15, sections
/// 2.5 and 2.7).</summary>
public sealed class LasVlr
{
    internal const int HeaderLength = 54;
    internal const int ExtendedHeaderLength = 60;

    internal const string SpecUser = "LASF_Spec";
    internal const string ProjectionUser = "LASF_Projection";
    internal const ushort ExtraBytesRecord = 4;
    internal const ushort SupersededRecord = 7;
    internal const ushort WaveformDataRecord = 65535;
    internal const ushort WktRecord = 2112;
    internal const ushort GeoKeyDirectoryRecord = 34735;
    internal const ushort GeoDoubleParamsRecord = 34736;
    internal const ushort GeoAsciiParamsRecord = 34737;

    // LASlib's place for a spatial index within the object.
    internal const string LaxUser = "LAStools";
    internal const ushort LaxRecord = 30;

    internal const string CopcUser = "copc";
    internal const ushort CopcInfoRecord = 1;
    internal const ushort CopcHierarchyRecord = 1000;

    internal LasVlr(ReadOnlySpan<byte> header, long offset, bool isExtended, ReadOnlyMemory<byte> data)
    {
        Reserved = BinaryPrimitives.ReadUInt16LittleEndian(header);
        UserId = TextOf(header.Slice(2, 16));
        RecordId = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
        Length = isExtended ? BinaryPrimitives.ReadUInt64LittleEndian(header[20..]) is var length && length <= long.MaxValue ? (long)length : long.MaxValue : BinaryPrimitives.ReadUInt16LittleEndian(header[20..]);
        Description = TextOf(header.Slice(isExtended ? 28 : 22, 32));
        Offset = offset;
        IsExtended = isExtended;
        Data = data;
    }

    /// <summary>Who defined the record, e.g. <c>LASF_Projection</c>.</summary>
    public string UserId { get; }

    /// <summary>Which of its user's records it is.</summary>
    public ushort RecordId { get; }

    /// <summary>What it is, in words; often empty.</summary>
    public string Description { get; }

    /// <summary>The reserved field: 0 by the specification, 0xAABB in LAS 1.0, anything in practice.</summary>
    public ushort Reserved { get; }

    /// <summary>Where its header starts in the object.</summary>
    public long Offset { get; }

    /// <summary>Bytes of its content.</summary>
    public long Length { get; }

    /// <summary>Whether it lies behind the points.</summary>
    public bool IsExtended { get; }

    /// <summary>Its content; of an extended record longer than 1 MiB empty.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>Where it ends in the object.</summary>
    internal long End => Offset + (IsExtended ? ExtendedHeaderLength : HeaderLength) + Length;

    /// <summary>Whether it speaks of the points of the object by their place, so that it is false of a slice.</summary>
    internal bool IsBoundToObject => Is(LaxUser, LaxRecord) || (IsExtended && Is(SpecUser, WaveformDataRecord))
        || Is(CopcUser, CopcInfoRecord) || Is(CopcUser, CopcHierarchyRecord);

    /// <summary>Whether it is a certain record.</summary>
    public bool Is(string userId, ushort recordId) => RecordId == recordId && string.Equals(UserId, userId, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override string ToString() => $"{UserId} {RecordId}";

    /// <summary>Text that ends at the first NUL or with its field (section 2.3: "char").</summary>
    internal static string TextOf(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]).TrimEnd();
    }
}
