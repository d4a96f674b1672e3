using Dataplug.Partitioning;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>Where the mates of reads are.</summary>
public enum FastqMates
{
    /// <summary>In another object, or there are none: cuts may fall between any two reads.</summary>
    Apart,

    /// <summary>Each follows its first read: cuts fall between pairs.</summary>
    Interleaved,
}

/// <summary>The ways to cut FASTQ. All keep the order of the reads, and all cut between reads.</summary>
public static class FastqPartition
{
    private const string MatesParameter = "mates";

    private static readonly StrategyParameter Mates = new(MatesParameter, StrategyParameterType.Choice, "Where the mates of reads are; interleaved ones are never parted", "apart", ["apart", "interleaved"]);

    /// <summary>What the strategies are called, for command lines.</summary>
    internal static IReadOnlyList<StrategyDescription> Descriptions { get; } =
    [
        new("batches", "A number of batches with equally many reads, give or take one", [new("count", StrategyParameterType.Count, "Number of batches"), Mates]),
        new("reads", "A number of reads a slice; the last slice may be shorter", [new("reads", StrategyParameterType.Count, "Reads in each slice"), Mates]),
        new("bases", "Slices of about a number of bases, cut between reads", [new("bases", StrategyParameterType.Count, "Bases in each slice"), Mates]),
        new("bytes", "Slices of about a size, cut between reads", [new("bytes", StrategyParameterType.Bytes, "Bytes of decompressed FASTQ in each slice"), Mates]),
    ];

    /// <summary>A number of batches with equally many reads, give or take one; some empty where there are fewer reads.</summary>
    /// <param name="count">Number of batches, ≥ 1.</param>
    /// <param name="mates">Where the mates of reads are.</param>
    public static IPartitionStrategy<FastqIndex, FastqSlice> IntoBatches(int count, FastqMates mates = FastqMates.Apart) =>
        new Strategy(mates, (units, _) => LineCuts.Balanced(units, count));

    /// <summary>A number of reads a slice; what is left over makes a shorter last slice.</summary>
    /// <param name="reads">Reads a slice, ≥ 1; of interleaved mates an even number.</param>
    /// <param name="mates">Where the mates of reads are.</param>
    public static IPartitionStrategy<FastqIndex, FastqSlice> ByReads(long reads, FastqMates mates = FastqMates.Apart) =>
        mates == FastqMates.Interleaved && reads % 2 != 0
            ? throw new PartitionException(null, $"{reads} reads a slice would part mates", "Ask for an even number of reads.")
            : new Strategy(mates, (units, _) => LineCuts.Every(units, mates == FastqMates.Interleaved ? reads / 2 : reads));

    /// <summary>Slices of about a number of bases: exact to a read where all reads have one length, or where the index has a mark, in
    /// proportion between two marks.</summary>
    /// <param name="bases">Bases a slice, ≥ 1.</param>
    /// <param name="mates">Where the mates of reads are.</param>
    public static IPartitionStrategy<FastqIndex, FastqSlice> ByBases(long bases, FastqMates mates = FastqMates.Apart)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bases);
        return new Strategy(mates, (units, index) => CutEvery(bases, index.Bases, index.ReadNearBase, units, mates, index));
    }

    /// <summary>Slices of about a size: exact to a read where the index has a mark, in proportion between two marks.</summary>
    /// <param name="bytes">Bytes of decompressed FASTQ a slice, ≥ 1.</param>
    /// <param name="mates">Where the mates of reads are.</param>
    public static IPartitionStrategy<FastqIndex, FastqSlice> ByBytes(long bytes, FastqMates mates = FastqMates.Apart)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        return new Strategy(mates, (units, index) => index.LineIndex is { } lines && !index.IsWrapped
            ? LineCuts.BySize(lines, bytes, units, mates == FastqMates.Interleaved ? 8 : 4)
            : CutEvery(bytes, index.UncompressedSize, index.ReadNear, units, mates, index));
    }

    internal static IPartitionStrategy<FastqIndex, FastqSlice> Create(string format, StrategyArguments arguments, string name)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return name switch
        {
            "batches" => IntoBatches(arguments.GetInt32Count("count"), GetMates(arguments)),
            "reads" => ByReads(arguments.GetCount("reads"), GetMates(arguments)),
            "bases" => ByBases(arguments.GetCount("bases"), GetMates(arguments)),
            "bytes" => ByBytes(arguments.GetBytes("bytes"), GetMates(arguments)),
            _ => throw new PartitionException(null, $"format '{format}' has no strategy '{name}'; it has: {string.Join(", ", Descriptions.Select(s => s.Name))}"),
        };
    }

    private static FastqMates GetMates(StrategyArguments arguments) => arguments.GetChoice(MatesParameter) == "interleaved" ? FastqMates.Interleaved : FastqMates.Apart;

    // No slice is empty, bar the only one of an object without reads.
    private static List<long> CutEvery(long each, long all, Func<long, long> readNear, long units, FastqMates mates, FastqIndex index)
    {
        var cuts = new List<long> { 0 };
        for (var place = each; place < all; place += each)
        {
            var unit = mates == FastqMates.Interleaved ? (readNear(place) + 1) / 2 : readNear(place);
            if (unit >= units)
                break;
            if (unit > cuts[^1])
                cuts.Add(unit);
            if (cuts.Count > LineCuts.MaxSlices)
                throw new PartitionException(index.Source.Uri.Display, $"a plan of more than {LineCuts.MaxSlices} slices is not possible", "Ask for larger slices.");
            if (all - place <= each)
                break;
        }

        cuts.Add(units);
        return cuts;
    }

    // Units are reads, or pairs of them.
    private sealed class Strategy(FastqMates mates, Func<long, FastqIndex, IReadOnlyList<long>> cut) : IPartitionStrategy<FastqIndex, FastqSlice>
    {
        public IReadOnlyList<FastqSlice> Partition(FastqIndex index)
        {
            ArgumentNullException.ThrowIfNull(index);
            if (mates == FastqMates.Apart)
                return index.Cut(cut(index.Reads, index));
            if (index.Reads % 2 != 0)
                throw new PartitionException(index.Source.Uri.Display, $"there are {index.Reads} reads, an odd number, so that they are no interleaved mates");
            return index.Cut([.. cut(index.Reads / 2, index).Select(pairs => 2 * pairs)]);
        }
    }
}
