namespace Dataplug.Formats.Geo.Laz;

/// <summary>Either direction of a layer: takes the value that a record has, and gives the value that it has from then on. An encoder writes
/// the value and gives it back; a decoder does not look at it. So each layer is written once for both.</summary>
internal unsafe interface ILayerCoder
{
    /// <summary>Whether records are there before, as they are for an encoder.</summary>
    static abstract bool Encodes { get; }

    int Symbol(SymbolModel* model, int symbol);

    int Integer(ref IntegerModel model, ModelArena arena, int prediction, int value, int context);

    long Time(ref GpsTimeSequences times, long time);

    /// <summary>Three colours.</summary>
    /// <param name="models">What was learnt.</param>
    /// <param name="last">The last point's, and then this one's.</param>
    /// <param name="point">This point's.</param>
    void Colours(ref RgbModels models, ushort* last, ushort* point);

    /// <summary>A wave packet.</summary>
    /// <param name="models">What was learnt.</param>
    /// <param name="arena">Where models are made.</param>
    /// <param name="last">The last point's, and then this one's.</param>
    /// <param name="point">This point's.</param>
    void Packet(ref WavePacketModels models, ModelArena arena, byte* last, byte* point);
}
