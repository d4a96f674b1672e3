using System.Text;

namespace Dataplug.Text;

/// <summary>What separates and what quotes fields.</summary>
/// <param name="Delimiter">The byte between fields.</param>
/// <param name="Quote">The byte around fields; null when there is none.</param>
internal readonly record struct CsvDialect(byte Delimiter, byte? Quote)
{
    /// <summary>Bytes at the start of an object that the dialect is found in.</summary>
    public const int HeadLength = 64 << 10;

    // What rows are taken for evidence.
    private const int MaxRows = 1000;

    private static readonly byte[][] Candidates = [[(byte)',', (byte)'\t', (byte)';', (byte)'|'], [(byte)':', (byte)'^', (byte)'~', 0x1F, 0x01]];

    /// <summary>
    /// Finds the dialect in the first bytes of an object: the delimiter by which most rows have the same number of fields, more
    /// than one. <c>, TAB ; |</c> come first, rarer ones are taken only where none of these separates anything.
    /// </summary>
    /// <param name="head">The first bytes of the object, at most <see cref="HeadLength"/>.</param>
    /// <param name="whole">Whether they are all of it.</param>
    /// <param name="options">What is known already.</param>
    public static CsvDialect Detect(ReadOnlySpan<byte> head, bool whole, CsvOptions options)
    {
        if (options.Delimiter is { } delimiter)
            return new CsvDialect((byte)delimiter, DetectQuote(head, [(byte)delimiter], options));

        foreach (var group in Candidates)
        {
            var quote = DetectQuote(head, group, options);
            byte? best = null;
            var bestScore = (Agreement: 0.5, Width: 1);
            foreach (var candidate in group)
            {
                if (candidate == quote)
                    continue;
                var score = Score(CsvSample.Take(head, whole, new CsvDialect(candidate, quote), Encoding.Latin1, MaxRows));
                if (score.Width > 1 && score.CompareTo(bestScore) > 0)
                    (best, bestScore) = (candidate, score);
            }

            if (best is { } found)
                return new CsvDialect(found, quote);
        }

        return new CsvDialect((byte)',', DetectQuote(head, [(byte)','], options));
    }

    /// <summary>Which part of the rows has the most frequent number of fields, and that number.</summary>
    public static (double Agreement, int Width) Score(IReadOnlyList<string[]> rows)
    {
        if (rows.Count == 0)
            return (0, 0);
        var mode = rows.GroupBy(r => r.Length).OrderByDescending(g => g.Count()).ThenByDescending(g => g.Key).First();
        return ((double)mode.Count() / rows.Count, mode.Key);
    }

    // A single quote is taken for the quote only where fields begin with it and end with it, and none begins with a double one.
    private static byte? DetectQuote(ReadOnlySpan<byte> head, byte[] delimiters, CsvOptions options)
    {
        if (options.Quote is { } known)
            return known == '\0' ? null : (byte)known;
        int opened = 0, closed = 0;
        for (var i = 0; i < head.Length; i++)
        {
            if (head[i] is not ((byte)'"' or (byte)'\''))
                continue;
            var atStart = i == 0 || head[i - 1] is (byte)'\n' or (byte)'\r' || delimiters.AsSpan().Contains(head[i - 1]);
            var atEnd = i + 1 == head.Length || head[i + 1] is (byte)'\n' or (byte)'\r' || delimiters.AsSpan().Contains(head[i + 1]);
            if (head[i] == (byte)'"' && atStart)
                return (byte)'"';
            if (head[i] == (byte)'\'')
            {
                opened += atStart ? 1 : 0;
                closed += atEnd ? 1 : 0;
            }
        }

        return opened > 0 && opened == closed && !delimiters.AsSpan().Contains((byte)'\'') ? (byte)'\'' : (byte)'"';
    }
}
