using Dataplug.Formats.Genomics;
using Dataplug.Text;

namespace Samples.Qualities;

/// <summary>How often each quality byte is found at each position of the reads.</summary>
/// <param name="Reads">Number of reads.</param>
/// <param name="Counts">By position, then by quality byte from 33 to 126; as many rows as the longest read has positions, or as are
/// kept.</param>
internal sealed record QualityHistogram(long Reads, long[][] Counts)
{
    /// <summary>The lowest quality byte.</summary>
    public const byte Lowest = (byte)'!';

    /// <summary>How many quality bytes there are.</summary>
    public const int Levels = '~' - Lowest + 1;

    /// <summary>The histogram of a slice of FASTQ in gzip.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="positions">Positions with a row of their own; all beyond share one more.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public static async Task<QualityHistogram> OfAsync(FastqSlice slice, int positions, CancellationToken cancellationToken)
    {
        await using var reader = await slice.OpenReaderAsync(cancellationToken);
        return await OfAsync(reader, positions, cancellationToken);
    }

    /// <summary>The histogram of a slice of plain FASTQ, cut by <see cref="PlainFastqPartition"/>.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="positions">Positions with a row of their own; all beyond share one more.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public static async Task<QualityHistogram> OfAsync(RawTextSlice slice, int positions, CancellationToken cancellationToken)
    {
        var options = new FastqReaderOptions { Source = slice.Source.Uri.Display, FirstRead = slice.First / PlainFastqPartition.LinesPerRead, ByteOffset = slice.Offset };
        await using var reader = new FastqReader(await slice.OpenReadAsync(cancellationToken), options);
        return await OfAsync(reader, positions, cancellationToken);
    }

    /// <summary>Adds histograms.</summary>
    public static QualityHistogram Add(IReadOnlyList<QualityHistogram> histograms)
    {
        var sums = NewRows(histograms.Max(histogram => histogram.Counts.Length));
        foreach (var histogram in histograms)
        {
            for (var position = 0; position < histogram.Counts.Length; position++)
            {
                for (var level = 0; level < Levels; level++)
                    sums[position][level] += histogram.Counts[position][level];
            }
        }

        return new QualityHistogram(histograms.Sum(histogram => histogram.Reads), sums);
    }

    private static async Task<QualityHistogram> OfAsync(FastqReader reader, int positions, CancellationToken cancellationToken)
    {
        var counts = NewRows(positions + 1);
        var rows = 0;
        while (await reader.FillAsync(cancellationToken))
        {
            while (reader.TryRead(out var read))
            {
                var own = Math.Min(read.Qualities.Length, positions);
                for (var position = 0; position < own; position++)
                    counts[position][read.Qualities[position] - Lowest]++;
                foreach (var quality in read.Qualities[own..])
                    counts[positions][quality - Lowest]++;
                rows = Math.Max(rows, Math.Min(read.Qualities.Length, positions + 1));
            }
        }

        return new QualityHistogram(reader.ReadsRead, counts[..rows]);
    }

    private static long[][] NewRows(int rows) => [.. Enumerable.Range(0, rows).Select(_ => new long[Levels])];
}
