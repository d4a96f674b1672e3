using Dataplug.Formats.Genomics;

namespace Dataplug.Cli.Demo;

/// <summary>What the demo counts of a slice: reads, bases, G and C, and the sum of the quality bytes.</summary>
internal readonly record struct ReadStatistics(long Reads, long Bases, long GuanineCytosine, long QualitySum)
{
    private const int PhredOffset = 33;

    /// <summary>G and C among all bases, 0 to 1.</summary>
    public double GcFraction => Bases == 0 ? 0 : (double)GuanineCytosine / Bases;

    /// <summary>The mean Phred score of the bases, for qualities in Phred+33.</summary>
    public double MeanQuality => Bases == 0 ? 0 : ((double)QualitySum / Bases) - PhredOffset;

    public static ReadStatistics operator +(ReadStatistics a, ReadStatistics b) =>
        new(a.Reads + b.Reads, a.Bases + b.Bases, a.GuanineCytosine + b.GuanineCytosine, a.QualitySum + b.QualitySum);

    /// <summary>The function that the demo maps over slices: all that a user of the library would write.</summary>
    public static async Task<ReadStatistics> CountAsync(FastqSlice slice, CancellationToken cancellationToken)
    {
        var total = default(ReadStatistics);
        await using var reader = await slice.OpenReaderAsync(cancellationToken);
        while (await reader.FillAsync(cancellationToken))
        {
            while (reader.TryRead(out var read))
                total += Of(read);
        }

        return total;
    }

    private static ReadStatistics Of(in FastqReadView read)
    {
        var gc = read.Sequence.Count((byte)'G') + read.Sequence.Count((byte)'C');
        long sum = 0;
        foreach (var quality in read.Qualities)
            sum += quality;
        return new ReadStatistics(1, read.Sequence.Length, gc, sum);
    }
}
