// Reports on a CSV in parallel, each row once, wherever it lies: dotnet run --project samples/CsvReport -- s3://bucket/table.csv COLUMN
using Dataplug;
using Dataplug.Lithops;
using Dataplug.Text;

#region report
var table = CloudObject.FromUri(Csv.Format, args[0]);
var column = args[1];
await table.PreprocessAsync();
var slices = await table.PartitionAsync(CsvPartition.IntoChunks(8));

await using var executor = new FunctionExecutor();
var counts = await executor.MapReduceAsync(CountValuesAsync, slices, Merge).GetResultAsync();
foreach (var (value, count) in counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(10))
    Console.WriteLine($"{count,10:N0}  {value}");

async Task<Dictionary<string, long>> CountValuesAsync(CsvSlice slice, CancellationToken cancellationToken)
{
    var values = new Dictionary<string, long>();
    await foreach (var row in slice.ReadAsync(cancellationToken))
        values[row[column]] = values.GetValueOrDefault(row[column]) + 1;
    return values;
}

static Dictionary<string, long> Merge(IReadOnlyList<Dictionary<string, long>> parts) =>
    parts.SelectMany(part => part).GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => group.Sum(pair => pair.Value));
#endregion
