using System.CommandLine;

namespace Dataplug.Bench.Executors;

/// <summary>The measurements of executors, each a command that writes a section of docs/benchmarks.md and a chart.</summary>
internal static class ExecutorCommands
{
    public static readonly IReadOnlyList<string> Names = ["latency", "bandwidth", "dispatch", "terasort"];

    public static RootCommand Create()
    {
        var docs = new Option<DirectoryInfo>("--docs") { Description = "Folder whose benchmarks.md and charts are written.", DefaultValueFactory = _ => new DirectoryInfo("docs"), Recursive = true };
        var counts = new Option<int[]>("--workers") { Description = "Numbers of workers, from small to large.", DefaultValueFactory = _ => [1, 2, 4, 8, 16], AllowMultipleArgumentsPerToken = true };

        var coldRounds = new Option<int>("--cold-rounds") { Description = "Rounds with a new backend each.", DefaultValueFactory = _ => 5 };
        var warmRounds = new Option<int>("--warm-rounds") { Description = "Rounds with the same backend.", DefaultValueFactory = _ => 20 };
        var latency = new Command("latency", "How long tasks wait for their beginning, and how long they take there and back.") { counts, coldRounds, warmRounds };
        latency.SetAction((parsed, cancellationToken) => new LatencySuite(
            parsed.GetRequiredValue(docs), parsed.GetRequiredValue(counts), parsed.GetRequiredValue(coldRounds), parsed.GetRequiredValue(warmRounds)).RunAsync(cancellationToken));

        var megabytes = new Option<int>("--megabytes") { Description = "Size of the object.", DefaultValueFactory = _ => 400 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds that are counted.", DefaultValueFactory = _ => 5 };
        var bandwidth = new Command("bandwidth", "How fast worker processes together read one object, from S3 and from files.") { counts, megabytes, rounds };
        bandwidth.SetAction((parsed, cancellationToken) => new BandwidthSuite(
            parsed.GetRequiredValue(docs), parsed.GetRequiredValue(counts), parsed.GetRequiredValue(megabytes), parsed.GetRequiredValue(rounds)).RunAsync(cancellationToken));

        var tasks = new Argument<int>("tasks") { Description = "How many tasks.", DefaultValueFactory = _ => 1000 };
        var workers = new Argument<int>("workers") { Description = "How many workers.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var dispatch = new Command("dispatch", "What a task costs that does nothing.") { tasks, workers };
        dispatch.SetAction((parsed, cancellationToken) => new DispatchSuite(parsed.GetRequiredValue(docs), parsed.GetRequiredValue(tasks), parsed.GetRequiredValue(workers)).RunAsync(cancellationToken));

        var work = new Option<DirectoryInfo>("--work") { Description = "Folder into which the sample is published.", DefaultValueFactory = _ => new DirectoryInfo("artifacts/bench") };
        var records = new Option<long>("--records") { Description = "How many records of 100 bytes.", DefaultValueFactory = _ => 2_000_000 };
        var maps = new Option<int>("--maps") { Description = "How many inputs.", DefaultValueFactory = _ => 8 };
        var reducers = new Option<int>("--reducers") { Description = "How many outputs.", DefaultValueFactory = _ => 4 };
        var processes = new Option<int>("--workers") { Description = "How many worker processes.", DefaultValueFactory = _ => 2 };
        var terasort = new Command("terasort", "The stages of the sample TeraSort through files, S3 and Redis.") { work, records, maps, reducers, processes, rounds };
        terasort.SetAction((parsed, cancellationToken) => new TeraSortSuite(
            parsed.GetRequiredValue(docs), parsed.GetRequiredValue(work), parsed.GetRequiredValue(records), parsed.GetRequiredValue(maps), parsed.GetRequiredValue(reducers), parsed.GetRequiredValue(processes), parsed.GetRequiredValue(rounds)).RunAsync(cancellationToken));

        return new RootCommand("Measures executors. Backends on servers are measured where DATAPLUG_TEST_SLURM and DATAPLUG_TEST_LAMBDA name them, in the lines that tests/services print.") { docs, latency, bandwidth, dispatch, terasort };
    }
}
