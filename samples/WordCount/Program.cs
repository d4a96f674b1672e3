// The words of a text, counted in parallel: dotnet run --project samples/WordCount -- https://host/book.txt
using Dataplug;
using Dataplug.Lithops;
using Dataplug.Text;

var text = CloudObject.FromUri(RawText.Format, args[0]);
await text.PreprocessAsync();
var slices = await text.PartitionAsync(TextPartition.IntoChunks(8, TextUnit.Words));

await using var executor = new FunctionExecutor();
var total = await executor.MapReduceAsync(CountAsync, slices, counts => counts.Sum()).GetResultAsync();
Console.WriteLine($"{total:N0} words");

static async Task<long> CountAsync(RawTextSlice slice, CancellationToken cancellationToken) => await slice.ReadAsync(cancellationToken).LongCountAsync(cancellationToken);
