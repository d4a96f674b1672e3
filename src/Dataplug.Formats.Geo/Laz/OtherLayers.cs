using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>The layers of the items behind POINT14: colours, near infrared, wave packets and extra bytes (LAZ specification, RGB14,
/// RGBNIR14, WAVEPACKET14 and BYTE14 version 3).</summary>
internal static unsafe class OtherLayers
{
    /// <summary>Codes three colours.</summary>
    /// <param name="coder">Where from or to.</param>
    /// <param name="arena">Where models are made.</param>
    /// <param name="records">The field in the first record, which is there.</param>
    /// <param name="count">How many records.</param>
    /// <param name="stride">Bytes of a record.</param>
    /// <param name="version4">Whether the item is of version 4.</param>
    /// <param name="points">The contexts of all points.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Colours<TCoder>(ref TCoder coder, ModelArena arena, byte* records, int count, int stride, bool version4, PointContext* points)
        where TCoder : ILayerCoder
    {
        var contexts = new OtherContexts(points[0].OtherContext, version4);
        var models = stackalloc RgbModels[4];
        var last = stackalloc ushort[4 * 3];
        models[contexts.Current].Begin(arena);
        Copy(last + 3 * contexts.Current, (ushort*)records);
        var record = records;
        for (var i = 1; i < count; i++)
        {
            record += stride;
            var from = contexts.Move(points[i].OtherContext);
            if (from >= 0)
            {
                models[contexts.Current].Begin(arena);
                Copy(last + 3 * contexts.Current, last + 3 * from);
            }
            coder.Colours(ref models[contexts.Current], last + 3 * contexts.Last, (ushort*)record);
        }

        static void Copy(ushort* to, ushort* from)
        {
            for (var i = 0; i < 3; i++)
                to[i] = from[i];
        }
    }

    /// <summary>Codes near infrared.</summary>
    /// <inheritdoc cref="Colours"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Infrared<TCoder>(ref TCoder coder, ModelArena arena, byte* records, int count, int stride, bool version4, PointContext* points)
        where TCoder : ILayerCoder
    {
        var contexts = new OtherContexts(points[0].OtherContext, version4);
        var last = stackalloc ushort[4];
        // Of each context: what has changed, the lower byte, the upper byte.
        var models = arena.Pointers(4 * 3);
        last[contexts.Current] = *(ushort*)records;
        var record = records;
        for (var i = 1; i < count; i++)
        {
            record += stride;
            var from = contexts.Move(points[i].OtherContext);
            if (from >= 0)
                last[contexts.Current] = last[from];
            var value = *(ushort*)record;
            var before = last[contexts.Last];
            var change = value ^ before;
            var model = 3 * contexts.Current;
            change = coder.Symbol(PointLayers.Of(models, model, 4, arena), ((change & 0xFF) != 0 ? 1 : 0) | (change >> 8 != 0 ? 2 : 0));
            int low = before & 0xFF, high = before >> 8;
            if ((change & 1) != 0)
                low = low + coder.Symbol(PointLayers.Of(models, model + 1, 256, arena), (value & 0xFF) - low & 0xFF) & 0xFF;
            if ((change & 2) != 0)
                high = high + coder.Symbol(PointLayers.Of(models, model + 2, 256, arena), (value >> 8) - high & 0xFF) & 0xFF;
            last[contexts.Last] = (ushort)(high << 8 | low);
            if (!TCoder.Encodes)
                *(ushort*)record = last[contexts.Last];
        }
    }

    /// <summary>Codes wave packets.</summary>
    /// <inheritdoc cref="Colours"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Packets<TCoder>(ref TCoder coder, ModelArena arena, byte* records, int count, int stride, bool version4, PointContext* points)
        where TCoder : ILayerCoder
    {
        var contexts = new OtherContexts(points[0].OtherContext, version4);
        var models = stackalloc WavePacketModels[4];
        var last = stackalloc byte[4 * WavePacketModels.Length];
        models[contexts.Current].Begin(arena);
        Copy(last + WavePacketModels.Length * contexts.Current, records);
        var record = records;
        for (var i = 1; i < count; i++)
        {
            record += stride;
            var from = contexts.Move(points[i].OtherContext);
            if (from >= 0)
            {
                models[contexts.Current].Begin(arena);
                Copy(last + WavePacketModels.Length * contexts.Current, last + WavePacketModels.Length * from);
            }
            coder.Packet(ref models[contexts.Current], arena, last + WavePacketModels.Length * contexts.Last, record);
        }

        static void Copy(byte* to, byte* from) =>
            new ReadOnlySpan<byte>(from, WavePacketModels.Length).CopyTo(new Span<byte>(to, WavePacketModels.Length));
    }

    /// <summary>Codes one extra byte of each record.</summary>
    /// <inheritdoc cref="Colours"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ExtraByte<TCoder>(ref TCoder coder, ModelArena arena, byte* records, int count, int stride, bool version4, PointContext* points)
        where TCoder : ILayerCoder
    {
        var contexts = new OtherContexts(points[0].OtherContext, version4);
        var last = stackalloc byte[4];
        var models = arena.Pointers(4);
        last[contexts.Current] = *records;
        var record = records;
        for (var i = 1; i < count; i++)
        {
            record += stride;
            var from = contexts.Move(points[i].OtherContext);
            if (from >= 0)
                last[contexts.Current] = last[from];
            var before = last[contexts.Last];
            var model = PointLayers.Of(models, contexts.Current, 256, arena);
            last[contexts.Last] = (byte)(before + coder.Symbol(model, *record - before & 0xFF));
            if (!TCoder.Encodes)
                *record = last[contexts.Last];
        }
    }
}
