using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>Decompresses chunks of points from memory to memory. One that is kept uses its memory again; it is not for several threads at a
/// time.</summary>
public sealed unsafe class LazChunkDecoder
{
    private readonly ModelArena _arena = new(decoding: true);
    private readonly LazVlr _vlr;
    private readonly LazFields _fields;
    private readonly int _recordLength;
    private readonly PointwiseItems? _pointwise;
    private readonly LayeredItems? _layered;
    private readonly GpsTimeSequences[] _times = new GpsTimeSequences[4];
    private PointContext[] _points = [];

    // Of a stream that is decoded piece by piece.
    private ArithmeticDecoder _decoder;
    private bool _started;

    /// <summary>Makes a decoder.</summary>
    /// <param name="vlr">How points are compressed.</param>
    /// <param name="fields">What to decompress of points of formats 6 to 10: all records get the value that the first point of their chunk has
    /// where a field is left out. Other formats are decompressed wholly, always.</param>
    public LazChunkDecoder(LazVlr vlr, LazFields fields = LazFields.All)
    {
        ArgumentNullException.ThrowIfNull(vlr);
        _vlr = vlr;
        _fields = fields;
        _recordLength = vlr.RecordLength;
        switch (vlr.Compressor)
        {
            case LazCompressor.Pointwise or LazCompressor.Chunked:
                _pointwise = new PointwiseItems(vlr);
                break;
            case LazCompressor.Layered:
                _layered = new LayeredItems(vlr);
                break;
        }
    }

    /// <summary>Bytes of a point record.</summary>
    public int RecordLength => _recordLength;

    /// <summary>Bytes of the stream that were read, while it is decoded piece by piece.</summary>
    internal int Position { get; private set; }

    /// <summary>Decompresses a whole chunk.</summary>
    /// <param name="chunk">Its bytes, all of them and no more.</param>
    /// <param name="count">Its points.</param>
    /// <param name="records">Takes the point records: count times <see cref="RecordLength"/> bytes.</param>
    /// <param name="source">The object, for what is said of errors.</param>
    /// <param name="offset">Where the chunk begins in it, in bytes.</param>
    /// <exception cref="CorruptObjectException">The chunk is damaged.</exception>
    public void Decode(ReadOnlySpan<byte> chunk, int count, Span<byte> records, string? source = null, long offset = 0)
    {
        try
        {
            var length = DecodeFront(chunk, count, records);
            if (length != chunk.Length)
                throw new LazDataException(length, Text($"its {count} points end {chunk.Length - length} bytes before it does"));
        }
        catch (LazDataException broken)
        {
            throw Corrupt(broken, source, offset);
        }
    }

    /// <summary>Gives the number of points that a chunk of layers says that it has.</summary>
    /// <param name="head">The chunk's first bytes: four behind the first record at least.</param>
    internal uint CountOf(ReadOnlySpan<byte> head) => BinaryPrimitives.ReadUInt32LittleEndian(head[_recordLength..]);

    /// <summary>Bytes of a chunk of layers that its length is told from.</summary>
    internal int HeadLength => _layered!.HeadLength(_recordLength);

    /// <summary>Gives the length of a chunk of layers.</summary>
    /// <param name="head">The chunk's first <see cref="HeadLength"/> bytes.</param>
    internal long LengthOf(ReadOnlySpan<byte> head)
    {
        var length = (long)HeadLength;
        for (var at = _recordLength + 4; at < HeadLength; at += 4)
            length += BinaryPrimitives.ReadUInt32LittleEndian(head[at..]);
        return length;
    }

    internal static CorruptObjectException Corrupt(LazDataException broken, string? source, long offset) => new(
        source,
        Text($"the chunk of points that begins at byte {offset} is damaged: {broken.Message}"),
        "Check the object against its origin (its checksum or size) and upload it again; the other chunks can be read.",
        offset + broken.Position,
        broken);

    /// <summary>Decompresses the points at the beginning of some bytes.</summary>
    /// <returns>The bytes that they took.</returns>
    /// <exception cref="LazDataException">They are damaged, or fewer than there should be.</exception>
    internal int DecodeFront(ReadOnlySpan<byte> chunk, int count, Span<byte> records)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var needed = (long)count * _recordLength;
        if (records.Length < needed)
            throw new ArgumentException($"{count} records of {_recordLength} bytes do not fit into {records.Length} bytes.", nameof(records));
        if (count == 0)
            return 0;
        if (chunk.Length < _recordLength)
            throw new LazDataException(chunk.Length, Text($"it has {chunk.Length} bytes, and its first point alone is {_recordLength}"));
        if (_layered is not null)
            return DecodeLayers(chunk, count, records);
        if (_pointwise is not null)
        {
            Start();
            Continue(chunk, records[..(int)needed]);
            return Position;
        }
        if (chunk.Length < needed)
            throw new LazDataException(chunk.Length, Text($"it has {chunk.Length} bytes, and its {count} points are {needed}"));
        chunk[..(int)needed].CopyTo(records);
        return (int)needed;
    }

    /// <summary>Begins with a stream of points (not one of layers), to be decoded piece by piece.</summary>
    internal void Start() => _started = false;

    /// <summary>Decodes the next points of a stream.</summary>
    /// <param name="stream">The stream from its beginning on: the same bytes every time, and more of them at will.</param>
    /// <param name="records">Takes as many records as it has room for; they must be there.</param>
    /// <exception cref="LazDataException">The stream is damaged, or ends.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Continue(ReadOnlySpan<byte> stream, Span<byte> records)
    {
        var count = records.Length / _recordLength;
        if (count == 0)
            return;
        fixed (byte* chunk = stream)
        fixed (byte* target = records)
        {
            var end = chunk + stream.Length;
            var record = target;
            ArithmeticDecoder decoder;
            if (!_started)
            {
                if (stream.Length < _recordLength)
                    throw new LazDataException(stream.Length, "it ends within its first point");
                _arena.Reset();
                stream[.._recordLength].CopyTo(records);
                _pointwise!.Begin(_arena, record);
                decoder = new ArithmeticDecoder(chunk, chunk + _recordLength, end);
                _started = true;
                record += _recordLength;
                count--;
            }
            else
            {
                decoder = _decoder.Moved(chunk, chunk + Position, end);
            }

            for (; count > 0; count--)
            {
                _pointwise!.Decode(ref decoder, record);
                record += _recordLength;
            }
            Position = (int)(decoder.Next - chunk);
            _decoder = decoder;
        }
    }

    private int DecodeLayers(ReadOnlySpan<byte> chunk, int count, Span<byte> records)
    {
        var layers = _layered!.Layers;
        if (chunk.Length < HeadLength)
            throw new LazDataException(chunk.Length, Text($"it has {chunk.Length} bytes, and {HeadLength} are needed to say where its layers are"));
        if (CountOf(chunk) != count)
            throw new LazDataException(_recordLength, Text($"it says that it has {CountOf(chunk)} points, and there should be {count}"));
        var length = LengthOf(chunk);
        if (length > chunk.Length)
            throw new LazDataException(_recordLength + 4, Text($"its layers are {length - HeadLength} bytes long, and {chunk.Length - HeadLength} are there"));

        if (_points.Length < count)
            _points = GC.AllocateUninitializedArray<PointContext>(count);
        chunk[.._recordLength].CopyTo(records);
        fixed (byte* start = chunk)
        fixed (byte* target = records)
        fixed (PointContext* points = _points)
        {
            var layer = start + HeadLength;
            for (var i = 0; i < layers.Length; i++)
            {
                var layerLength = *(uint*)(start + _recordLength + 4 + 4 * i);
                // A layer of no bytes is one of no change.
                if (i == 0 || layerLength > 0 && (layers[i].Field & _fields) != 0)
                {
                    if (count > 1 || layerLength > 0)
                        DecodeLayer(i, start, layer, layer + layerLength, target, count, points);
                }
                else if (layers[i].Kind == LayerKind.Point)
                {
                    PointLayers.Fill(layers[i].At, target, count, _recordLength);
                }
                else
                {
                    PointLayers.Fill(target, count, _recordLength, layers[i].At, layers[i].Length);
                }
                layer += layerLength;
            }
        }
        return (int)length;
    }

    private void DecodeLayer(int i, byte* chunk, byte* start, byte* end, byte* records, int count, PointContext* points)
    {
        _arena.Reset();
        var coder = new DecodingCoder(new ArithmeticDecoder(chunk, start, end));
        _layered!.Layers[i].Code(ref coder, _arena, records, count, _recordLength, points, _times);
        if (coder.Next != end)
            throw new LazDataException(coder.Next - chunk, Text($"its layer {i} has its last value {end - coder.Next} bytes before its end"));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
