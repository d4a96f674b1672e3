// Counts the reads and bases of a FASTQ.gz in parallel: dotnet run --project samples/CountReads -- s3://bucket/reads.fastq.gz
#region whole-program
using Dataplug;
using Dataplug.Formats.Genomics.Fastq;
using Dataplug.Lithops;

var reads = CloudObject.FromUri(Fastq.GZip, args[0]);
await reads.PreprocessAsync();                                      // once per object; a second run finds the index
var slices = await reads.PartitionAsync(FastqPartition.IntoBatches(16)); // free: reads the index, not the data

await using var executor = new FunctionExecutor();                  // zero configuration: this machine
var counts = await executor.MapAsync(CountAsync, slices).GetResultAsync();
Console.WriteLine($"{counts.Sum(c => c.Reads):N0} reads, {counts.Sum(c => c.Bases):N0} bases");

static async Task<(long Reads, long Bases)> CountAsync(FastqSlice slice, CancellationToken cancellationToken)
{
    var (count, bases) = (0L, 0L);
    await foreach (var read in slice.ReadAsync(cancellationToken))
    {
        count++;
        bases += read.Sequence.Length;
    }

    return (count, bases);
}
#endregion
