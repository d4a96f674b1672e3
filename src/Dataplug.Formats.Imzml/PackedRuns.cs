using System.Buffers;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Formats.Imzml;

/// <summary>Runs of whole numbers, in rising order without overlaps, in a short text: byte ranges, or numbers of spectra.</summary>
internal static class PackedRuns
{
    public static string Pack(IReadOnlyList<ByteRange> runs)
    {
        // Ends and starts in turn never fall.
        var values = new long[runs.Count * 2];
        for (var i = 0; i < runs.Count; i++)
            (values[2 * i], values[(2 * i) + 1]) = (runs[i].Offset, runs[i].End);
        var bytes = new ArrayBufferWriter<byte>();
        ColumnCodec.Encode(values, bytes);
        return runs.Count == 0 ? "" : $"{runs.Count}:{Convert.ToBase64String(bytes.WrittenSpan)}";
    }

    /// <summary>Reads what <see cref="Pack"/> wrote.</summary>
    /// <exception cref="InvalidSliceException">It is something else.</exception>
    public static IReadOnlyList<ByteRange> Unpack(string text, string source)
    {
        if (text.Length == 0)
            return [];
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var bytes = new byte[text.Length];
        if (colon > 0 && int.TryParse(text.AsSpan(0, colon), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var count) && count <= text.Length
            && Convert.TryFromBase64Chars(text.AsSpan(colon + 1), bytes, out var length))
        {
            var values = new long[count * 2];
            if (ColumnCodec.TryDecode(bytes.AsSpan(0, length), values))
            {
                var runs = new ByteRange[count];
                long end = 0;
                for (var i = 0; i < count; i++)
                {
                    if (values[2 * i] < end || values[(2 * i) + 1] < values[2 * i])
                        throw new InvalidSliceException(source, "the slice's runs do not rise");
                    end = values[(2 * i) + 1];
                    runs[i] = ByteRange.FromBounds(values[2 * i], end);
                }

                return runs;
            }
        }

        throw new InvalidSliceException(source, "the slice's runs can't be read");
    }

    /// <summary>Merges runs over the smallest gaps until there are few enough.</summary>
    public static IReadOnlyList<ByteRange> Coarsen(List<ByteRange> runs, int most)
    {
        if (runs.Count <= most)
            return runs;
        var gaps = Enumerable.Range(1, runs.Count - 1).Select(i => runs[i].Offset - runs[i - 1].End).Order().ToArray();
        var limit = gaps[runs.Count - most - 1];
        var merged = new List<ByteRange> { runs[0] };
        foreach (var run in runs.Skip(1))
        {
            if (run.Offset - merged[^1].End <= limit)
                merged[^1] = ByteRange.FromBounds(merged[^1].Offset, run.End);
            else
                merged.Add(run);
        }

        return merged;
    }
}
