using Dataplug.Partitioning;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>The ways to cut FASTA. All keep the order.</summary>
public static class FastaPartition
{
    /// <summary>What the strategies are called, for command lines.</summary>
    internal static IReadOnlyList<StrategyDescription> Descriptions { get; } =
    [
        new("chunks", "A number of slices of about the same size; sequences are cut between lines, and what follows has a header with offset=",
            [new("count", StrategyParameterType.Count, "Number of slices")]),
        new("sequences", "A number of whole sequences a slice; the last slice may have fewer", [new("sequences", StrategyParameterType.Count, "Sequences in each slice")]),
        new("bases", "A number of bases a slice, over as many sequences as that takes",
        [
            new("bases", StrategyParameterType.Count, "Bases in each slice"),
            new("overlap", StrategyParameterType.Number, "Bases of the next slice that a slice gives too, within a sequence", "0"),
        ]),
        new("regions", "A slice for each region, as samtools faidx gives it",
            [new("regions", StrategyParameterType.Text, "Regions such as chr1:1,000-2,000, separated by semicolons, or lines of BED (@targets.bed)")]),
    ];

    /// <summary>A number of slices of about the same size. Where one begins within a sequence it has a header of its own: the sequence's
    /// name and <c>offset=</c>, the number of bases before.</summary>
    /// <param name="count">Number of slices, ≥ 1; some are empty where there are fewer places to cut at.</param>
    public static IPartitionStrategy<FastaIndex, FastaSlice> IntoChunks(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return new Strategy(index =>
        {
            CheckCount(index, count);
            var cuts = new FastaCut[count + 1];
            for (var i = 1; i < count; i++)
                cuts[i] = index.CutBefore((long)((Int128)index.UncompressedSize * i / count));
            cuts[^1] = new FastaCut(index.Count, 0);
            return index.Cut(cuts);
        });
    }

    /// <summary>Whole sequences.</summary>
    /// <param name="sequences">Sequences a slice, ≥ 1; the last slice may have fewer.</param>
    public static IPartitionStrategy<FastaIndex, FastaSlice> BySequences(long sequences)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sequences);
        return new Strategy(index => index.Cut([.. LineCuts.Every(index.Count, sequences).Select(number => new FastaCut((int)number, 0))]));
    }

    /// <summary>A number of bases a slice, over as many sequences as that takes; the last slice may have fewer. Exact, but where lines of a
    /// sequence differ in length: there it is cut at the next place that the index knows.</summary>
    /// <param name="bases">Bases a slice, ≥ 1.</param>
    /// <param name="overlap">Bases of the next slice that a slice gives too at its end, where its last sequence goes on there, ≥ 0: one
    /// less than the length of the words that are looked for, and none is missed.</param>
    public static IPartitionStrategy<FastaIndex, FastaSlice> ByBases(long bases, long overlap = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bases);
        ArgumentOutOfRangeException.ThrowIfNegative(overlap);
        return new Strategy(index => index.Cut(CutEvery(index, bases), overlap));
    }

    /// <summary>A slice for each region.</summary>
    /// <param name="regions">The regions.</param>
    public static IPartitionStrategy<FastaIndex, FastaSlice> ByRegions(params IEnumerable<GenomicRegion> regions)
    {
        var list = RegionList.Of(regions);
        return new Strategy(index => index.Cut(list));
    }

    /// <summary>A slice for each region of a list as a command line gives it: see <see cref="RegionList.Parse"/>.</summary>
    public static IPartitionStrategy<FastaIndex, FastaSlice> ByRegions(string regions) => new Strategy(index => index.Cut(RegionList.Parse(regions, index.IsName)));

    internal static IPartitionStrategy<FastaIndex, FastaSlice> Create(string format, StrategyArguments arguments, string name)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return name switch
        {
            "chunks" => IntoChunks(arguments.GetInt32Count("count")),
            "sequences" => BySequences(arguments.GetCount("sequences")),
            "bases" => ByBases(arguments.GetCount("bases"), arguments.GetNumber("overlap")),
            "regions" => ByRegions(arguments.GetText("regions")),
            _ => throw new PartitionException(null, $"format '{format}' has no strategy '{name}'; it has: {string.Join(", ", Descriptions.Select(s => s.Name))}"),
        };
    }

    private static List<FastaCut> CutEvery(FastaIndex index, long bases)
    {
        var cuts = new List<FastaCut> { default };
        var (number, at, left) = (0, 0L, bases);
        while (number < index.Count)
        {
            var rest = index.LengthOf(number) - at;
            if (rest <= left)
            {
                // The sequence ends within the slice; sequences of no bases belong to the slice before.
                left -= rest;
                (number, at) = (number + 1, 0);
                while (number < index.Count && index.LengthOf(number) == 0)
                    number++;
                if (left > 0 || number == index.Count)
                    continue;
                cuts.Add(new FastaCut(number, 0));
            }
            else
            {
                var cut = index.CutAfter(number, at + left);
                (number, at) = (cut.Sequence, cut.Base);
                if (number == index.Count)
                    break;
                cuts.Add(cut);
            }

            left = bases;
            CheckCount(index, cuts.Count);
        }

        cuts.Add(new FastaCut(index.Count, 0));
        return cuts;
    }

    private static void CheckCount(FastaIndex index, int count)
    {
        if (count > LineCuts.MaxSlices)
            throw new PartitionException(index.Source.Uri.Display, $"a plan of {count} slices is not possible", $"Ask for 1 to {LineCuts.MaxSlices} slices.");
    }

    private sealed class Strategy(Func<FastaIndex, IReadOnlyList<FastaSlice>> cut) : IPartitionStrategy<FastaIndex, FastaSlice>
    {
        public IReadOnlyList<FastaSlice> Partition(FastaIndex index)
        {
            ArgumentNullException.ThrowIfNull(index);
            return cut(index);
        }
    }
}
