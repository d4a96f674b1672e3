using Dataplug.Partitioning;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Regions that records are asked for by. A record that overlaps several of them belongs to the first of these in the order of
/// positions, so that no record is given twice, and all regions together give what <c>bcftools view -r</c> or <c>samtools view</c>
/// give for the same list.
/// </summary>
public sealed class RegionList
{
    private RegionList(IReadOnlyList<GenomicRegion> regions) => Regions = regions;

    /// <summary>The regions, in the order in which they were given.</summary>
    public IReadOnlyList<GenomicRegion> Regions { get; }

    /// <summary>Makes a list of regions.</summary>
    /// <exception cref="PartitionException">There is none.</exception>
    public static RegionList Of(params IEnumerable<GenomicRegion> regions)
    {
        ArgumentNullException.ThrowIfNull(regions);
        GenomicRegion[] list = [.. regions];
        return list.Length > 0 ? new RegionList(list) : throw new PartitionException(null, "there is no region", "Give at least one region.");
    }

    /// <summary>Reads a list as a command line gives it: regions separated by semicolons or line ends, each as samtools writes it
    /// (<c>chr1:1,000-2,000</c>), or as a line of BED.</summary>
    /// <param name="text">The list.</param>
    /// <param name="isName">Tells whether a sequence has a name; null where names are not known.</param>
    /// <exception cref="PartitionException">A part is no region, or there is none.</exception>
    public static RegionList Parse(string text, Func<string, bool>? isName = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var regions = new List<GenomicRegion>();
        foreach (var part in text.Split(';', '\n').Select(part => part.Trim('\r', ' ')).Where(part => part.Length > 0))
        {
            if (part.Contains('\t', StringComparison.Ordinal))
            {
                using var line = new StringReader(part);
                try
                {
                    regions.AddRange(BedFile.ReadAsync(line).GetAwaiter().GetResult());
                }
                catch (CorruptObjectException failure)
                {
                    throw new PartitionException(null, failure.Problem, failure.Cure, innerException: failure);
                }

                continue;
            }

            if (part[0] == '#')
                continue;
            try
            {
                regions.Add(GenomicRegion.Parse(part, isName));
            }
            catch (FormatException failure)
            {
                throw new PartitionException(null, failure.Message, "Write regions as chr1:1000-2000, separated by semicolons.", innerException: failure);
            }
        }

        return Of(regions);
    }

    /// <summary>For each region, in the given order, the position from which on the start of a record must be for it to belong to no
    /// earlier region: the furthest end of those that come before it in the order of positions, or 0.</summary>
    public IReadOnlyList<long> Fences()
    {
        var fences = new long[Regions.Count];
        foreach (var group in Enumerable.Range(0, fences.Length).GroupBy(i => Regions[i].Name))
        {
            long furthest = 0;
            foreach (var i in group.OrderBy(i => Regions[i].Start).ThenBy(i => i))
            {
                fences[i] = furthest;
                furthest = Math.Max(furthest, Regions[i].End);
            }
        }

        return fences;
    }
}
