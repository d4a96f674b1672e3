using System.Buffers.Binary;
using Dataplug.Formats.Geo.Laz;

namespace Dataplug.Formats.Geo;

/// <summary>What is particular about the head of a LAS object whose points are compressed, and how it is written anew.</summary>
internal sealed class LazHead
{
    private const int EvlrOffsetAt = 235;
    private const int WaveformOffsetAt = 227;
    private const int FormatAt = 104;
    private const int RecordCountAt = 100;
    private const int PointsOffsetAt = 96;
    private const byte CompressionBits = 0xc0;

    private readonly LasVlr _record;
    private readonly string _name;
    private LasHeader? _plain;

    private LazHead(LasHeader header, LasVlr record, LazVlr vlr, string name)
    {
        Header = header;
        Vlr = vlr;
        _record = record;
        _name = name;
    }

    /// <summary>The head as it is stored.</summary>
    public LasHeader Header { get; }

    /// <summary>How points are compressed.</summary>
    public LazVlr Vlr { get; }

    /// <summary>The head of the same object without compression: no laszip VLR, and points that begin that much earlier.</summary>
    public LasHeader Plain => _plain ??= MakePlain();

    /// <summary>Looks at a head.</summary>
    /// <exception cref="UnsupportedFormatException">The points are not compressed, or not in chunks.</exception>
    /// <exception cref="CorruptObjectException">The laszip VLR is missing, or contradicts the head.</exception>
    public static LazHead Of(LasHeader header, string name)
    {
        if (!header.IsCompressed)
            throw new UnsupportedFormatException(name, "the points are not compressed: the object is LAS, not LAZ", "Name the format of plain points with --format las.", FormatAt);
        var record = header.Vlrs.FirstOrDefault(vlr => vlr.Is(LazVlr.UserId, LazVlr.RecordId))
            ?? throw new CorruptObjectException(name, "the points are compressed, but there is no laszip VLR that says how", byteOffset: RecordCountAt);
        var payload = record.Offset + LasVlr.HeaderLength;
        var vlr = LazVlr.Parse(record.Data.Span, name, payload);
        vlr.Validate(header.PointFormat.Id, header.PointFormat.RecordLength, name, payload);
        if (!vlr.IsChunked)
        {
            throw new UnsupportedFormatException(
                name, $"the points are one stream (LASzip's compressor {(int)vlr.Compressor}), which can only be read from its beginning", "Compress the object again with laszip, which makes chunks.", payload);
        }

        return new LazHead(header, record, vlr, name);
    }

    /// <summary>Where the points are in an object of a size.</summary>
    public LazPoints PointsIn(long size) => new(Header.PointsOffset, Header.Points, TailOf(size));

    /// <summary>Where what is behind the points and their chunk table begins: extended records; the object's end where there are none.</summary>
    public long TailOf(long size)
    {
        var end = size;
        if (Header.EvlrCount > 0 && Header.EvlrOffset >= Header.PointsOffset + sizeof(long))
            end = Math.Min(end, Header.EvlrOffset);
        if (Header.HasWaveforms && Header.WaveformOffset >= Header.PointsOffset + sizeof(long))
            end = Math.Min(end, Header.WaveformOffset);
        return Math.Max(end, Math.Min(size, Header.PointsOffset + sizeof(long)));
    }

    /// <summary>The head of a LAZ file of some of the points, in chunks of any number of points.</summary>
    /// <param name="summary">What is counted of the points.</param>
    /// <param name="evlrCount">The extended records behind them.</param>
    /// <param name="evlrOffset">Where these begin.</param>
    public byte[] Rewrite(LasSummary summary, long evlrCount, long evlrOffset)
    {
        var bytes = Header.Rewrite(summary, evlrCount);
        Vlr.WithChunks(LazVlr.VariableChunks).ToBytes().CopyTo(bytes.AsSpan((int)_record.Offset + LasVlr.HeaderLength));
        if (evlrCount > 0)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(EvlrOffsetAt), (ulong)evlrOffset);
        return bytes;
    }

    /// <summary>The head of all points as plain LAS, behind which lies what lies behind the points in the object.</summary>
    /// <param name="points">Number of points.</param>
    /// <param name="tail">Where in the object begins what is behind its points.</param>
    public byte[] RewriteWhole(long points, long tail)
    {
        var bytes = Plain.Bytes.ToArray();
        var moved = Plain.PointsOffset + (points * Plain.PointFormat.RecordLength) - tail;
        if (Header.MinorVersion >= 4 && Header.EvlrCount > 0)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(EvlrOffsetAt), Header.EvlrOffset + moved);
        if (Header.HasWaveforms && Header.WaveformOffset >= tail)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(WaveformOffsetAt), Header.WaveformOffset + moved);

        // It says where nodes are in the compressed object.
        foreach (var vlr in Plain.Vlrs.Where(vlr => vlr.Is(LasVlr.CopcUser, LasVlr.CopcInfoRecord)))
            LasHeader.Supersede(bytes.AsSpan((int)vlr.Offset));
        return bytes;
    }

    private LasHeader MakePlain()
    {
        var stored = Header.Bytes.Span;
        var length = (int)(_record.End - _record.Offset);
        var bytes = new byte[stored.Length - length];
        stored[..(int)_record.Offset].CopyTo(bytes);
        stored[(int)_record.End..].CopyTo(bytes.AsSpan((int)_record.Offset));
        bytes[FormatAt] &= unchecked((byte)~CompressionBits);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(RecordCountAt), Header.Vlrs.Count - 1);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(PointsOffsetAt), bytes.Length);
        return LasHeader.Parse(bytes, _name);
    }
}
