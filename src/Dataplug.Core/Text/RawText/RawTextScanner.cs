using System.Numerics;

namespace Dataplug.Text;

/// <summary>
/// Finds where lines and words start in one chunk of a text, 64 bytes at a time.
/// </summary>
/// <remarks>
/// A line starts at the start of the text, after LF, and after CR unless LF follows. A word starts at a byte that is no ASCII
/// white space (space, TAB, LF, VT, FF, CR), at the start of the text or after one that is. Both look back one byte only, so a chunk needs nothing but the byte before it.
/// </remarks>
internal sealed class RawTextScanner
{
    private ulong _afterLf;
    private ulong _afterCr;
    private ulong _afterSpace;
    private long _position;

    /// <summary>Begins at an offset.</summary>
    /// <param name="grid">Where marks are wanted.</param>
    /// <param name="start">Offset of the first byte that will be scanned.</param>
    /// <param name="before">The byte before it; null at the start of the text (after its byte order mark).</param>
    public RawTextScanner(MarkGrid grid, long start, byte? before)
    {
        _position = start;
        _afterLf = before is null or (byte)'\n' ? 1UL : 0;
        _afterCr = before is (byte)'\r' ? 1UL : 0;
        _afterSpace = before is null or (byte)' ' or (>= (byte)'\t' and <= (byte)'\r') ? 1UL : 0;
        Result = new RawTextPartial { LineMarks = new MarkList(grid), WordMarks = new MarkList(grid) };
    }

    /// <summary>What was found so far.</summary>
    public RawTextPartial Result { get; }

    /// <summary>Takes the next bytes.</summary>
    public void Scan(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        while (bytes.Length >= ByteBlock.Size)
        {
            ScanBlock(ByteBlock.Load(bytes), ByteBlock.Size);
            bytes = bytes[ByteBlock.Size..];
        }

        if (bytes.Length > 0)
            ScanBlock(ByteBlock.LoadPartial(bytes), bytes.Length);
        Result.EndsWithNewline = (_afterLf | _afterCr) != 0;
    }

    private void ScanBlock(ByteBlock block, int length)
    {
        var result = Result;
        var valid = ByteBlock.Below(length);
        var lf = block.Equal((byte)'\n');
        var cr = block.Equal((byte)'\r');
        var space = block.Equal((byte)' ') | block.Between((byte)'\t', (byte)'\r');

        var afterCr = (cr << 1) | _afterCr;
        var lineStarts = ((lf << 1) | _afterLf | (afterCr & ~lf)) & valid;
        var wordStarts = ((space << 1) | _afterSpace) & ~space & valid;

        result.Lf += BitOperations.PopCount(lf);
        if ((cr | _afterCr) != 0)
        {
            result.Cr += BitOperations.PopCount(cr);
            result.CrLf += BitOperations.PopCount(afterCr & lf);
        }

        var last = length - 1;
        _afterLf = (lf >> last) & 1;
        _afterCr = (cr >> last) & 1;
        _afterSpace = (space >> last) & 1;

        if (wordStarts != 0)
        {
            // A block may reach into several cells where cells are small.
            for (var late = From(wordStarts, result.WordMarks.NextCell); late != 0; late = From(wordStarts, result.WordMarks.NextCell))
            {
                var bit = BitOperations.TrailingZeroCount(late);
                result.WordMarks.Add(_position + bit, result.Words + BitOperations.PopCount(wordStarts & ByteBlock.Below(bit)));
            }

            result.Words += BitOperations.PopCount(wordStarts);
        }

        for (; lineStarts != 0; lineStarts &= lineStarts - 1)
            StartLine(result, _position + BitOperations.TrailingZeroCount(lineStarts));
        _position += length;
    }

    /// <summary>Of the bits of the block at hand, those at or after an offset.</summary>
    private ulong From(ulong bits, long offset) => bits & ByteBlock.From((int)Math.Clamp(offset - _position, 0, ByteBlock.Size));

    private static void StartLine(RawTextPartial result, long position)
    {
        if (result.Lines == 0)
            result.FirstLineStart = position;
        else
            result.LongestLine = Math.Max(result.LongestLine, position - result.LastLineStart);
        result.LastLineStart = position;
        if (position >= result.LineMarks.NextCell)
            result.LineMarks.Add(position, result.Lines);
        result.Lines++;
    }
}
