using System.Globalization;

namespace Dataplug.Formats.Genomics;

/// <summary>Reads regions from BED (GA4GH BED v1.0): name, start from 0, and end, separated by tabs or blanks; more columns are passed
/// over.</summary>
public static class BedFile
{
    /// <summary>Reads all regions.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="source">Its name, for messages.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="CorruptObjectException">A line is no region; the message says which.</exception>
    public static async Task<IReadOnlyList<GenomicRegion>> ReadAsync(TextReader reader, string? source = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var regions = new List<GenomicRegion>();
        for (long number = 1; await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line; number++)
        {
            var text = line.TrimEnd();
            if (text.Length == 0 || text[0] == '#' || text.StartsWith("browser", StringComparison.Ordinal) || text.StartsWith("track", StringComparison.Ordinal))
                continue;
            var fields = text.Contains('\t', StringComparison.Ordinal) ? text.Split('\t') : text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 3 || fields[0].Length == 0
                || !long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var start)
                || !long.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var end) || end < start)
            {
                throw new CorruptObjectException(source, string.Create(CultureInfo.InvariantCulture, $"line {number} is no BED region: '{text}'"), "Write name, start from 0, and end, separated by tabs.");
            }

            if (end > start)
                regions.Add(new GenomicRegion(fields[0], start, end));
        }

        return regions;
    }
}
