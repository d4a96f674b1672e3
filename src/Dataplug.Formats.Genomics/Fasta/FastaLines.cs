using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dataplug.Formats.Genomics;

/// <summary>A run of lines of the same shape.</summary>
/// <param name="Bytes">Bytes of each line, its end included.</param>
/// <param name="Bases">Letters of each line.</param>
/// <param name="IsClean">Whether everything that is no letter is the line's end, LF or CRLF.</param>
/// <param name="Count">Number of lines.</param>
internal readonly record struct FastaLines(long Bytes, long Bases, bool IsClean, long Count)
{
    /// <summary>Whether lines have the same shape.</summary>
    public bool HasShapeOf(in FastaLines other) => (Bytes, Bases, IsClean) == (other.Bytes, other.Bases, other.IsClean);
}

/// <summary>Counts what lines are made of.</summary>
internal static class FastaBytes
{
    private const byte FirstLetter = (byte)'!';
    private const byte LastLetter = (byte)'~';

    /// <summary>Line feeds, and letters: bytes 33 to 126, which <c>isgraph</c> of C is true for.</summary>
    // Optimised at its first call: there are few calls, each on much content.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (long LineFeeds, long Letters) Count(ReadOnlySpan<byte> bytes)
    {
        long feeds = 0, letters = 0;
        var i = 0;
        ref var first = ref MemoryMarshal.GetReference(bytes);
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= bytes.Length - Vector512<byte>.Count; i += Vector512<byte>.Count)
            {
                var piece = Vector512.LoadUnsafe(ref first, (nuint)i);
                feeds += BitOperations.PopCount(Vector512.Equals(piece, Vector512.Create((byte)'\n')).ExtractMostSignificantBits());
                letters += BitOperations.PopCount(Vector512.LessThanOrEqual(piece - Vector512.Create(FirstLetter), Vector512.Create((byte)(LastLetter - FirstLetter))).ExtractMostSignificantBits());
            }
        }

        for (; i <= bytes.Length - Vector256<byte>.Count; i += Vector256<byte>.Count)
        {
            var piece = Vector256.LoadUnsafe(ref first, (nuint)i);
            feeds += BitOperations.PopCount(Vector256.Equals(piece, Vector256.Create((byte)'\n')).ExtractMostSignificantBits());
            letters += BitOperations.PopCount(Vector256.LessThanOrEqual(piece - Vector256.Create(FirstLetter), Vector256.Create((byte)(LastLetter - FirstLetter))).ExtractMostSignificantBits());
        }

        foreach (var value in bytes[i..])
        {
            feeds += value == (byte)'\n' ? 1 : 0;
            letters += value is >= FirstLetter and <= LastLetter ? 1 : 0;
        }

        return (feeds, letters);
    }

    /// <summary>The first byte that no text has: a control character but tab, vertical tab, form feed, return and line feed, or one above
    /// 126; −1 for none.</summary>
    public static int IndexOfBinary(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] is < 9 or (> 13 and < 32) or > 126)
                return i;
        }

        return -1;
    }

    /// <summary>Moves the letters to the front.</summary>
    /// <returns>How many there are.</returns>
    public static int KeepLetters(Span<byte> bytes)
    {
        var kept = 0;
        for (var at = 0; at < bytes.Length;)
        {
            var start = bytes[at..].IndexOfAnyInRange(FirstLetter, LastLetter);
            if (start < 0)
                break;
            at += start;
            var run = bytes[at..].IndexOfAnyExceptInRange(FirstLetter, LastLetter);
            run = run < 0 ? bytes.Length - at : run;
            if (at > kept)
                bytes.Slice(at, run).CopyTo(bytes[kept..]);
            kept += run;
            at += run;
        }

        return kept;
    }
}
