using System.Numerics;
using System.Runtime.CompilerServices;

namespace Dataplug.Compression;

/// <summary>
/// Codes windows most of whose bytes are zero: first where the others are (lengths of the gaps and of the runs between them),
/// then what they are, each predicted by the one before it in its run. docs/formats/gzip-text.md specifies it to the bit.
/// </summary>
/// <remarks>An instance keeps its tables (300 KB) from one window to the next; it is not safe for several threads at once.</remarks>
internal sealed class SparseWindowCoder
{
    /// <summary>The most bytes other than zero of a window that is coded this way: they take less than half a millisecond.</summary>
    public const int MaxUsed = 8192;

    /// <summary>The longest code, in bytes: what is longer is no gain.</summary>
    public const int MaxCodeLength = 4 * MaxUsed;

    private const int RunStart = 256;
    private const int ClassBits = 4;
    private const int ModelledBits = 2;
    private const int LengthModels = 1 << ClassBits << (ModelledBits + 1);

    // Of the class of a gap's or run's length, and of its highest bits within the class.
    private readonly BitModel[] _gapClasses = new BitModel[1 << ClassBits];
    private readonly BitModel[] _gapBits = new BitModel[LengthModels];
    private readonly BitModel[] _runClasses = new BitModel[1 << ClassBits];
    private readonly BitModel[] _runBits = new BitModel[LengthModels];

    // Of a byte's bits: without context, and after each byte or at a run's start.
    private readonly BitModel[] _bytes = new BitModel[256];
    private readonly BitModel[] _bytesAfter = new BitModel[(RunStart + 1) * 256];

    private readonly byte[] _code = new byte[MaxCodeLength];

    /// <summary>Codes a window.</summary>
    /// <param name="window">1 to 32768 bytes.</param>
    /// <param name="code">The code, valid until the next call.</param>
    /// <returns>False when the code would be longer than <see cref="MaxCodeLength"/>.</returns>
    // Optimised at its first call: there are few calls, each a loop of thousands of bits.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryEncode(ReadOnlySpan<byte> window, out ReadOnlySpan<byte> code)
    {
        Reset();
        var coder = new RangeEncoder(_code);
        for (var at = 0; ;)
        {
            var gap = window[at..].IndexOfAnyExcept((byte)0);
            if (gap < 0)
                gap = window.Length - at;
            WriteLength(ref coder, gap, _gapClasses, _gapBits);
            at += gap;
            if (at == window.Length)
                break;
            var run = window[at..].IndexOf((byte)0);
            if (run < 0)
                run = window.Length - at;
            WriteLength(ref coder, run - 1, _runClasses, _runBits);
            at += run;
            if (at == window.Length)
                break;
        }

        var context = RunStart;
        foreach (var value in window)
        {
            if (value == 0)
            {
                context = RunStart;
                continue;
            }
            var node = 1;
            for (var i = 7; i >= 0; i--)
            {
                var bit = value >> i & 1;
                ref var model = ref ByteModel(context, node);
                coder.Write(bit, model.Zero);
                model.Update(bit);
                _bytes[node].Update(bit);
                node = node << 1 | bit;
            }
            context = value;
        }
        code = _code.AsSpan(0, coder.Complete());
        return !coder.IsFull;
    }

    /// <summary>Decodes a window.</summary>
    /// <param name="encoded">The code; whatever it is, the time is bounded.</param>
    /// <param name="window">Zeros, as many as the window has bytes, at least 1.</param>
    /// <returns>False when the bytes are no such code.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryDecode(ReadOnlySpan<byte> encoded, Span<byte> window)
    {
        Reset();
        var coder = new RangeDecoder(encoded);
        var used = 0;
        for (var at = 0; ;)
        {
            var gap = ReadLength(ref coder, _gapClasses, _gapBits);
            if (gap > window.Length - at)
                return false;
            at += gap;
            if (at == window.Length)
                break;
            var run = ReadLength(ref coder, _runClasses, _runBits) + 1;
            used += run;
            if (run > window.Length - at || used > MaxUsed)
                return false;
            window.Slice(at, run).Fill(1);
            at += run;
            if (at == window.Length)
                break;
        }

        var context = RunStart;
        foreach (ref var value in window)
        {
            if (value == 0)
            {
                context = RunStart;
                continue;
            }
            var node = 1;
            while (node < 256)
            {
                ref var model = ref ByteModel(context, node);
                var bit = coder.Read(model.Zero);
                model.Update(bit);
                _bytes[node].Update(bit);
                node = node << 1 | bit;
            }
            value = (byte)node;
            if (value == 0)
                return false;
            context = value;
        }
        return coder.Position >= encoded.Length;
    }

    // A number v as v + 1: how many bits follow its highest one (class), then these bits, of which the first two are modelled.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteLength(ref RangeEncoder coder, int length, BitModel[] classes, BitModel[] bits)
    {
        var value = (uint)length + 1;
        var bitsLeft = BitOperations.Log2(value);
        var classNode = 1;
        for (var i = ClassBits - 1; i >= 0; i--)
            WriteBit(ref coder, bitsLeft >> i & 1, classes, ref classNode, 0);
        var first = bitsLeft << (ModelledBits + 1);
        var node = 1;
        for (var i = 0; i < ModelledBits && bitsLeft > 0; i++)
            WriteBit(ref coder, (int)(value >> --bitsLeft & 1), bits, ref node, first);
        coder.WriteEven(value, bitsLeft);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ReadLength(ref RangeDecoder coder, BitModel[] classes, BitModel[] bits)
    {
        var classNode = 1;
        for (var i = 0; i < ClassBits; i++)
            ReadBit(ref coder, classes, ref classNode, 0);
        var bitsLeft = classNode - (1 << ClassBits);
        var first = bitsLeft << (ModelledBits + 1);
        var node = 1;
        for (var i = 0; i < ModelledBits && bitsLeft > 0; i++, bitsLeft--)
            ReadBit(ref coder, bits, ref node, first);
        return (int)((uint)node << bitsLeft | coder.ReadEven(bitsLeft)) - 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteBit(ref RangeEncoder coder, int bit, BitModel[] models, ref int node, int first)
    {
        ref var model = ref models[first + node];
        coder.Write(bit, model.Zero);
        model.Update(bit);
        node = node << 1 | bit;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReadBit(ref RangeDecoder coder, BitModel[] models, ref int node, int first)
    {
        ref var model = ref models[first + node];
        var bit = coder.Read(model.Zero);
        model.Update(bit);
        node = node << 1 | bit;
    }

    // In a context that was never seen a byte is as likely as it is anywhere.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref BitModel ByteModel(int context, int node)
    {
        ref var model = ref _bytesAfter[(context << 8) + node];
        if (model.IsNew)
            model.Inherit(_bytes[node]);
        return ref model;
    }

    private void Reset()
    {
        Array.Fill(_gapClasses, BitModel.Even);
        Array.Fill(_gapBits, BitModel.Even);
        Array.Fill(_runClasses, BitModel.Even);
        Array.Fill(_runBits, BitModel.Even);
        Array.Fill(_bytes, BitModel.Even);
        Array.Clear(_bytesAfter);
    }
}
