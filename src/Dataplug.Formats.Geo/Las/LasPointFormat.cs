namespace Dataplug.Formats.Geo;

/// <summary>What a point record holds, and where (LAS 1.4 R15, section 2.6): a point data record format, and extra bytes.</summary>
public sealed class LasPointFormat
{
    /// <summary>The greatest point data record format.</summary>
    public const int Greatest = 10;

    internal const int ReturnOffset = 14;
    internal const int UserDataOffset = 17;

    private static readonly int[] Lengths = [20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67];

    internal LasPointFormat(int id, int recordLength, IReadOnlyList<LasExtraBytes> extraBytes)
    {
        Id = id;
        RecordLength = recordLength;
        ExtraBytes = extraBytes;
    }

    /// <summary>The number of the format, 0 to 10.</summary>
    public int Id { get; }

    /// <summary>Bytes of a point record.</summary>
    public int RecordLength { get; }

    /// <summary>Bytes that the format itself takes; what is beyond are extra bytes.</summary>
    public int BaseLength => Lengths[Id];

    /// <summary>The attributes in the extra bytes, in their order; all of them together fill the record.</summary>
    public IReadOnlyList<LasExtraBytes> ExtraBytes { get; }

    /// <summary>Whether it is one of the formats 6 to 10, of LAS 1.4: up to 15 returns, 256 classes, angles of 0.006°.</summary>
    public bool IsExtended => Id >= 6;

    /// <summary>Whether points have a GPS time.</summary>
    public bool HasGpsTime => GpsTimeOffset >= 0;

    /// <summary>Whether points have red, green and blue.</summary>
    public bool HasColor => ColorOffset >= 0;

    /// <summary>Whether points have near infrared.</summary>
    public bool HasNearInfrared => NearInfraredOffset >= 0;

    /// <summary>Whether points have wave packets.</summary>
    public bool HasWavePackets => WavePacketOffset >= 0;

    internal int ReturnMask => IsExtended ? 0x0f : 0x07;

    internal int ClassificationOffset => IsExtended ? 16 : 15;

    internal int ClassificationMask => IsExtended ? 0xff : 0x1f;

    internal int ScanAngleOffset => IsExtended ? 18 : 16;

    internal int PointSourceOffset => IsExtended ? 20 : 18;

    internal int GpsTimeOffset => IsExtended ? 22 : Id is 1 or 3 or 4 or 5 ? 20 : -1;

    internal int ColorOffset => Id switch { 2 => 20, 3 or 5 => 28, 7 or 8 or 10 => 30, _ => -1 };

    internal int NearInfraredOffset => Id is 8 or 10 ? 36 : -1;

    internal int WavePacketOffset => Id switch { 4 => 28, 5 => 34, 9 => 30, 10 => 38, _ => -1 };

    /// <summary>Whether two formats lay out a record alike.</summary>
    internal bool IsLike(LasPointFormat other) => Id == other.Id && RecordLength == other.RecordLength;

    internal static int BaseLengthOf(int id) => Lengths[id];

    internal int ReturnNumberOf(ReadOnlySpan<byte> record) => record[ReturnOffset] & ReturnMask;

    internal int NumberOfReturnsOf(ReadOnlySpan<byte> record) => IsExtended ? record[ReturnOffset] >> 4 : (record[ReturnOffset] >> 3) & 0x07;

    internal int ClassificationOf(ReadOnlySpan<byte> record) => record[ClassificationOffset] & ClassificationMask;
}
