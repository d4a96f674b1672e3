namespace Dataplug.Formats.Geo.Laz;

/// <summary>Reads a layer.</summary>
internal unsafe struct DecodingCoder(ArithmeticDecoder decoder) : ILayerCoder
{
    private ArithmeticDecoder _decoder = decoder;

    public static bool Encodes => false;

    /// <summary>The first byte that was not read.</summary>
    public readonly byte* Next => _decoder.Next;

    public int Symbol(SymbolModel* model, int symbol) => _decoder.Symbol(model);

    public int Integer(ref IntegerModel model, ModelArena arena, int prediction, int value, int context) =>
        model.Decode(ref _decoder, arena, prediction, context);

    public long Time(ref GpsTimeSequences times, long time) => times.Decode(ref _decoder);

    public void Colours(ref RgbModels models, ushort* last, ushort* point)
    {
        models.Decode(ref _decoder, last);
        point[0] = last[0];
        point[1] = last[1];
        point[2] = last[2];
    }

    public void Packet(ref WavePacketModels models, ModelArena arena, byte* last, byte* point)
    {
        models.Decode(ref _decoder, arena, last);
        new ReadOnlySpan<byte>(last, WavePacketModels.Length).CopyTo(new Span<byte>(point, WavePacketModels.Length));
    }
}
