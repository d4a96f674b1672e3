using System.Runtime.CompilerServices;
using Dataplug.Storage;

namespace Dataplug.Formats.Imzml;

/// <summary>Some points of one spectrum.</summary>
/// <param name="Row">The spectrum's row in its table.</param>
/// <param name="First">The first point.</param>
/// <param name="Points">The number of points.</param>
internal readonly record struct SpectrumPiece(int Row, int First, int Points)
{
    /// <summary>The bytes to fetch for one of its arrays: those of the points, or all of a compressed array.</summary>
    public ByteRange RangeOf(SpectrumTable table, int slot)
    {
        var array = table.ArrayOf(Row, slot);
        var layout = table.LayoutOf(Row).Arrays[slot];
        return Points == 0 || array.Points == 0 ? default
            : layout.Compression == ArrayCompression.None ? new ByteRange(array.Offset + ((long)First * layout.ElementSize), (long)Points * layout.ElementSize)
            : new ByteRange(array.Offset, array.Length);
    }
}

/// <summary>Pieces whose bytes are in memory.</summary>
/// <param name="Start">The number of the first piece.</param>
/// <param name="Count">The number of pieces.</param>
/// <param name="Arrays">For each piece the bytes of each slot, all slots of one piece after another.</param>
/// <param name="SlotCount">Slots a piece.</param>
internal sealed record SpectrumWave(int Start, int Count, ReadOnlyMemory<byte>[] Arrays, int SlotCount)
{
    public ReadOnlyMemory<byte> BytesOf(int piece, int slot) => Arrays[((piece - Start) * SlotCount) + slot];
}

/// <summary>Fetches pieces of spectra wave by wave: few requests, bounded memory, the next wave on its way while one is read.</summary>
internal static class SpectrumFetch
{
    /// <summary>Bytes of a wave, unless a single spectrum has more. Two are in memory at a time.</summary>
    public const long WaveBytes = 32 << 20;

    /// <summary>Pieces of a wave.</summary>
    private const int WavePieces = 1 << 16;

    /// <summary>Fetches them.</summary>
    /// <param name="ibd">The binary object.</param>
    /// <param name="table">Where the spectra are.</param>
    /// <param name="pieces">What of them is wanted.</param>
    /// <param name="slots">How many slots are wanted, from the first one on.</param>
    /// <param name="maxGap">Bytes that are read over rather than ask once more.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public static async IAsyncEnumerable<SpectrumWave> ReadAsync(
        PinnedObject ibd, SpectrumTable table, IReadOnlyList<SpectrumPiece> pieces, int slots, long maxGap, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var options = ReadManyOptions.Default with { MaxGap = maxGap };
        var axis = (Range: default(ByteRange), Bytes: ReadOnlyMemory<byte>.Empty);
        Task<SpectrumWave>? next = null;
        var at = 0;
        try
        {
            while (at < pieces.Count || next is not null)
            {
                if (next is null)
                    next = Begin();
                var wave = await next.ConfigureAwait(false);
                next = at < pieces.Count ? Begin() : null;
                yield return wave;
            }
        }
        finally
        {
            // Who stops early leaves no request behind.
            if (next is not null)
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Task<SpectrumWave> Begin()
        {
            var start = at;
            var ranges = new List<ByteRange>();
            long bytes = 0;
            var lastMz = axis.Range;
            for (; at < pieces.Count && at - start < WavePieces; at++)
            {
                var before = ranges.Count;
                long added = 0;
                for (var slot = 0; slot < slots; slot++)
                {
                    var range = slot < table.LayoutOf(pieces[at].Row).Arrays.Count ? pieces[at].RangeOf(table, slot) : default;
                    ranges.Add(range);
                    if (slot > 0 || range != lastMz)
                        added += range.Length;
                    if (slot == 0)
                        lastMz = range;
                }

                if (bytes > 0 && bytes + added > WaveBytes)
                {
                    ranges.RemoveRange(before, slots);
                    break;
                }

                bytes += added;
            }

            return FetchAsync(start, at - start, ranges);
        }

        async Task<SpectrumWave> FetchAsync(int start, int count, List<ByteRange> ranges)
        {
            // The m/z axis that spectra share was fetched with the wave before.
            var known = axis;
            if (known.Range.Length > 0)
            {
                for (var i = 0; i < ranges.Count; i += slots)
                {
                    if (ranges[i] == known.Range)
                        ranges[i] = default;
                }
            }

            var arrays = (await ibd.ReadManyAsync(ranges, options, cancellationToken).ConfigureAwait(false)).ToArray();
            if (known.Range.Length > 0)
            {
                for (var i = 0; i < arrays.Length; i += slots)
                {
                    if (arrays[i].IsEmpty && pieces[start + (i / slots)].RangeOf(table, 0) == known.Range)
                        arrays[i] = known.Bytes;
                }
            }

            // Held apart from the wave's other bytes, so that those can go.
            if (count > 1 && slots > 0 && pieces[start + count - 1].RangeOf(table, 0) is { Length: > 0 } last && last == pieces[start].RangeOf(table, 0) && last != known.Range)
                axis = (last, arrays[(count - 1) * slots].ToArray());
            return new SpectrumWave(start, count, arrays, slots);
        }
    }
}
