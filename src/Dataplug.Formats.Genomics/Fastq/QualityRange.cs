using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dataplug.Formats.Genomics;

/// <summary>The lowest and the highest byte of many spans, gathered 32 bytes at a time.</summary>
internal struct QualityRange
{
    private Vector256<byte> _lowest;
    private Vector256<byte> _highest;

    /// <summary>Of no bytes: 255 and 0.</summary>
    public static QualityRange Start => new() { _lowest = Vector256<byte>.AllBitsSet, _highest = Vector256<byte>.Zero };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ReadOnlySpan<byte> bytes)
    {
        ref var start = ref MemoryMarshal.GetReference(bytes);
        if (bytes.Length >= Vector256<byte>.Count)
        {
            var (lowest, highest) = (_lowest, _highest);
            var last = bytes.Length - Vector256<byte>.Count;
            for (var i = 0; i < last; i += Vector256<byte>.Count)
            {
                var next = Vector256.LoadUnsafe(ref start, (nuint)i);
                lowest = Vector256.Min(lowest, next);
                highest = Vector256.Max(highest, next);
            }

            // The last 32 bytes overlap those before; the range doesn't mind.
            var end = Vector256.LoadUnsafe(ref start, (nuint)last);
            _lowest = Vector256.Min(lowest, end);
            _highest = Vector256.Max(highest, end);
            return;
        }

        foreach (var b in bytes)
        {
            _lowest = Vector256.Min(_lowest, Vector256.Create(b));
            _highest = Vector256.Max(_highest, Vector256.Create(b));
        }
    }

    public readonly (byte Lowest, byte Highest) Get()
    {
        byte lowest = byte.MaxValue, highest = 0;
        for (var i = 0; i < Vector256<byte>.Count; i++)
        {
            lowest = Math.Min(lowest, _lowest[i]);
            highest = Math.Max(highest, _highest[i]);
        }

        return (lowest, highest);
    }
}
