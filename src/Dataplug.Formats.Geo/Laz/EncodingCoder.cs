namespace Dataplug.Formats.Geo.Laz;

/// <summary>Writes a layer.</summary>
internal readonly unsafe struct EncodingCoder(ArithmeticEncoder encoder) : ILayerCoder
{
    public static bool Encodes => true;

    public int Symbol(SymbolModel* model, int symbol)
    {
        encoder.Symbol(model, symbol);
        return symbol;
    }

    public int Integer(ref IntegerModel model, ModelArena arena, int prediction, int value, int context)
    {
        model.Encode(encoder, arena, prediction, value, context);
        return value;
    }

    public long Time(ref GpsTimeSequences times, long time)
    {
        times.Encode(encoder, time);
        return time;
    }

    public void Colours(ref RgbModels models, ushort* last, ushort* point) => models.Encode(encoder, last, point);

    public void Packet(ref WavePacketModels models, ModelArena arena, byte* last, byte* point) => models.Encode(encoder, arena, last, point);
}
