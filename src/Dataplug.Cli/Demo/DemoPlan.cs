using Dataplug.Formats.Genomics;
using Dataplug.Lithops;

namespace Dataplug.Cli.Demo;

/// <summary>One way to cut the object, and what mapping over the slices gave.</summary>
/// <param name="Strategy">The strategy's name.</param>
/// <param name="Parameter">Its parameter, <c>name=value</c>.</param>
/// <param name="Slices">The slices.</param>
/// <param name="PartitionTime">How long cutting took.</param>
/// <param name="PartitionBytes">Bytes of the object that cutting read.</param>
/// <param name="Counts">What was counted of each slice.</param>
/// <param name="Tasks">When each slice was worked on.</param>
/// <param name="MapTime">How long all slices took, many at once.</param>
/// <param name="MapRequests">Reads of the object.</param>
/// <param name="MapBytes">Bytes of the object that were read.</param>
internal sealed record DemoPlan(
    string Strategy,
    string Parameter,
    IReadOnlyList<FastqSlice> Slices,
    TimeSpan PartitionTime,
    long PartitionBytes,
    IReadOnlyList<ReadStatistics> Counts,
    IReadOnlyList<TaskStatistics> Tasks,
    TimeSpan MapTime,
    long MapRequests,
    long MapBytes)
{
    public ReadStatistics Total => Counts.Aggregate(default(ReadStatistics), (sum, count) => sum + count);
}
