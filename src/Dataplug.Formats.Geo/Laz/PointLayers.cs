using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>The layers of POINT14 (LAZ specification, POINT14 version 3), each coded for all points of a chunk before the next: a layer's
/// models stay in the processor's cache, and a layer that nobody asks for costs nothing. The first layer tells the others their contexts.
/// Each scanner channel has models of its own, that begin with the values of the point before when the channel comes first.</summary>
internal static unsafe class PointLayers
{
    public const int Length = 30;

    private const int FlagsMask = 0xCF;

    /// <summary>Layers of the item.</summary>
    public const int Count = 9;

    /// <summary>Codes x, y, returns and scanner channel, and tells the other layers.</summary>
    /// <param name="coder">Where from or to.</param>
    /// <param name="arena">Where models are made.</param>
    /// <param name="records">Point records, of which the first is there.</param>
    /// <param name="count">How many: 1 at least.</param>
    /// <param name="stride">Bytes of a record.</param>
    /// <param name="version4">Whether other items are in the context of the channel always.</param>
    /// <param name="points">Takes the contexts of all points.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Positions<TCoder>(ref TCoder coder, ModelArena arena, byte* records, int count, int stride, bool version4, PointContext* points)
        where TCoder : ILayerCoder
    {
        var map = ReturnContexts.Map16;
        var contexts = stackalloc PositionContext*[4];
        for (var i = 0; i < 4; i++)
            contexts[i] = null;
        var channel = records[15] >> 4 & 3;
        var context = contexts[channel] = PositionContext.Begin(arena, records);
        points[0] = new PointContext(channel, channel, false, false, false, 0, 0, 0);

        var record = records;
        for (var i = 1; i < count; i++)
        {
            record += stride;
            var changes = 0;
            var newChannel = channel;
            if (TCoder.Encodes)
            {
                newChannel = record[15] >> 4 & 3;
                changes = Changes(contexts[newChannel] == null ? context : contexts[newChannel], record) | (newChannel != channel ? 64 : 0);
            }
            changes = coder.Symbol(Of(context->Changes, context->Previous, 128, arena), changes);
            if ((changes & 64) != 0)
            {
                newChannel = channel + 1 + coder.Symbol(Of(context->Channels, 0, 3, arena), newChannel - channel - 1 & 3) & 3;
                if (contexts[newChannel] == null)
                    contexts[newChannel] = PositionContext.Begin(arena, context);
                channel = newChannel;
                context = contexts[channel];
            }

            var timeChange = changes >> 4 & 1;
            var returns = context->Returns;
            if ((changes & 4) != 0)
                returns = coder.Symbol(Of(context->ReturnModels, returns, 16, arena), record[14] >> 4);
            var number = context->Number;
            switch (changes & 3)
            {
                case 1:
                    number = number + 1 & 15;
                    break;
                case 2:
                    number = number - 1 & 15;
                    break;
                case 3 when timeChange != 0:
                    number = coder.Symbol(Of(context->NumberModels, number, 16, arena), record[14] & 15);
                    break;
                case 3:
                    number = number + 2 + coder.Symbol(Of(context->Channels, 1, 13, arena), (record[14] & 15) - number - 2 & 15) & 15;
                    break;
            }
            context->Returns = returns;
            context->Number = number;

            var single = returns == 1;
            var median = 2 * map[returns << 4 | number] + timeChange;
            ref var medianX = ref context->X(median);
            var dx = coder.Integer(ref context->XModel, arena, medianX.Value, *(int*)record - context->LastX, single ? 1 : 0);
            medianX.Add(dx);
            context->LastX += dx;
            ref var medianY = ref context->Y(median);
            var dy = coder.Integer(ref context->YModel, arena, medianY.Value, *(int*)(record + 4) - context->LastY, ReturnContexts.OfBits(single, context->XModel.K, 20));
            medianY.Add(dy);
            context->LastY += dy;

            context->Previous = (number == 1 ? 1 : 0) | (number >= returns ? 2 : 0) | timeChange << 2;
            points[i] = new PointContext(
                channel,
                version4 || (changes & 64) != 0 ? channel : 0,
                timeChange != 0,
                (changes & 8) != 0,
                (changes & 32) != 0,
                (number == 1 ? 2 : 0) | (number >= returns ? 1 : 0),
                ReturnContexts.Level(returns, number),
                ReturnContexts.OfBits(single, (context->XModel.K + context->YModel.K) / 2, 18));
            if (TCoder.Encodes)
            {
                context->Remember(record);
            }
            else
            {
                *(int*)record = context->LastX;
                *(int*)(record + 4) = context->LastY;
                record[14] = (byte)(returns << 4 | number);
                record[15] = (byte)(channel << 4);
            }
        }
    }

    /// <summary>Codes the layers behind the first.</summary>
    /// <param name="layer">Which: 1 to 8, numbered in their order.</param>
    /// <param name="coder">Where from or to.</param>
    /// <param name="arena">Where models are made.</param>
    /// <param name="records">Point records, of which the first is there.</param>
    /// <param name="count">How many.</param>
    /// <param name="stride">Bytes of a record.</param>
    /// <param name="points">The contexts of all points.</param>
    /// <param name="times">Room for the GPS times of four channels.</param>
    public static void Code<TCoder>(int layer, ref TCoder coder, ModelArena arena, byte* records, int count, int stride, PointContext* points, GpsTimeSequences[] times)
        where TCoder : ILayerCoder
    {
        switch (layer)
        {
            case 1:
                Heights(ref coder, arena, records, count, stride, points);
                break;
            case 2:
                Classifications(ref coder, arena, records, count, stride, points);
                break;
            case 3:
                Flags(ref coder, arena, records, count, stride, points);
                break;
            case 4:
                Intensities(ref coder, arena, records, count, stride, points);
                break;
            case 5:
                ScanAngles(ref coder, arena, records, count, stride, points);
                break;
            case 6:
                UserData(ref coder, arena, records, count, stride, points);
                break;
            case 7:
                Sources(ref coder, arena, records, count, stride, points);
                break;
            default:
                Times(ref coder, arena, records, count, stride, points, times);
                break;
        }
    }

    /// <summary>Gives all records the first one's value of a layer that is not there.</summary>
    public static void Fill(int layer, byte* records, int count, int stride)
    {
        var (at, length) = Place(layer);
        if (layer == 3)
        {
            var flags = (byte)(records[15] & FlagsMask);
            for (var i = 1; i < count; i++)
                records[(nint)i * stride + 15] |= flags;
        }
        else
        {
            Fill(records, count, stride, at, length);
        }
    }

    /// <summary>Whether all records have the first one's value of a layer.</summary>
    public static bool IsConstant(int layer, byte* records, int count, int stride)
    {
        var (at, length) = Place(layer);
        if (layer != 3)
            return IsConstant(records, count, stride, at, length);
        for (var i = 1; i < count; i++)
        {
            if (((records[(nint)i * stride + 15] ^ records[15]) & FlagsMask) != 0)
                return false;
        }
        return true;
    }

    /// <summary>Gives all records the first one's bytes at a place.</summary>
    public static void Fill(byte* records, int count, int stride, int at, int length)
    {
        var first = new ReadOnlySpan<byte>(records + at, length);
        for (var i = 1; i < count; i++)
            first.CopyTo(new Span<byte>(records + (nint)i * stride + at, length));
    }

    /// <summary>Whether all records have the first one's bytes at a place.</summary>
    public static bool IsConstant(byte* records, int count, int stride, int at, int length)
    {
        var first = new ReadOnlySpan<byte>(records + at, length);
        for (var i = 1; i < count; i++)
        {
            if (!first.SequenceEqual(new ReadOnlySpan<byte>(records + (nint)i * stride + at, length)))
                return false;
        }
        return true;
    }

    /// <summary>Gives a model of a table, and makes it when it is asked for first.</summary>
    public static SymbolModel* Of(SymbolModel** models, int i, int symbols, ModelArena arena)
    {
        if (models[i] == null)
            models[i] = arena.Symbols(symbols);
        return models[i];
    }

    private static (int At, int Length) Place(int layer) => layer switch
    {
        1 => (8, 4),
        2 => (16, 1),
        3 => (15, 1),
        4 => (12, 2),
        5 => (18, 2),
        6 => (17, 1),
        7 => (20, 2),
        _ => (22, 8),
    };

    private static int Changes(PositionContext* last, byte* record)
    {
        var number = record[14] & 15;
        var changes = (*(ushort*)(record + 20) != last->Source ? 32 : 0) | (*(long*)(record + 22) != last->Time ? 16 : 0)
            | (*(ushort*)(record + 18) != last->Angle ? 8 : 0) | (record[14] >> 4 != last->Returns ? 4 : 0);
        if (number != last->Number)
            changes |= number == (last->Number + 1 & 15) ? 1 : number == (last->Number - 1 & 15) ? 2 : 3;
        return changes;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Heights<TCoder>(ref TCoder coder, ModelArena arena, byte* records, int count, int stride, PointContext* points)
        where TCoder : ILayerCoder
    {
        var contexts = Contexts<HeightContext>(arena);
        var current = points[0].Channel;
        contexts[current].Begin(arena, *(int*)(records + 8));
        var record = records;
        for (var i = 1; i < count; i++)
        {
            record += stride;
            var point = points[i];
            if (point.Channel != current)
            {
                if (!contexts[point.Channel].Used)
                    contexts[point.Channel].Begin(arena, contexts[current].Last);
                current = point.Channel;
            }
            var context = contexts + current;
            var z = coder.Integer(ref context->Model, arena, context->Heights[point.Level], *(int*)(record + 8), point.HeightContext);
            context->Heights[point.Level] = z;
            context->Last = z;
            if (!TCoder.Encodes)
                *(int*)(record + 8) = z;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Classifications<TCoder>(ref TCoder coder, ModelArena arena, byte* records, int count, int stride, PointContext* points)
        where TCoder : ILayerCoder
    {
        var contexts = Contexts<SymbolContext>(arena);
        var current = points[0].Channel;
        contexts[current].Begin(arena, records[16]);
        var record = records;
        for (var i = 1; i < count; i++)
        {
            record += stride;
            var point = points[i];
            current = Switch(arena, contexts, current, point.Channel);
            var context = contexts + current;
            var model = Of(context->Models, (context->Last & 31) << 1 | (point.Place == 3 ? 1 : 0), 256, arena);
            context->Last = coder.Symbol(model, record[16]);
            if (!TCoder.Encodes)
                record[16] = (byte)context->Last;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Flags<TCoder>(ref TCoder coder, ModelArena arena, byte* records, int count, int stride, PointContext* points)
        where TCoder : ILayerCoder
    {
        var contexts = Contexts<SymbolContext>(arena);
        var current = points[0].Channel;
        contexts[current].Begin(arena, Pack(records[15]));
        var record = records;
        for (var i = 1; i < count; i++)
        {
            record += stride;
            current = Switch(arena, contexts, current, points[i].Channel);
            var context = contexts + current;
            context->Last = coder.Symbol(Of(context->Models, context->Last, 64, arena), Pack(record[15]));
            if (!TCoder.Encodes)
                record[15] |= (byte)(context->Last & 15 | (context->Last & 0x30) << 2);
        }

        static int Pack(byte flags) => flags & 15 | flags >> 2 & 0x30;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Intensities<TCoder>(ref TCoder coder, ModelArena arena, byte* records, int count, int stride, PointContext* points)
        where TCoder : ILayerCoder
    {
        var contexts = Contexts<IntensityContext>(arena);
        var current = points[0].Channel;
        contexts[current].Begin(arena, *(ushort*)(records + 12));
        var record = records;
        for (var i = 1; i < count; i++)
        {
            record += stride;
            var point = points[i];
            if (point.Channel != current)
            {
                if (!contexts[point.Channel].Used)
                    contexts[point.Channel].Begin(arena, contexts[current].Last);
                current = point.Channel;
            }
            var context = contexts + current;
            var slot = point.Place << 1 | point.TimeChange;
            var intensity = (ushort)coder.Integer(ref context->Model, arena, context->Intensities[slot], *(ushort*)(record + 12), point.Place);
            context->Intensities[slot] = intensity;
            context->Last = intensity;
            if (!TCoder.Encodes)
                *(ushort*)(record + 12) = intensity;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScanAngles<TCoder>(ref TCoder coder, ModelArena arena, byte* records, int count, int stride, PointContext* points)
        where TCoder : ILayerCoder
    {
        var contexts = Contexts<IntegerContext>(arena);
        var current = points[0].Channel;
        contexts[current].Begin(arena, 2, *(short*)(records + 18));
        var record = records;
        for (var i = 1; i < count; i++)
        {
            record += stride;
            var point = points[i];
            current = Switch(arena, contexts, current, point.Channel, 2);
            var context = contexts + current;
            if (point.AngleChanges)
                context->Last = (short)coder.Integer(ref context->Model, arena, context->Last, *(short*)(record + 18), point.TimeChange);
            if (!TCoder.Encodes)
                *(short*)(record + 18) = (short)context->Last;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UserData<TCoder>(ref TCoder coder, ModelArena arena, byte* records, int count, int stride, PointContext* points)
        where TCoder : ILayerCoder
    {
        var contexts = Contexts<SymbolContext>(arena);
        var current = points[0].Channel;
        contexts[current].Begin(arena, records[17]);
        var record = records;
        for (var i = 1; i < count; i++)
        {
            record += stride;
            current = Switch(arena, contexts, current, points[i].Channel);
            var context = contexts + current;
            context->Last = coder.Symbol(Of(context->Models, context->Last >> 2, 256, arena), record[17]);
            if (!TCoder.Encodes)
                record[17] = (byte)context->Last;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sources<TCoder>(ref TCoder coder, ModelArena arena, byte* records, int count, int stride, PointContext* points)
        where TCoder : ILayerCoder
    {
        var contexts = Contexts<IntegerContext>(arena);
        var current = points[0].Channel;
        contexts[current].Begin(arena, 1, *(ushort*)(records + 20));
        var record = records;
        for (var i = 1; i < count; i++)
        {
            record += stride;
            var point = points[i];
            current = Switch(arena, contexts, current, point.Channel, 1);
            var context = contexts + current;
            if (point.SourceChanges)
                context->Last = (ushort)coder.Integer(ref context->Model, arena, context->Last, *(ushort*)(record + 20), 0);
            if (!TCoder.Encodes)
                *(ushort*)(record + 20) = (ushort)context->Last;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Times<TCoder>(ref TCoder coder, ModelArena arena, byte* records, int count, int stride, PointContext* points, GpsTimeSequences[] times)
        where TCoder : ILayerCoder
    {
        var current = points[0].Channel;
        var used = 1 << current;
        times[current].Begin(arena, *(long*)(records + 22), codesUnchanged: false);
        var record = records;
        for (var i = 1; i < count; i++)
        {
            record += stride;
            var point = points[i];
            if (point.Channel != current)
            {
                if ((used & 1 << point.Channel) == 0)
                {
                    used |= 1 << point.Channel;
                    times[point.Channel].Begin(arena, times[current].Last, codesUnchanged: false);
                }
                current = point.Channel;
            }
            var time = point.TimeChange != 0 ? coder.Time(ref times[current], *(long*)(record + 22)) : times[current].Last;
            if (!TCoder.Encodes)
                *(long*)(record + 22) = time;
        }
    }

    private static T* Contexts<T>(ModelArena arena)
        where T : unmanaged => (T*)arena.Make<FourOf<T>>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Switch(ModelArena arena, SymbolContext* contexts, int current, int channel)
    {
        if (channel != current && !contexts[channel].Used)
            contexts[channel].Begin(arena, contexts[current].Last);
        return channel;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Switch(ModelArena arena, IntegerContext* contexts, int current, int channel, int count)
    {
        if (channel != current && !contexts[channel].Used)
            contexts[channel].Begin(arena, count, contexts[current].Last);
        return channel;
    }

    [InlineArray(4)]
    private struct FourOf<T>
        where T : unmanaged
    {
        private T _first;
    }

    [InlineArray(12)]
    private struct Medians
    {
        private StreamingMedian _first;
    }

    private struct PositionContext
    {
        public IntegerModel XModel;
        public IntegerModel YModel;
        public SymbolModel** Changes;
        public SymbolModel** ReturnModels;
        public SymbolModel** NumberModels;

        // The model of scanner channels, and that of return numbers at the same time.
        public SymbolModel** Channels;
        public int LastX;
        public int LastY;
        public int Returns;
        public int Number;

        // The context of changes that the last point makes.
        public int Previous;
        public long Time;
        public ushort Source;
        public ushort Angle;
        private Medians _x;
        private Medians _y;

        public static PositionContext* Begin(ModelArena arena, byte* record)
        {
            var context = Begin(arena);
            context->LastX = *(int*)record;
            context->LastY = *(int*)(record + 4);
            context->Returns = record[14] >> 4;
            context->Number = record[14] & 15;
            context->Remember(record);
            context->ForgetTime();
            return context;
        }

        public static PositionContext* Begin(ModelArena arena, PositionContext* last)
        {
            var context = Begin(arena);
            context->LastX = last->LastX;
            context->LastY = last->LastY;
            context->Returns = last->Returns;
            context->Number = last->Number;
            context->Time = last->Time;
            context->Source = last->Source;
            context->Angle = last->Angle;
            context->ForgetTime();
            return context;
        }

        public void Remember(byte* record)
        {
            Time = *(long*)(record + 22);
            Source = *(ushort*)(record + 20);
            Angle = *(ushort*)(record + 18);
        }

        [System.Diagnostics.CodeAnalysis.UnscopedRef]
        public ref StreamingMedian X(int i) => ref Unsafe.Add(ref Unsafe.As<Medians, StreamingMedian>(ref _x), i);

        [System.Diagnostics.CodeAnalysis.UnscopedRef]
        public ref StreamingMedian Y(int i) => ref Unsafe.Add(ref Unsafe.As<Medians, StreamingMedian>(ref _y), i);

        private static PositionContext* Begin(ModelArena arena)
        {
            var context = arena.Make<PositionContext>();
            context->XModel.Begin(arena, 32, 2);
            context->YModel.Begin(arena, 32, 22);
            context->Changes = arena.Pointers(8);
            context->ReturnModels = arena.Pointers(16);
            context->NumberModels = arena.Pointers(16);
            context->Channels = arena.Pointers(2);
            return context;
        }

        private void ForgetTime() => Previous = (Number == 1 ? 1 : 0) | (Number >= Returns ? 2 : 0);
    }

    private struct HeightContext
    {
        public IntegerModel Model;
        public fixed int Heights[8];
        public int Last;
        public bool Used;

        public void Begin(ModelArena arena, int last)
        {
            Model.Begin(arena, 32, 20);
            for (var i = 0; i < 8; i++)
                Heights[i] = last;
            Last = last;
            Used = true;
        }
    }

    private struct IntensityContext
    {
        public IntegerModel Model;
        public fixed ushort Intensities[8];
        public ushort Last;
        public bool Used;

        public void Begin(ModelArena arena, ushort last)
        {
            Model.Begin(arena, 16, 4);
            for (var i = 0; i < 8; i++)
                Intensities[i] = last;
            Last = last;
            Used = true;
        }
    }

    private struct IntegerContext
    {
        public IntegerModel Model;
        public int Last;
        public bool Used;

        public void Begin(ModelArena arena, int contexts, int last)
        {
            Model.Begin(arena, 16, contexts);
            Last = last;
            Used = true;
        }
    }

    private struct SymbolContext
    {
        public SymbolModel** Models;
        public int Last;
        public bool Used;

        public void Begin(ModelArena arena, int last)
        {
            Models = arena.Pointers(64);
            Last = last;
            Used = true;
        }
    }
}
