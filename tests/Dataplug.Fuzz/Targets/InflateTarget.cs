using System.Buffers;
using Dataplug.Compression;

namespace Dataplug.Fuzz.Targets;

/// <summary>
/// The inflate decoder, on guarded input and output: whole, in pieces, with and without tracking of window use. It must give what
/// zlib gives, touch no byte beyond what it was given, and end.
/// </summary>
internal sealed unsafe class InflateTarget : IFuzzTarget
{
    private const int WindowLength = WindowCodec.MaxWindowLength;
    private const int MaxRoom = 8 << 10;

    private readonly GuardedMemory _input = new(1 << 20);
    private readonly GuardedMemory _output = new(WindowLength + MaxRoom + InflateDecoder.OutputMargin);
    private readonly InflateDecoder _decoder = new();
    private readonly WindowUsage _usage = new();
    private readonly ArrayBufferWriter<byte> _delivered = new(1 << 16);

    public string Name => "inflate";

    public InputKind Kind => InputKind.Deflate;

    public string Run(byte[] input, Random random)
    {
        var zlib = Zlib.Inflate(input);
        var problem = Decode(input, input.Length, random, out var isCut);
        Compare(input, zlib, problem, isCut, "whole");
        var pieces = Math.Max(input.Length / 48, random.Next(4) switch { 0 => 1, 1 => 16, 2 => 200, _ => 3000 });
        var again = Decode(input, pieces, random, out isCut);
        Compare(input, zlib, again, isCut, "in pieces");
        if (problem != again)
            throw new FuzzFinding($"whole it ends with '{problem}', in pieces with '{again}'");
        return zlib.IsCut ? "accepted up to the limit" : problem is null ? "accepted" : "refused: " + problem;
    }

    private void Compare(byte[] input, Verdict zlib, string? problem, bool isCut, string how)
    {
        var ours = _delivered.WrittenSpan;
        var common = Math.Min(ours.Length, zlib.Output.Length);
        if (!ours[..common].SequenceEqual(zlib.Output.AsSpan(0, common)))
            throw new FuzzFinding($"{how} the output differs from zlib's at byte {ours[..common].CommonPrefixLength(zlib.Output)}");
        if (isCut != zlib.IsCut)
            throw new FuzzFinding($"{how} {(isCut ? "ours" : "zlib")} goes on where the other ends, after {common} bytes");
        if (isCut)
            return;
        if (problem is null != zlib.Refusal is null)
            throw new FuzzFinding($"{how} ours says '{problem ?? "fine"}', zlib '{zlib.Refusal ?? "fine"}'");
        if (problem == "cut short" != Zlib.IsCutShort(zlib) && !IsRefusedLater(input, problem))
            throw new FuzzFinding($"{how} ours says '{problem ?? "fine"}', zlib '{zlib.Refusal ?? "fine"}'");
        if (problem is null ? ours.Length != zlib.Output.Length : ours.Length < zlib.Output.Length)
            throw new FuzzFinding($"{how} it gives {ours.Length} bytes, zlib {zlib.Output.Length}");
    }

    /// <summary>Rule 6: a code for code lengths without any codeword is refused by us at once, by zlib only after it has read a bit for
    /// each of the up to 316 lengths; so where the data end within these, it calls them cut short.</summary>
    private static bool IsRefusedLater(byte[] input, string? problem) =>
        problem == "a dynamic block's code for code lengths is oversubscribed or incomplete"
        && Zlib.Inflate([.. input, .. new byte[48]]) is { Refusal: not null } later && !Zlib.IsCutShort(later);

    /// <summary>Decodes as GzipDecoder does, but out of and into memory that ends where it says.</summary>
    /// <returns>What is wrong with the input; null when nothing is, or when it was cut at the limit.</returns>
    private string? Decode(byte[] input, int maxPiece, Random random, out bool isCut)
    {
        isCut = false;
        _delivered.ResetWrittenCount();
        _decoder.Reset();
        _decoder.Usage = null;
        // The output's end is always guarded; its start when all of the memory is used.
        var start = random.Next(2) == 0 ? _output.Start : _output.End - (WindowLength + InflateDecoder.OutputMargin + random.Next(1, MaxRoom));
        var cursor = new InflateCursor { Out = start, OutEnd = _output.End, History = start };
        var delivered = start;
        var taken = 0;
        var given = 0;
        for (; ; )
        {
            given = Math.Min(input.Length, given + (maxPiece >= input.Length ? input.Length : random.Next(1, maxPiece + 1)));
            var piece = maxPiece < input.Length && random.Next(8) == 0 ? _input.PutAtStart(input.AsSpan(taken, given - taken)) : _input.PutAtEnd(input.AsSpan(taken, given - taken));
            var isWhole = maxPiece >= input.Length;
            if (isWhole)
                _input.MakeReadOnly();
            InflateStatus status;
            fixed (byte* first = piece)
            {
                // An empty piece lies at the guard too.
                var from = piece.IsEmpty ? _input.End : first;
                cursor.In = from;
                cursor.InEnd = from + piece.Length;
                for (; ; )
                {
                    var place = (cursor.In - from) * 8 + cursor.Bit;
                    var before = cursor.Out;
                    status = _decoder.Decode(ref cursor);
                    if (cursor.In > cursor.InEnd || cursor.In == cursor.InEnd && cursor.Bit != 0 || cursor.In < from || cursor.Bit is < 0 or > 7)
                        throw new FuzzFinding($"the cursor stands at byte {cursor.In - from}, bit {cursor.Bit} of {piece.Length} bytes");
                    if (cursor.Out < before || cursor.Out > cursor.OutEnd)
                        throw new FuzzFinding("the output's cursor left its memory");
                    if (status is InflateStatus.BlockEnd or InflateStatus.StreamEnd && (cursor.In - from) * 8 + cursor.Bit <= place)
                        throw new FuzzFinding("a block ended without having begun");
                    if (status == InflateStatus.OutputFull)
                    {
                        if (cursor.OutEnd - cursor.Out >= InflateDecoder.OutputMargin)
                            throw new FuzzFinding("it says that the output is full, which it is not");
                        _delivered.Write(new ReadOnlySpan<byte>(delivered, (int)(cursor.Out - delivered)));
                        var shift = cursor.Out - WindowLength - start;
                        Buffer.MemoryCopy(cursor.Out - WindowLength, start, WindowLength, WindowLength);
                        cursor.Out -= shift;
                        cursor.History = cursor.History - start > shift ? cursor.History - shift : start;
                        delivered = cursor.Out;
                        _usage.AccessPoint -= shift;
                        if (_delivered.WrittenCount < Verdict.OutputLimit)
                            continue;
                        isCut = true;
                    }
                    else if (status == InflateStatus.BlockEnd)
                    {
                        if (_decoder.Usage is null && random.Next(3) == 0)
                        {
                            _usage.Begin(random.Next(2) == 0 ? 0 : random.Next(1 << 16));
                            _usage.AccessPoint = cursor.Out;
                            _decoder.Usage = _usage;
                        }
                        continue;
                    }
                    break;
                }
                taken += (int)(cursor.In - from);
            }
            if (isWhole)
                _input.MakeWritable();
            if (status == InflateStatus.NeedInput)
            {
                if (given - taken > InflateDecoder.MaxUnconsumed)
                    throw new FuzzFinding($"it asks for more and leaves {given - taken} bytes");
                if (given < input.Length)
                    continue;
            }
            if (delivered != cursor.Out)
                _delivered.Write(new ReadOnlySpan<byte>(delivered, (int)(cursor.Out - delivered)));
            if (_delivered.WrittenCount >= Verdict.OutputLimit)
                isCut = true;
            return isCut ? null : status switch
            {
                InflateStatus.StreamEnd => null,
                InflateStatus.NeedInput => "cut short",
                _ => _decoder.Problem,
            };
        }
    }
}
