namespace Dataplug.Compare;

/// <summary>Runs contenders in turn, round after round, so that drift of the machine falls on all of them alike.</summary>
internal sealed class Comparison(string title, IReadOnlyList<Contender> contenders, string processors)
{
    /// <summary>What is compared.</summary>
    public string Title => title;

    /// <summary>Runs <paramref name="rounds"/> rounds after one that is not counted.</summary>
    public async Task<IReadOnlyList<Row>> RunAsync(int rounds)
    {
        var runs = contenders.Select(_ => new List<Measurement>()).ToArray();
        var indexes = new long?[contenders.Count];
        for (var round = 0; round <= rounds; round++)
        {
            for (var i = 0; i < contenders.Count; i++)
            {
                var contender = contenders[i];
                if (contender.IndexFile is not null)
                    File.Delete(contender.IndexFile);
                var run = await Measurement.RunAsync(contender.Command, contender.Processors ?? processors);
                Console.Error.WriteLine($"{title}, round {round}/{rounds}: {contender.Name,-24} {contender.Processors ?? processors,-4} {run.WallSeconds,8:F3} s wall {run.CpuSeconds,8:F3} s CPU {run.PeakMebibytes,6:F0} MiB");
                if (contender.IndexFile is { } file)
                    indexes[i] = new FileInfo(file).Length;
                if (round > 0)
                    runs[i].Add(run);
            }
        }

        return contenders.Select((contender, i) => new Row(contender, runs[i], indexes[i])).ToArray();
    }
}

/// <summary>A line of a table.</summary>
/// <param name="Contender">The tool.</param>
/// <param name="Runs">What was measured, round by round.</param>
/// <param name="IndexBytes">The size of the index that it left; null when it left none.</param>
internal sealed record Row(Contender Contender, IReadOnlyList<Measurement> Runs, long? IndexBytes)
{
    /// <summary>Medians over the rounds.</summary>
    public Measurement Median { get; } = Measurement.Median(Runs);

    /// <summary>This tool's wall time over another's: the ratios of each round, and of these the median.</summary>
    public double TimesOf(Row other) => Measurement.Median(Runs.Zip(other.Runs, (mine, others) => mine.WallSeconds / others.WallSeconds));
}
