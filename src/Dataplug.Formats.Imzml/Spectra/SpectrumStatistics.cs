using System.Buffers.Binary;
using Dataplug.Storage;
using ZstdSharp;

namespace Dataplug.Formats.Imzml;

/// <summary>What one pass over the binary object tells of every spectrum.</summary>
internal sealed class SpectrumStatistics(int blockPoints)
{
    private const int Columns = 5;
    private const int CompressionLevel = 3;

    /// <summary>Sums of intensities.</summary>
    public List<double> TotalIonCurrent { get; } = [];

    /// <summary>Largest intensities; 0 of empty spectra.</summary>
    public List<double> BasePeak { get; } = [];

    /// <summary>The m/z of the largest intensities, the first of several; NaN of empty spectra.</summary>
    public List<double> BasePeakMz { get; } = [];

    /// <summary>Smallest m/z; NaN of empty spectra.</summary>
    public List<double> MinMz { get; } = [];

    /// <summary>Largest m/z; NaN of empty spectra.</summary>
    public List<double> MaxMz { get; } = [];

    public MzBlocks Blocks { get; } = new(blockPoints);

    public int Count => TotalIonCurrent.Count;

    /// <summary>Reads all spectra of a table.</summary>
    public static async Task<SpectrumStatistics> ComputeAsync(PinnedObject ibd, SpectrumTable table, CancellationToken cancellationToken)
    {
        var statistics = new SpectrumStatistics(MzBlocks.BlockPointsOf(ibd.Size));
        var pieces = Enumerable.Range(0, table.Count).Select(row => new SpectrumPiece(row, 0, table.ArrayOf(row, 0).Points)).ToArray();
        var (mz, intensities) = (Array.Empty<double>(), Array.Empty<double>());
        (SpectrumArray Array, ArrayLayout? Layout) known = default;
        var isSorted = true;
        await foreach (var wave in SpectrumFetch.ReadAsync(ibd, table, pieces, 2, ReadManyOptions.Default.MaxGap, cancellationToken).ConfigureAwait(false))
        {
            for (var i = wave.Start; i < wave.Start + wave.Count; i++)
            {
                var points = pieces[i].Points;
                if (mz.Length < points)
                    (mz, intensities, known) = (new double[points], new double[points], default);
                var layout = table.LayoutOf(i);
                (SpectrumArray Array, ArrayLayout? Layout) axis = (table.ArrayOf(i, 0), layout.Arrays[0]);
                if (axis != known || points == 0)
                {
                    ArrayDecoder.Decode(wave.BytesOf(i, 0), layout.Arrays[0], points, 0, mz.AsSpan(0, points), ibd.Uri.Display, axis.Array.Offset);
                    isSorted = IsSorted(mz.AsSpan(0, points));
                    known = axis;
                }

                ArrayDecoder.Decode(wave.BytesOf(i, 1), layout.Arrays[1], points, 0, intensities.AsSpan(0, points), ibd.Uri.Display, table.ArrayOf(i, 1).Offset);
                statistics.Add(mz.AsSpan(0, points), intensities.AsSpan(0, points), isSorted);
            }
        }

        return statistics;
    }

    public void Append(SpectrumStatistics next)
    {
        TotalIonCurrent.AddRange(next.TotalIonCurrent);
        BasePeak.AddRange(next.BasePeak);
        BasePeakMz.AddRange(next.BasePeakMz);
        MinMz.AddRange(next.MinMz);
        MaxMz.AddRange(next.MaxMz);
        Blocks.Append(next.Blocks);
    }

    /// <summary>Whether values never fall, and are numbers.</summary>
    public static bool IsSorted(ReadOnlySpan<double> values)
    {
        for (var i = 1; i < values.Length; i++)
        {
            if (!(values[i - 1] <= values[i]))
                return false;
        }

        return values.IsEmpty || !double.IsNaN(values[0]);
    }

    /// <summary>The columns as bytes, without the blocks.</summary>
    public byte[] Encode()
    {
        var content = new byte[Columns * 8 * Count];
        var column = 0;
        foreach (var values in (List<double>[])[TotalIonCurrent, BasePeak, BasePeakMz, MinMz, MaxMz])
        {
            var part = content.AsSpan(column++ * 8 * Count, 8 * Count);
            for (var i = 0; i < Count; i++)
            {
                var bits = BitConverter.DoubleToUInt64Bits(values[i]);
                for (var b = 0; b < 8; b++)
                    part[(b * Count) + i] = (byte)(bits >> (8 * b));
            }
        }

        using var compressor = new Compressor(CompressionLevel);
        return [.. BitConverter.GetBytes(Count), .. compressor.Wrap(content)];
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="CorruptIndexException">It is something else.</exception>
    public static SpectrumStatistics Decode(ReadOnlySpan<byte> bytes, int blockPoints, string source)
    {
        try
        {
            if (bytes.Length >= 4 && BinaryPrimitives.ReadInt32LittleEndian(bytes) is >= 0 and var count && (long)count * Columns * 8 <= Math.Min(Array.MaxLength, bytes.Length * 50_000L))
            {
                var content = new byte[Columns * 8 * count];
                using var decompressor = new Decompressor();
                if (decompressor.Unwrap(bytes[4..], content) == content.Length)
                    return Parse(content, count, blockPoints);
            }
        }
        catch (ZstdException failure)
        {
            throw new CorruptIndexException(source, "the statistics in the index are damaged", innerException: failure);
        }

        throw new CorruptIndexException(source, "the statistics in the index are damaged");
    }

    private static SpectrumStatistics Parse(ReadOnlySpan<byte> content, int count, int blockPoints)
    {
        var statistics = new SpectrumStatistics(blockPoints);
        var column = 0;
        foreach (var values in (List<double>[])[statistics.TotalIonCurrent, statistics.BasePeak, statistics.BasePeakMz, statistics.MinMz, statistics.MaxMz])
        {
            var part = content.Slice(column++ * 8 * count, 8 * count);
            values.EnsureCapacity(count);
            for (var i = 0; i < count; i++)
            {
                var bits = 0UL;
                for (var b = 0; b < 8; b++)
                    bits |= (ulong)part[(b * count) + i] << (8 * b);
                values.Add(BitConverter.UInt64BitsToDouble(bits));
            }
        }

        return statistics;
    }

    private void Add(ReadOnlySpan<double> mz, ReadOnlySpan<double> intensities, bool isSorted)
    {
        var (sum, peak) = (0.0, -1);
        for (var i = 0; i < intensities.Length; i++)
        {
            sum += intensities[i];
            if (peak < 0 || intensities[i] > intensities[peak])
                peak = i;
        }

        var (low, high) = (double.NaN, double.NaN);
        if (isSorted && !mz.IsEmpty)
        {
            (low, high) = (mz[0], mz[^1]);
        }
        else
        {
            foreach (var value in mz)
                (low, high) = (low <= value ? low : value, high >= value ? high : value);
        }

        TotalIonCurrent.Add(sum);
        BasePeak.Add(peak < 0 ? 0 : intensities[peak]);
        BasePeakMz.Add(peak < 0 ? double.NaN : mz[peak]);
        MinMz.Add(low);
        MaxMz.Add(high);
        Blocks.Add(mz, isSorted);
    }
}
