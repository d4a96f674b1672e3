using Dataplug.Compression;

namespace Dataplug.Fuzz.Targets;

/// <summary>
/// Decoding to symbols from a block in the middle, on guarded input and output, as who does not know the window does; then resolving
/// them with the window. It must give the bytes of the inflate decoder, block by block, and its verdict.
/// </summary>
internal sealed unsafe class SymbolsTarget : IFuzzTarget
{
    private const int WindowLength = WindowCodec.MaxWindowLength;

    // A stored block is copied as a whole.
    private const int LeastRoom = 65535 + InflateDecoder.OutputMargin;
    private const int MaxRoom = LeastRoom + (16 << 10);

    // What is nearer to the input's end is left to those who know what follows.
    private const int InputMargin = 32;

    private readonly GuardedMemory _input = new(1 << 20);
    private readonly GuardedMemory _output = new((WindowLength + MaxRoom) * sizeof(ushort));
    private readonly GuardedMemory _bytes = new(MaxRoom + SymbolResolver.Margin);
    private readonly byte[] _plain = GC.AllocateUninitializedArray<byte>(Verdict.OutputLimit + InflateDecoder.OutputMargin, pinned: true);
    private readonly byte[] _window = new byte[WindowLength];
    private readonly InflateDecoder _decoder = new();
    private readonly SymbolResolver _resolver = new();

    public string Name => "symbols";

    public InputKind Kind => InputKind.Deflate;

    /// <summary>What the inflate decoder says: where blocks begin (bits, bytes of output), the place where it ended last, and why.</summary>
    private sealed record Plain(List<(long Bit, int Output)> Blocks, InflateStatus End, string Problem);

    public string Run(byte[] input, Random random)
    {
        // With more bytes behind a short input, it is decoded to its end.
        var data = _input.PutAtEnd(random.Next(2) == 0 ? input : [.. input, .. new byte[InputMargin + 8]]);
        _input.MakeReadOnly();
        try
        {
            fixed (byte* first = data)
            {
                // An empty input lies at the guard too.
                var start = data.IsEmpty ? _input.End : first;
                var plain = Decode(start, data.Length);
                // From the first block on, and from one of the others.
                Check(start, data.Length, plain, 0, random);
                if (plain.Blocks.Count > 2)
                    Check(start, data.Length, plain, random.Next(1, plain.Blocks.Count - 1), random);
                return plain.End switch
                {
                    InflateStatus.StreamEnd => "accepted",
                    InflateStatus.OutputFull => "accepted up to the limit",
                    InflateStatus.NeedInput => "refused: cut short",
                    _ => "refused: " + plain.Problem,
                };
            }
        }
        finally
        {
            _input.MakeWritable();
        }
    }

    private Plain Decode(byte* data, int length)
    {
        _decoder.Reset();
        fixed (byte* output = _plain)
        {
            var cursor = new InflateCursor { In = data, InEnd = data + length, Out = output, OutEnd = output + _plain.Length, History = output };
            var blocks = new List<(long, int)>();
            for (; ; )
            {
                blocks.Add(((cursor.In - data) * 8 + cursor.Bit, (int)(cursor.Out - output)));
                var status = _decoder.Decode(ref cursor);
                if (status == InflateStatus.BlockEnd)
                    continue;
                blocks.Add(((cursor.In - data) * 8 + cursor.Bit, (int)(cursor.Out - output)));
                return new(blocks, status, _decoder.Problem);
            }
        }
    }

    private void Check(byte* data, int length, Plain plain, int block, Random random)
    {
        var (bit, delivered) = plain.Blocks[block];
        var known = Math.Min(WindowLength, delivered);
        Array.Clear(_window);
        _plain.AsSpan(delivered - known, known).CopyTo(_window.AsSpan(WindowLength - known));
        _resolver.SetWindow(_window);

        // The output's end is always guarded; its start when all of the memory is used.
        var room = random.Next(4) == 0 ? MaxRoom : random.Next(LeastRoom, MaxRoom);
        var end = (ushort*)_output.End;
        var start = end - WindowLength - room;
        for (var i = 0; i < WindowLength; i++)
            start[i] = (ushort)(InflateDecoder.FirstMarker + i);
        var from = start + WindowLength;
        var cursor = new InflateCursor { In = data + (bit >> 3), InEnd = data + length, Bit = (int)(bit & 7), Out = (byte*)from, OutEnd = (byte*)end, History = (byte*)(from - known) };
        _decoder.Reset();
        for (; ; )
        {
            var before = cursor.Out;
            var status = _decoder.DecodeSymbols(ref cursor);
            if (cursor.In > cursor.InEnd || cursor.In == cursor.InEnd && cursor.Bit != 0 || cursor.In < data || cursor.Bit is < 0 or > 7)
                throw new FuzzFinding($"the cursor stands at byte {cursor.In - data}, bit {cursor.Bit} of {length} bytes");
            if (cursor.Out < before || cursor.Out > cursor.OutEnd)
                throw new FuzzFinding("the output's cursor left its memory");
            var count = (int)((ushort*)cursor.Out - from);
            if (status == InflateStatus.OutputFull)
            {
                if (end - (ushort*)cursor.Out >= LeastRoom)
                    throw new FuzzFinding("it says that the output is full, which it is not");
                Resolve(from, count, delivered, plain);
                delivered += count;
                if (delivered >= plain.Blocks[^1].Output)
                {
                    // Beyond the limit of the plain decoder, or at the end of what it has.
                    if (plain.End == InflateStatus.OutputFull)
                        return;
                    if (delivered > plain.Blocks[^1].Output)
                        throw new FuzzFinding("it gives more than the inflate decoder");
                }
                var shift = (ushort*)cursor.Out - from;
                Buffer.MemoryCopy(start + shift, start, WindowLength * sizeof(ushort), WindowLength * sizeof(ushort));
                cursor.Out = (byte*)from;
                cursor.History = (byte*)Math.Max((nuint)start, (nuint)((ushort*)cursor.History - shift));
                continue;
            }

            var place = (cursor.In - data) * 8 + cursor.Bit;
            if (status == InflateStatus.BlockEnd)
            {
                block++;
                if (block == plain.Blocks.Count - 1 && plain.End == InflateStatus.OutputFull)
                    return;
                if (block >= plain.Blocks.Count - 1 || plain.Blocks[block] != (place, delivered + count))
                    throw new FuzzFinding($"a block ends at bit {place} after {delivered + count} bytes, {(block < plain.Blocks.Count - 1 ? $"not at bit {plain.Blocks[block].Bit} after {plain.Blocks[block].Output}" : "which is none")}");
                continue;
            }

            Resolve(from, count, delivered, plain);
            var isAtEnd = cursor.InEnd - cursor.In < InputMargin;
            switch (status)
            {
                case InflateStatus.StreamEnd when plain.End == InflateStatus.StreamEnd && block == plain.Blocks.Count - 2 && plain.Blocks[^1] == (place, delivered + count):
                case InflateStatus.Corrupt when plain.End == InflateStatus.Corrupt && block == plain.Blocks.Count - 2 && _decoder.Problem == plain.Problem:
                case InflateStatus.NeedInput when plain.End == InflateStatus.NeedInput && block == plain.Blocks.Count - 2 || isAtEnd:
                case InflateStatus.StreamEnd or InflateStatus.Corrupt or InflateStatus.NeedInput when plain.End == InflateStatus.OutputFull && block == plain.Blocks.Count - 2:
                    return;
                default:
                    throw new FuzzFinding($"it ends with {status} at bit {place} in block {block} ('{_decoder.Problem}'), the inflate decoder with {plain.End} at bit {plain.Blocks[^1].Bit} in block {plain.Blocks.Count - 2} ('{plain.Problem}')");
            }
        }
    }

    /// <summary>Compares with the inflate decoder's output as far as that goes.</summary>
    private void Resolve(ushort* symbols, int count, int at, Plain plain)
    {
        var bytes = _bytes.End - count - SymbolResolver.Margin;
        _resolver.Resolve(symbols, count, bytes);
        var common = Math.Min(count, plain.Blocks[^1].Output - at);
        if (common < count && plain.End is not (InflateStatus.OutputFull or InflateStatus.Corrupt))
            throw new FuzzFinding($"it gives {at + count} bytes, the inflate decoder {plain.Blocks[^1].Output}");
        var mine = new ReadOnlySpan<byte>(bytes, common);
        var others = _plain.AsSpan(at, common);
        if (!mine.SequenceEqual(others))
            throw new FuzzFinding($"the output differs at byte {at + mine.CommonPrefixLength(others)}");
        var areBytes = true;
        for (var i = 0; i < count; i++)
        {
            areBytes &= symbols[i] < 256;
            if (symbols[i] is >= 256 and < InflateDecoder.FirstMarker)
                throw new FuzzFinding($"symbol {symbols[i]} is neither a byte nor a marker");
        }
        if (SymbolResolver.AreBytes(symbols, count) != areBytes)
            throw new FuzzFinding($"of {count} symbols it says that they {(areBytes ? "are not" : "are")} bytes");
    }
}
