namespace Dataplug.Lithops.Plots;

/// <summary>How many tasks spent how long in each phase, in bins of equal width on a logarithmic scale.</summary>
/// <param name="FirstBin">Which bin the counts begin with: bin b is of durations from 10^(b/5) seconds on.</param>
/// <param name="Counts">The tasks of each phase in each bin.</param>
internal sealed record DurationHistogram(int FirstBin, IReadOnlyDictionary<Phase, int[]> Counts)
{
    public const int BinsPerDecade = 5;

    // What is shorter counts as this: nobody tunes microseconds.
    private const int LowestBin = -4 * BinsPerDecade;

    public int Bins => Counts.Count == 0 ? 0 : Counts.Values.First().Length;

    public static DurationHistogram Of(IEnumerable<TaskTimeline> lines)
    {
        var totals = lines.SelectMany(line => line.Totals()).Select(total => (total.Phase, Bin: BinOf(total.Duration))).ToList();
        if (totals.Count == 0)
            return new DurationHistogram(0, new Dictionary<Phase, int[]>());
        var first = totals.Min(total => total.Bin);
        var bins = totals.Max(total => total.Bin) - first + 1;
        var counts = new SortedDictionary<Phase, int[]>();
        foreach (var (phase, bin) in totals)
        {
            if (!counts.TryGetValue(phase, out var ofPhase))
                counts.Add(phase, ofPhase = new int[bins]);
            ofPhase[bin - first]++;
        }

        return new DurationHistogram(first, counts);
    }

    private static int BinOf(TimeSpan duration) =>
        Math.Max(LowestBin, (int)Math.Floor((Math.Log10(Math.Max(duration.TotalSeconds, 1e-9)) * BinsPerDecade) + 1e-9));
}
