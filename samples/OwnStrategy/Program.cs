// Cuts a FASTQ.gz by a strategy of its own: dotnet run --project samples/OwnStrategy -- reads.fastq.gz
using Dataplug;
using Dataplug.Formats.Genomics;
using Dataplug.Partitioning;

var reads = CloudObject.FromUri(Fastq.GZip, args[0]);
await reads.PreprocessAsync();
foreach (var slice in await reads.PartitionAsync(new RampUp(First: 1000)))
    Console.WriteLine($"slice {slice.Index,3}: reads {slice.FirstRead:N0} to {slice.FirstRead + slice.ReadCount:N0}");

#region strategy
/// <summary>Every slice has twice the reads of the one before: first results come early, most work is done in bulk.</summary>
internal sealed record RampUp(long First) : IPartitionStrategy<FastqIndex, FastqSlice>
{
    public IReadOnlyList<FastqSlice> Partition(FastqIndex index)
    {
        var cuts = new List<long> { 0 };
        for (var size = First; cuts[^1] < index.Reads; size *= 2)
            cuts.Add(Math.Min(index.Reads, cuts[^1] + size));
        return index.Cut(cuts);
    }
}
#endregion
