using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>The models of colours of RGB12 version 2, which the layers of RGB14 and RGBNIR14 use too: the change of red predicts those of
/// green and blue, byte by byte (LAZ specification, RGB12 version 2).</summary>
internal unsafe struct RgbModels
{
    /// <summary>In the symbol of changes: not all three colours are the same.</summary>
    private const int Coloured = 1 << 6;

    private SymbolModel* _changes;
    private SymbolModel* _redLow;
    private SymbolModel* _redHigh;
    private SymbolModel* _greenLow;
    private SymbolModel* _greenHigh;
    private SymbolModel* _blueLow;
    private SymbolModel* _blueHigh;

    public void Begin(ModelArena arena)
    {
        _changes = arena.Symbols(128);
        _redLow = arena.Symbols(256);
        _redHigh = arena.Symbols(256);
        _greenLow = arena.Symbols(256);
        _greenHigh = arena.Symbols(256);
        _blueLow = arena.Symbols(256);
        _blueHigh = arena.Symbols(256);
    }

    /// <summary>Decodes colours.</summary>
    /// <param name="decoder">Where from.</param>
    /// <param name="colours">Three 16-bit colours: the last point's, and then this one's.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Decode(ref ArithmeticDecoder decoder, ushort* colours)
    {
        var changes = decoder.Symbol(_changes);
        int red = colours[0], green = colours[1], blue = colours[2];
        int redLow = red & 0xFF, redHigh = red >> 8;
        if ((changes & 1) != 0)
            redLow = redLow + decoder.Symbol(_redLow) & 0xFF;
        if ((changes & 2) != 0)
            redHigh = redHigh + decoder.Symbol(_redHigh) & 0xFF;
        var newRed = (ushort)(redHigh << 8 | redLow);
        colours[0] = newRed;
        if ((changes & Coloured) == 0)
        {
            colours[1] = colours[2] = newRed;
            return;
        }

        int greenLow = green & 0xFF, greenHigh = green >> 8, blueLow = blue & 0xFF, blueHigh = blue >> 8;
        var difference = redLow - (red & 0xFF);
        if ((changes & 4) != 0)
            greenLow = Clamp(difference + greenLow) + decoder.Symbol(_greenLow) & 0xFF;
        if ((changes & 16) != 0)
            blueLow = Clamp((difference + greenLow - (green & 0xFF)) / 2 + blueLow) + decoder.Symbol(_blueLow) & 0xFF;
        difference = redHigh - (red >> 8);
        if ((changes & 8) != 0)
            greenHigh = Clamp(difference + greenHigh) + decoder.Symbol(_greenHigh) & 0xFF;
        if ((changes & 32) != 0)
            blueHigh = Clamp((difference + greenHigh - (green >> 8)) / 2 + blueHigh) + decoder.Symbol(_blueHigh) & 0xFF;
        colours[1] = (ushort)(greenHigh << 8 | greenLow);
        colours[2] = (ushort)(blueHigh << 8 | blueLow);
    }

    /// <summary>Encodes colours.</summary>
    /// <param name="encoder">Where to.</param>
    /// <param name="colours">Three 16-bit colours: the last point's, and then this one's.</param>
    /// <param name="point">This point's.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Encode(ArithmeticEncoder encoder, ushort* colours, ushort* point)
    {
        int red = colours[0], green = colours[1], blue = colours[2];
        int newRed = point[0], newGreen = point[1], newBlue = point[2];
        var changes = Change(red, newRed) | Change(green, newGreen) << 2 | Change(blue, newBlue) << 4
            | (newRed != newGreen || newRed != newBlue ? Coloured : 0);
        encoder.Symbol(_changes, changes);
        var low = (newRed & 0xFF) - (red & 0xFF);
        var high = (newRed >> 8) - (red >> 8);
        if ((changes & 1) != 0)
            encoder.Symbol(_redLow, low & 0xFF);
        if ((changes & 2) != 0)
            encoder.Symbol(_redHigh, high & 0xFF);
        if ((changes & Coloured) != 0)
        {
            if ((changes & 4) != 0)
                encoder.Symbol(_greenLow, (newGreen & 0xFF) - Clamp(low + (green & 0xFF)) & 0xFF);
            if ((changes & 16) != 0)
                encoder.Symbol(_blueLow, (newBlue & 0xFF) - Clamp((low + (newGreen & 0xFF) - (green & 0xFF)) / 2 + (blue & 0xFF)) & 0xFF);
            if ((changes & 8) != 0)
                encoder.Symbol(_greenHigh, (newGreen >> 8) - Clamp(high + (green >> 8)) & 0xFF);
            if ((changes & 32) != 0)
                encoder.Symbol(_blueHigh, (newBlue >> 8) - Clamp((high + (newGreen >> 8) - (green >> 8)) / 2 + (blue >> 8)) & 0xFF);
        }
        colours[0] = (ushort)newRed;
        colours[1] = (ushort)newGreen;
        colours[2] = (ushort)newBlue;
    }

    private static int Change(int last, int value) => ((last ^ value) & 0xFF) != 0 ? (last ^ value) >> 8 != 0 ? 3 : 1 : (last ^ value) >> 8 != 0 ? 2 : 0;

    private static int Clamp(int value) => Math.Clamp(value, 0, 255);
}
