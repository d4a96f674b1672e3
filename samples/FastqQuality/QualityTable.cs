using System.Globalization;
using Dataplug.Formats.Genomics;

namespace Samples.Qualities;

/// <summary>A histogram as a table of Phred scores.</summary>
internal static class QualityTable
{
    private const int Good = 30;

    /// <summary>Writes one row a position, counted from 1, and one for all bases.</summary>
    /// <param name="output">Takes the table.</param>
    /// <param name="histogram">What was counted.</param>
    /// <param name="positions">Positions with a row of their own.</param>
    public static void Write(TextWriter output, QualityHistogram histogram, int positions)
    {
        var all = new long[QualityHistogram.Levels];
        foreach (var row in histogram.Counts)
        {
            for (var level = 0; level < all.Length; level++)
                all[level] += row[level];
        }

        var lowest = Array.FindIndex(all, count => count > 0);
        var highest = Array.FindLastIndex(all, count => count > 0);
        var encoding = lowest < 0 ? QualityEncoding.Unknown : Encoding(lowest, highest);
        var scores = Scores(encoding, lowest, highest);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{histogram.Reads:N0} reads, {all.Sum():N0} bases, {FastqQuality.Name(encoding)}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"position",8} {"bases",14} {"mean",6} {"Q1",3} {"median",6} {"Q3",3} {"≥Q30",7}"));
        for (var position = 0; position < histogram.Counts.Length; position++)
            WriteRow(output, string.Create(CultureInfo.InvariantCulture, $"{position + 1}{(position == positions ? "+" : "")}"), histogram.Counts[position], scores);
        if (lowest >= 0)
            WriteRow(output, "all", all, scores);
    }

    private static void WriteRow(TextWriter output, string name, long[] counts, byte[] scores)
    {
        var (bases, sum, good) = (0L, 0L, 0L);
        for (var level = 0; level < counts.Length; level++)
        {
            bases += counts[level];
            sum += counts[level] * scores[level];
            good += scores[level] >= Good ? counts[level] : 0;
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,8} {bases,14:N0} {(double)sum / bases,6:F2} {Quantile(1),3} {Quantile(2),6} {Quantile(3),3} {100.0 * good / bases,6:F1}%"));

        // The score that at least so many quarters of the bases don't exceed.
        byte Quantile(int quarters)
        {
            var below = 0L;
            var level = 0;
            while ((below += counts[level]) * 4 < bases * quarters)
                level++;
            return scores[level];
        }
    }

    private static QualityEncoding Encoding(int lowest, int highest) =>
        FastqQuality.Guess((byte)(QualityHistogram.Lowest + lowest), (byte)(QualityHistogram.Lowest + highest));

    // The Phred score of each quality byte that there is; 0 for the others, some of which have none.
    private static byte[] Scores(QualityEncoding encoding, int lowest, int highest)
    {
        var scores = new byte[QualityHistogram.Levels];
        if (lowest >= 0)
        {
            var bytes = Enumerable.Range(QualityHistogram.Lowest + lowest, highest - lowest + 1).Select(level => (byte)level).ToArray();
            FastqQuality.ToPhred(bytes, encoding, scores.AsSpan(lowest));
        }

        return scores;
    }
}
