namespace Dataplug.Compare;

/// <summary>Runs contenders in turn, round after round, so that drift of the machine falls on all of them alike.</summary>
internal sealed class Comparison(string title, IReadOnlyList<Contender> contenders, int processor)
{
    /// <summary>What is compared.</summary>
    public string Title => title;

    /// <summary>Runs <paramref name="rounds"/> rounds after one that is not counted.</summary>
    public async Task<IReadOnlyList<Row>> RunAsync(int rounds)
    {
        var runs = contenders.Select(_ => new List<Measurement>()).ToArray();
        for (var round = 0; round <= rounds; round++)
        {
            for (var i = 0; i < contenders.Count; i++)
            {
                var contender = contenders[i];
                if (contender.IndexFile is not null)
                    File.Delete(contender.IndexFile);
                var run = await Measurement.RunAsync(contender.Command, processor);
                Console.Error.WriteLine($"{title}, round {round}/{rounds}: {contender.Name,-24} {run.WallSeconds,8:F3} s wall {run.CpuSeconds,8:F3} s CPU {run.PeakMebibytes,6:F0} MiB");
                if (round > 0)
                    runs[i].Add(run);
            }
        }

        // Ratios are taken round by round against the first contender, ours, and the median of them is reported.
        return contenders.Select((contender, i) => new Row(
            contender,
            Measurement.Median(runs[i]),
            Measurement.Median(runs[i].Zip(runs[0], (theirs, ours) => theirs.WallSeconds / ours.WallSeconds)),
            contender.IndexFile is { } file ? new FileInfo(file).Length : null)).ToArray();
    }
}

/// <summary>A line of a table.</summary>
/// <param name="Contender">The tool.</param>
/// <param name="Median">Medians over the rounds.</param>
/// <param name="TimesOurs">Its wall time over ours, the median of the rounds' ratios.</param>
/// <param name="IndexBytes">The size of the index that it left; null when it left none.</param>
internal sealed record Row(Contender Contender, Measurement Median, double TimesOurs, long? IndexBytes);
