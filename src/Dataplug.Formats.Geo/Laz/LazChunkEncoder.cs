using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>Compresses chunks of points from memory to memory. The bytes are those that LASzip makes of the same points. One that is kept
/// uses its memory again; it is not for several threads at a time.</summary>
public sealed unsafe class LazChunkEncoder
{
    private readonly ModelArena _arena = new(decoding: false);
    private readonly ArithmeticEncoder _encoder = new();
    private readonly GpsTimeSequences[] _times = new GpsTimeSequences[4];
    private readonly int _recordLength;
    private readonly PointwiseItems? _pointwise;
    private readonly LayeredItems? _layered;
    private PointContext[] _points = [];

    /// <summary>Makes an encoder.</summary>
    /// <param name="vlr">How points are to be compressed.</param>
    public LazChunkEncoder(LazVlr vlr)
    {
        ArgumentNullException.ThrowIfNull(vlr);
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

    /// <summary>Compresses points.</summary>
    /// <param name="records">Point records: a whole number of them.</param>
    /// <returns>The chunk, until the encoder is used again; nothing for no points.</returns>
    public ReadOnlySpan<byte> Encode(ReadOnlySpan<byte> records)
    {
        if (records.Length % _recordLength != 0)
            throw new ArgumentException($"{records.Length} bytes are no whole number of records of {_recordLength} bytes.", nameof(records));
        var count = records.Length / _recordLength;
        _encoder.Clear();
        if (count == 0)
            return [];
        if (_pointwise is null && _layered is null)
        {
            records.CopyTo(_encoder.Raw(records.Length));
            return _encoder.Written;
        }

        records[.._recordLength].CopyTo(_encoder.Raw(_recordLength));
        fixed (byte* source = records)
        {
            if (_layered is not null)
                EncodeLayers(source, count);
            else
                EncodePoints(source, count);
        }
        return _encoder.Written;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void EncodePoints(byte* records, int count)
    {
        _arena.Reset();
        _pointwise!.Begin(_arena, records);
        _encoder.Begin();
        for (var i = 1; i < count; i++)
            _pointwise.Encode(_encoder, records + (nint)i * _recordLength);
        _ = _encoder.End();
    }

    private void EncodeLayers(byte* records, int count)
    {
        var layers = _layered!.Layers;
        BinaryPrimitives.WriteUInt32LittleEndian(_encoder.Raw(4), (uint)count);
        var lengthsAt = _encoder.Position;
        _encoder.Raw(4 * layers.Length).Clear();
        if (_points.Length < count)
            _points = GC.AllocateUninitializedArray<PointContext>(count);
        fixed (PointContext* points = _points)
        {
            for (var i = 0; i < layers.Length; i++)
            {
                // The first two layers are written always, others where a value changes.
                if (i > 1 && IsConstant(layers[i], records, count))
                    continue;
                _arena.Reset();
                _encoder.Begin();
                var coder = new EncodingCoder(_encoder);
                layers[i].Code(ref coder, _arena, records, count, _recordLength, points, _times);
                var length = _encoder.End();
                BinaryPrimitives.WriteInt32LittleEndian(_encoder.At(lengthsAt + 4 * i, 4), length);
            }
        }
    }

    // Colours that are no shades of grey are a layer also where they never change, as they are LASzip's.
    private bool IsConstant(Layer layer, byte* records, int count) => layer.Kind switch
    {
        LayerKind.Point => PointLayers.IsConstant(layer.At, records, count, _recordLength),
        LayerKind.Colours when count > 1 && !IsGrey((ushort*)(records + layer.At)) => false,
        _ => PointLayers.IsConstant(records, count, _recordLength, layer.At, layer.Length),
    };

    private static bool IsGrey(ushort* colours) => colours[0] == colours[1] && colours[0] == colours[2];
}
