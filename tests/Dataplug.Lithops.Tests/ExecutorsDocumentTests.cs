using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;
using Dataplug.Formats;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Backends.Http;
using Dataplug.Lithops.Backends.Processes;
using Dataplug.Lithops.Backends.Slurm;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Preprocessing;
using Dataplug.Preprocessing;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Lithops.Tests;

/// <summary>The snippets of docs/executors.md, compiled and run.</summary>
public sealed partial class ExecutorsDocumentTests
{
    private static readonly string[] Reads = ["ACGT", "AC", "NNA"];

    [Fact]
    public void Every_snippet_of_the_document_is_in_this_file()
    {
        var source = Squeeze(File.ReadAllText(Path.Combine(Repository.Root, "tests/Dataplug.Lithops.Tests/ExecutorsDocumentTests.cs")));
        var document = File.ReadAllText(Path.Combine(Repository.Root, "docs/executors.md")).ReplaceLineEndings("\n");
        var snippets = Snippet().Matches(document).Select(match => Squeeze(match.Groups[1].Value)).ToList();

        Assert.Equal(26, snippets.Count);
        Assert.All(snippets.Where(snippet => !snippet.Contains(".Plot(", StringComparison.Ordinal)), snippet => Assert.Contains(snippet, source, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_job_brings_along()
    {
        using var scratch = new ScratchFolder();
        var model = Path.Combine(scratch.Path, "model.txt");
        await File.WriteAllTextAsync(model, "0.5");
        var reads = Reads;
        await using var executor = new FunctionExecutor();

        var options = new JobOptions
        {
            TasksPerInvocation = 50,
            Memory = 2L << 30,
            MaxMemory = 8L << 30,
            Environment = new Dictionary<string, string> { ["OMP_NUM_THREADS"] = "1" },
            Files = [model],
        };
        var scores = await executor.MapAsync(ScoreAsync, reads, options);

        static async Task<double> ScoreAsync(string read, TaskContext context)
        {
            var weights = await File.ReadAllLinesAsync(context.GetFile("model.txt"), context.CancellationToken);
            return read.Length * double.Parse(weights[0], CultureInfo.InvariantCulture);
        }

        Assert.Equal([2, 1, 1.5], scores);
    }

    [Fact]
    public async Task Results_that_stay_in_storage()
    {
        var reads = Reads;
        await using var executor = new FunctionExecutor();

        FutureList<StoredResult<byte[]>> parts = executor.MapToStorageAsync(read => Encoding.ASCII.GetBytes(read), reads);
        IReadOnlyList<int> sizes = await executor.MapStoredAsync(bytes => bytes.Length, parts);

        Assert.Equal([4, 2, 3], sizes);
    }

    [Fact]
    public async Task Jobs_that_outlive_their_client()
    {
        using var scratch = new ScratchFolder();
        var path = Path.Combine(scratch.Path, "reference.json");
        var reads = Reads;
        var first = new Backends.SilentBackend(2);
        await using (var executor = new FunctionExecutor(first))
        {
            var futures = executor.MapAsync(CountBases, reads, new JobOptions { Durable = true });
            JobReference reference = await futures.DetachAsync();
            await File.WriteAllTextAsync(path, JsonSerializer.Serialize(reference));

            await using var other = new FunctionExecutor(new Backends.SilentBackend(2, former: first));
            Assert.Equal([4, 2, 1], await Resume(other, path));
        }

        static async Task<IReadOnlyList<long>> Resume(FunctionExecutor executor, string path)
        {
            var reference = JsonSerializer.Deserialize<JobReference>(await File.ReadAllTextAsync(path))!;
            var futures = await executor.ResumeAsync<long>(reference);
            return await futures.InTime();
        }
    }

    [Fact]
    public async Task First_snippet()
    {
        await using var executor = new FunctionExecutor();
        var lengths = await executor.MapAsync(word => word.Length, ["read", "contig", "k-mer"]);

        Assert.Equal([4, 6, 5], lengths);
    }

    [Fact]
    public async Task Objects_as_inputs()
    {
        using var scratch = new ScratchFolder();
        File.WriteAllText(Path.Combine(scratch.Path, "a.log"), "one\ntwo\n");
        File.WriteAllText(Path.Combine(scratch.Path, "b.log"), "three");
        var logs = scratch.Path + "/";
        await using var executor = new FunctionExecutor();

        var chunks = ObjectInputs.ListAsync(logs, new ObjectChunking { ChunkSize = 64 << 20 });   // logs: "s3://bucket/logs/"
        var lines = await executor.MapReduceAsync(CountLines, chunks, counts => counts.Sum());

        static async Task<long> CountLines(ObjectChunk chunk, CancellationToken cancellationToken)
        {
            var count = 0L;
            await foreach (var line in chunk.ReadLinesAsync(cancellationToken))
                count++;
            return count;
        }

        Assert.Equal(3, lines);

        var perObject = executor.MapReduceByAsync(CountLines, chunks, chunk => chunk.Uri, group => $"{group.Key}: {group.Results.Sum()} lines");

        Assert.Equal([": 2 lines", ": 1 lines"], (await perObject).Select(text => text[text.LastIndexOf(':')..]));
    }

    [Fact]
    public async Task Backends_in_code()
    {
        var key = RemoteBackendOptions.NewKey();
        {
            await using var executor = new FunctionExecutor(new SlurmBackend(new SlurmBackendOptions
            {
                Storage = ObjectUri.ForFile("/shared/jobs"),
                Partition = "main",
                MaxParallelism = 200,
            }));
            Assert.Equal(("slurm", 200), (executor.BackendName, executor.MaxParallelism));
        }

        {
            await using var executor = new FunctionExecutor(new HttpBackend(new HttpBackendOptions
            {
                Url = new Uri("https://dataplug-worker-abc.a.run.app"),
                Storage = ObjectUri.Parse("s3://bucket/jobs"),
                Key = key,
                Authenticate = async (request, token) => request.Headers.Authorization = new("Bearer", await IdentityTokenAsync(token)),
            }));
            Assert.Equal("http", executor.BackendName);
        }

        static Task<string> IdentityTokenAsync(CancellationToken cancellationToken) => Task.FromResult("token");
    }

    [Fact]
    public async Task Results()
    {
        await using var executor = new FunctionExecutor();
        var reads = Reads;

        var futures = executor.MapAsync(CountBases, reads);
        await foreach (var future in futures.AsCompleted())
        {
            if (future.State == FutureState.Failed)
                Console.WriteLine(future.Exception!.Message);
        }

        JobSummary summary = await futures.WhenAllSettledAsync();
        Console.WriteLine($"{summary.Succeeded} of {summary.Tasks}, speed-up {summary.SpeedUp:F1}, slowest: task {summary.SlowestTask}");

        CostEstimate cost = summary.EstimateCost(PriceModel.AwsLambdaArm64, memoryBytes: 2L << 30);
        CostEstimate cores = summary.EstimateCost(PriceModel.SlurmCoreHours(0.02m, "EUR"), memoryBytes: 0, vcpus: 4);
        Console.WriteLine($"{cost}, {cost.Invocations} invocations; or {cores}");
        Assert.Equal(3, cost.Invocations);

        Assert.Equal([4, 2, 1], await futures);
    }

    [Fact]
    public async Task Stream()
    {
        await using var executor = new FunctionExecutor();
        var reads = Reads;
        var total = 0L;

        await foreach (var bases in executor.StreamAsync(CountBases, reads, new JobOptions { StreamBuffer = 8 }))
            total += bases;

        Assert.Equal(7, total);
    }

    [Fact]
    public async Task Reduce()
    {
        await using var executor = new FunctionExecutor();
        var reads = Reads;

        long total = await executor.MapReduceAsync(CountBases, reads, counts => counts.Sum());

        Assert.Equal(7, total);

        long folded = await executor.MapFoldAsync(CountBases, reads, 0L, fold => fold.State + fold.Arrived.Sum());

        Assert.Equal(7, folded);
    }

    [Fact]
    public async Task Chains()
    {
        await using var executor = new FunctionExecutor();
        var reads = Reads;

        var tidy = executor.MapAsync(read => read.TrimEnd('N'), reads);
        var counted = executor.MapAsync(CountBases, tidy);

        Assert.Equal([4, 2, 1], await counted.InTime());
    }

    [Fact]
    public async Task Stragglers()
    {
        var options = new ExecutorOptions
        {
            Backups = new BackupOptions { MinTasks = 10, MinCompleted = 0.5, SlowFactor = 3, MinDuration = TimeSpan.FromSeconds(1) },
        };
        Assert.Equal(new BackupOptions(), options.Backups);
        await using var executor = new FunctionExecutor(options);

        Assert.Equal([4, 2, 1], await executor.MapAsync(CountBases, Reads).InTime());
    }

    [Fact]
    public async Task Wait()
    {
        await using var executor = new FunctionExecutor();
        var futures = executor.MapAsync(CountBases, Reads);

        var (done, pending) = await executor.WaitAsync(futures, WaitFor.Any);
        (done, pending) = await executor.WaitAsync(futures, WaitFor.Fraction(0.8));
        (done, pending) = await executor.WaitAsync(futures, WaitFor.All, timeout: TimeSpan.FromMinutes(5));
        (done, pending) = await executor.WaitAsync(futures, WaitFor.Always);

        Assert.Equal((3, 0), (done.Count, pending.Count));
    }

    [Fact]
    public async Task Failures()
    {
        var options = new ExecutorOptions
        {
            MaxParallelism = 4,
            Retries = 3,
            ShouldRetry = failure => failure.Exception is not FormatException,
            TaskTimeout = TimeSpan.FromMinutes(10),
        };

        await using var executor = new FunctionExecutor(options);
        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(int () => throw new FormatException()).InTime());
        Assert.Equal(1, exception.Attempts);
    }

    [Fact]
    public async Task Nesting()
    {
        await using var executor = new FunctionExecutor();
        string[][] groups = [["A", "CC"], ["GGG"]];

        var perGroup = await executor.MapAsync(
            async group => await executor.MapReduceAsync(CountBases, group, counts => counts.Sum()),
            groups);

        Assert.Equal([3, 3], perGroup);
    }

    [Fact]
    public async Task Processes()
    {
        var reads = Reads;
        await using var executor = new FunctionExecutor(new ProcessBackend(new ProcessBackendOptions { MaxParallelism = 4 }));
        var minimum = 2;
        var longEnough = await executor.MapAsync(read => read.Length >= minimum, reads);

        Assert.Equal([true, true, true], longEnough);
    }

    [Fact]
    public async Task Preprocessing()
    {
        using var scratch = new ScratchFolder();
        var path = Path.Combine(scratch.Path, "text.gz");
        await using (var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
            await gzip.WriteAsync("a\nb\n"u8.ToArray());
        var source = CloudObject.FromFile(GZipText.Format, path, scratch.Options());
        await using var executor = new FunctionExecutor(new ProcessBackend());

        var chunks = new FunctionChunkExecutor(executor, (chunk, token) =>
            new FormatRegistry(GZipText.Format).RunChunkAsync(chunk, ObjectStores.Default, cancellationToken: token));
        await source.PreprocessAsync(new PreprocessOptions { Executor = chunks });

        Assert.Equal(2, (await source.GetIndexAsync()).Lines);
    }

    [Fact]
    public async Task Watching()
    {
        var options = new JobOptions
        {
            Name = "count bases",
            Progress = new Progress<JobProgress>(job => Console.WriteLine($"{job.Settled} of {job.Total}, {job.Failed} failed")),
            Messages = new Progress<TaskMessage>(message => Console.WriteLine($"task {message.TaskIndex}: {message.Text}")),
        };

        await using var executor = new FunctionExecutor();
        Assert.Equal("count bases", executor.MapAsync(CountBases, Reads, options).JobName);

        var reads = Reads;
        var counts = await executor.MapAsync(CountBases, reads, new JobOptions { Progress = new ConsoleProgress("count bases") });
        Assert.Equal([4, 2, 1], counts);
    }

    [Fact]
    public async Task A_backend()
    {
        await using var executor = new FunctionExecutor(new Elsewhere());

        Assert.Equal([4, 2, 1], await executor.MapAsync(CountBases, Reads).InTime());
    }

    private static async Task<long> CountBases(string read, TaskContext context)
    {
        context.Log($"read {context.Index} of {context.Count}, attempt {context.Attempt}, on {context.Worker}");
        await Task.Delay(1, context.CancellationToken);
        context.ReportProgress(0.5);
        return read.LongCount(letter => letter is 'A' or 'C' or 'G' or 'T');
    }

    private static string Squeeze(string text) => White().Replace(text, " ").Trim();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();

    [GeneratedRegex(@"\s+")]
    private static partial Regex White();

    private sealed class Elsewhere : IExecutorBackend
    {
        public string Name => "elsewhere";

        public bool ShipsFunctions => true;

        public int MaxParallelism => 1;

        public async Task RunAsync(IBackendJob job, CancellationToken cancellationToken)
        {
            await Task.Yield();
            await foreach (var task in job.ReadTasksAsync(cancellationToken))
            {
                var input = new ArrayBufferWriter<byte>();
                task.WriteInput(input);
                if (!task.Start("the worker's name"))
                    continue;
                try
                {
                    task.Succeed(await RunElsewhereAsync(job.Reference!.ToJson(), input.WrittenMemory, task.CancellationToken));
                }
                catch (Exception exception)
                {
                    task.Fail(AttemptFailure.From(exception).WithoutException());
                }
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static async Task<byte[]> RunElsewhereAsync(byte[] reference, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
        {
            var result = new ArrayBufferWriter<byte>();
            var context = new TaskContext("job", 0, cancellationToken: cancellationToken);
            await ShippedFunction.Bind(FunctionReference.FromJson(reference)).InvokeAsync(input, context, result);
            return result.WrittenSpan.ToArray();
        }
    }
}
