// The sort benchmark, shuffled through any storage: dotnet run --project samples/TeraSort -- --records 1000000 --maps 8 --reducers 4
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Dataplug;
using Dataplug.Lithops;
using Samples.TeraSort;

const int UsageError = 2;
const long LargestPart = 1_000_000_000;

var stage = new Argument<string>("stage") { Description = "generate, sort or validate; all of them where none is named.", Arity = ArgumentArity.ZeroOrOne, DefaultValueFactory = _ => "all" };
stage.AcceptOnlyFromAmong("all", "generate", "sort", "validate");
var records = new Option<long>("--records") { Description = "How many records of 100 bytes.", DefaultValueFactory = _ => 1_000_000 };
var maps = new Option<int>("--maps") { Description = "How many inputs, and tasks that sort them.", DefaultValueFactory = _ => 8 };
var reducers = new Option<int>("--reducers") { Description = "How many outputs, and tasks that merge them.", DefaultValueFactory = _ => 4 };
var name = new Option<string>("--name") { Description = "The name below which everything lies in the storage.", DefaultValueFactory = _ => "terasort" };
var keep = new Option<bool>("--keep") { Description = "Leaves everything in the storage, also after all stages." };
var command = new RootCommand("Generates, sorts and validates the records of the sort benchmark.") { stage, records, maps, reducers, name, keep };
command.SetAction((parsed, cancellationToken) => RunAsync(
    parsed.GetRequiredValue(stage),
    new SortJob("", parsed.GetRequiredValue(name), parsed.GetRequiredValue(records), parsed.GetRequiredValue(maps), parsed.GetRequiredValue(reducers)),
    parsed.GetValue(keep),
    cancellationToken));

var arguments = command.Parse(args);
if (arguments.Errors is [var error, ..])
    return Fail(error.Message, UsageError);
try
{
    return await arguments.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception exception) when (exception is DataplugException or JsonException)
{
    return Fail(exception.Message);
}
catch (OperationCanceledException)
{
    return Fail("stopped.", exitCode: 130);
}

static int Fail(string problem, int exitCode = 1)
{
    Console.Error.WriteLine("terasort: " + problem.ReplaceLineEndings(" "));
    return exitCode;
}

static async Task<int> RunAsync(string stage, SortJob job, bool keep, CancellationToken cancellationToken)
{
    if (job.Records < 1 || job.Maps is < 1 or > 99_999 || job.Reducers is < 1 or > 99_999)
        return Fail("--records is a number from 1 on, --maps and --reducers are numbers from 1 to 99999.", UsageError);

    await using var storage = Storage.Open();
    await storage.CreateContainerAsync(cancellationToken);
    job = job with { Location = storage.Location.Value };
    var input = stage is "sort" or "validate" ? JsonSerializer.Deserialize<InputSummary>(await storage.GetAsync(job.SummaryKey, cancellationToken))! : null;
    if (input is not null)
        job = job with { Records = input.Records, Maps = input.Maps };
    if (job.Records / job.Maps > LargestPart / TeraRecord.Length || job.Records / job.Reducers > LargestPart / TeraRecord.Length)
        return Fail("a map and a reducer hold at most 10,000,000 records in memory; take more of them.", UsageError);

    await using var executor = FunctionExecutor.Open();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{job.Records:N0} records, {job.Bytes / 1e6:N1} MB, {job.Maps} maps, {job.Reducers} reducers, on {executor.BackendName} ({executor.MaxParallelism} at once), in {storage.Location}"));
    var stages = new Stages(Console.Out);
    var inputs = Enumerable.Range(0, job.Maps).Select(map => new SortPart(job, map));
    var outputs = Enumerable.Range(0, job.Reducers).Select(reducer => new SortPart(job, reducer));

    if (stage is "all" or "generate")
    {
        await DeleteAsync(storage, job, cancellationToken, SortJob.Input, SortJob.Shuffle, SortJob.Output);
        var checksums = await stages.RunAsync("generate", job.Bytes, async () => await executor.MapAsync(Generator.GenerateAsync, inputs, cancellationToken: cancellationToken));
        input = new InputSummary(job.Records, job.Maps, checksums.Aggregate(0UL, (sum, checksum) => sum + checksum));
        await storage.PutAsync(job.SummaryKey, JsonSerializer.SerializeToUtf8Bytes(input), cancellationToken: cancellationToken);
    }

    if (stage is "all" or "sort")
    {
        await DeleteAsync(storage, job, cancellationToken, SortJob.Shuffle, SortJob.Output);
        #region sort
        var count = job.Reducers;
        var splitters = await stages.RunAsync("sample", null, async () => await executor.MapReduceAsync(
            Sampler.SampleAsync, inputs, samples => Sampler.Split(samples, count), cancellationToken: cancellationToken));
        await stages.RunAsync("map", job.Bytes, async () => await executor.MapAsync(
            (part, token) => Mapper.MapAsync(part, splitters, token), inputs, cancellationToken: cancellationToken));
        await stages.RunAsync("reduce", job.Bytes, async () => await executor.MapAsync(
            Reducer.ReduceAsync, outputs, cancellationToken: cancellationToken));
        #endregion
    }

    if (stage is "all" or "validate")
    {
        var verdict = await stages.RunAsync("validate", job.Bytes, async () => await executor.MapReduceAsync(
            Validator.SummarizeAsync, outputs, found => Validator.Judge(found, input!), cancellationToken: cancellationToken));
        if (verdict.Problems.Length > 0)
            return Fail(string.Join("; ", verdict.Problems) + ".");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verdict.Records:N0} records in order, checksum {verdict.Checksum:x}, {verdict.Duplicates:N0} duplicate keys"));
    }

    if (stage == "all" && !keep)
        await DeleteAsync(storage, job, cancellationToken, SortJob.Input, SortJob.Shuffle, SortJob.Output);
    return 0;
}

// Deletes what an earlier run left, and nothing else that may lie below the same name.
static async Task DeleteAsync(Storage storage, SortJob job, CancellationToken cancellationToken, params string[] kinds)
{
    foreach (var kind in kinds)
        await storage.DeleteAllAsync($"{job.Name}/{kind}/part-", cancellationToken);
    if (kinds.Contains(SortJob.Input))
        await storage.DeleteAsync(job.SummaryKey, cancellationToken);
}
