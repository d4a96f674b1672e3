using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using System.Text;
using System.Text.Json;
using Dataplug.Conformance.Storage;
using Dataplug.Lithops.Backends.Processes;
using Dataplug.Lithops.Code;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Protocol;
using Dataplug.Lithops.Tests.Backends;
using Dataplug.Lithops.Worker;
using Dataplug.Storage;

namespace Dataplug.Lithops.Tests.Worker;

/// <summary>What goes wrong between a client and its workers, and what must not come of it.</summary>
public sealed class FaultTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    /// <summary>Moments at which a worker's process is killed, and how many attempts the task takes then.</summary>
    public static TheoryData<string, int> Deaths => new()
    {
        { "read:/bundles/", 2 },
        { "read:/code/", 2 },
        { "read:/functions/", 2 },
        { "read:/input", 2 },
        { "put:/result-", 2 },
        { "after-put:/result-", 2 },
        { "put:/status", 2 },
        { "after-put:/status", 1 },
    };

    public static TheoryData<string, string> Poisons => new()
    {
        { "code", "code" },
        { "bundles", "bundles" },
        { "functions", "functions" },
        { "jobs", "input" },
    };

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task A_worker_killed_at_any_phase_costs_an_attempt_at_most(string moment, int attempts)
    {
        var mark = Path.Combine(_scratch.Path, "died");
        await using var executor = new FunctionExecutor(
            new ProcessBackend(new ProcessBackendOptions
            {
                MaxParallelism = 1,
                WorkerPath = Path.Combine(AppContext.BaseDirectory, "Dataplug.TestHost.dll"),
                CodeCache = Path.Combine(_scratch.Path, "code"),
                Environment = new Dictionary<string, string?> { ["DATAPLUG_DIE_AT"] = moment, ["DATAPLUG_DIE_MARK"] = mark },
            }),
            new ExecutorOptions { Retries = 1, RetryDelay = TimeSpan.Zero });
        var input = new byte[100_000];
        new Random(2).NextBytes(input);

        var future = executor.CallAsync(bytes => Enumerable.Reverse(bytes).ToArray(), input);
        var result = await future.InTime();

        Assert.True(File.Exists(mark));
        Assert.True(Enumerable.Reverse(input).SequenceEqual(result));
        Assert.Equal(attempts, future.Statistics.Attempts);
    }

    [Fact]
    public async Task An_invocation_that_is_delivered_again_later_runs_nothing()
    {
        var ran = Path.Combine(_scratch.Path, "ran");
        var key = MessageKey.Create();
        var invocation = await PrepareAsync((string path) => AppendLine(path), ran);

        var first = await NewRunner(key, "one").RunAsync(invocation.Sign(key), null, CancellationToken.None).InTime();
        var second = await NewRunner(key, "two").RunAsync(invocation.Sign(key), null, CancellationToken.None).InTime();

        Assert.Equal(first.Status, second.Status);
        Assert.Single(await File.ReadAllLinesAsync(ran));
    }

    [Fact]
    public async Task Of_an_invocation_that_runs_twice_at_once_the_first_result_counts_and_stays()
    {
        var ran = Path.Combine(_scratch.Path, "ran");
        var key = MessageKey.Create();
        var invocation = await PrepareAsync((string path) => UniqueAndLarge(path), ran);

        var both = await Task.WhenAll(
            NewRunner(key, "one").RunAsync(invocation.Sign(key), null, CancellationToken.None),
            NewRunner(key, "two").RunAsync(invocation.Sign(key), null, CancellationToken.None)).InTime();

        var layout = new JobLayout(invocation.Storage);
        Assert.Equal(2, Directory.GetFiles(_scratch.Path, "ran-*").Length);
        Assert.Equal(both[0].Status, both[1].Status);
        Assert.Equal(both[0].Status, await File.ReadAllBytesAsync(layout.Status(invocation.CallOf(invocation.Tasks[0])).Key));

        // Of the two results, the one that the status names is left.
        var status = InvocationStatus.Open(both[0].Status, key, invocation.CallOf(invocation.Tasks[0]));
        var result = Assert.Single(Directory.GetFiles(Path.GetDirectoryName(layout.Input(invocation.CallOf(invocation.Tasks[0])).Key)!, "result-*"));
        Assert.Equal(status.ResultName, Path.GetFileName(result));
        Assert.Equal(status.ResultDigest, JobLayout.Digest(await File.ReadAllBytesAsync(result)));
    }

    [Fact]
    public async Task A_worker_that_comes_late_changes_nothing()
    {
        var late = new TaskCompletionSource();
        var lateOutcome = new TaskCompletionSource<InvocationOutcome>();
        var first = true;
        await using var executor = new FunctionExecutor(
            new SilentBackend(1, heartbeatTimeout: TimeSpan.FromSeconds(1))
            {
                Deliver = async (runner, invocation) =>
                {
                    var isFirst = first;
                    first = false;
                    if (isFirst)
                        await late.Task;
                    var outcome = await runner.RunAsync(invocation, null, CancellationToken.None);
                    if (isFirst)
                        lateOutcome.SetResult(outcome);
                    else
                        late.SetResult();
                },
            },
            new ExecutorOptions { Retries = 1, RetryDelay = TimeSpan.Zero });

        var future = executor.CallAsync(context => Task.FromResult(context.Attempt));

        Assert.Equal(2, await future.InTime());
        await lateOutcome.Task.InTime();
        Assert.Equal(2, await future.InTime());
        Assert.Equal(2, future.Statistics.Attempts);
    }

    [Theory]
    [MemberData(nameof(Poisons))]
    public async Task Content_that_is_not_what_was_signed_is_refused_and_does_not_run(string folder, string part)
    {
        var ran = Path.Combine(_scratch.Path, "ran");
        SilentBackend? backend = null;
        backend = new SilentBackend(1)
        {
            Deliver = (runner, invocation) =>
            {
                foreach (var file in Directory.GetFiles(Path.Combine(backend!.Root.Key, folder), "*", SearchOption.AllDirectories).Where(file => file.Contains(part, StringComparison.Ordinal)))
                {
                    var content = File.ReadAllBytes(file);
                    content[content.Length / 2] ^= 1;
                    File.WriteAllBytes(file, content);
                }

                return runner.RunAsync(invocation, null, CancellationToken.None);
            },
        };
        await using var executor = new FunctionExecutor(backend);

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(AppendLine, ran + new string(' ', 20_000)).InTime());

        Assert.Equal(typeof(PayloadRefusedException).FullName, exception.Failure.ExceptionType);
        Assert.Contains(part, exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_scratch.Path));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("result-")]
    public async Task A_status_or_result_that_someone_changed_is_refused_by_the_client(string part)
    {
        SilentBackend? backend = null;
        backend = new SilentBackend(1)
        {
            Deliver = (_, invocation) =>
            {
                // The worker's work is done first, out of the client's sight, and then tampered with.
                var real = Path.Combine(backend!.Root.Key, "jobs");
                var shadow = ObjectUri.ForFile(backend.Root.Key + "-shadow");
                return TamperAsync(backend, invocation, real, shadow, part);
            },
        };
        await using var executor = new FunctionExecutor(backend);

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(() => new string('x', 50_000)).InTime());

        Assert.IsType<PayloadRefusedException>(exception.InnerException);
    }

    [Fact]
    public async Task A_worker_runs_nothing_that_is_not_signed_with_its_key()
    {
        var ran = Path.Combine(_scratch.Path, "ran");
        var refused = new TaskCompletionSource<Exception>();
        SilentBackend? backend = null;
        backend = new SilentBackend(1, heartbeatTimeout: TimeSpan.FromSeconds(1))
        {
            Deliver = async (runner, invocation) =>
            {
                var forged = MessageKey.Create().Sign(MessageKey.InvocationPurpose, backend!.Key.Verify(MessageKey.InvocationPurpose, invocation).Span);
                refused.SetResult(await Assert.ThrowsAsync<PayloadRefusedException>(() => runner.RunAsync(forged, null, CancellationToken.None)));
            },
        };
        await using var executor = new FunctionExecutor(backend);

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(AppendLine, ran).InTime());

        Assert.IsType<WorkerLostException>(exception.InnerException);
        Assert.Contains("signature", (await refused.Task.InTime()).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(ran));
    }

    [Fact]
    public async Task A_worker_process_refuses_what_is_not_signed_and_ends_with_its_client()
    {
        var key = MessageKey.Create();
        var pid = Path.Combine(_scratch.Path, "pid");
        var invocation = (await PrepareAsync((string path) => StayForever(path), pid)) with { Grace = TimeSpan.FromSeconds(60) };
        var name = "dataplug-test-" + Guid.NewGuid().ToString("N");
        var pipe = new NamedPipeServerStream(name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous);
        using var worker = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Dataplug.Lithops.Worker.dll"), "serve", name]) { RedirectStandardInput = true })!;
        await worker.StandardInput.WriteLineAsync(key.ToText());
        await pipe.WaitForConnectionAsync().InTime();
        using var turn = new SemaphoreSlim(1);
        Assert.Equal(FrameKind.Ready, (await WorkerFrames.ReadAsync(pipe, CancellationToken.None).InTime())!.Value.Kind);

        await WorkerFrames.WriteAsync(pipe, turn, FrameKind.Invoke, invocation.Sign(MessageKey.Create()), CancellationToken.None);
        var answer = (await WorkerFrames.ReadAsync(pipe, CancellationToken.None).InTime())!.Value;
        Assert.Equal(FrameKind.Refused, answer.Kind);
        Assert.Contains("signature", Encoding.UTF8.GetString(answer.Body), StringComparison.Ordinal);
        Assert.False(File.Exists(pid));

        await WorkerFrames.WriteAsync(pipe, turn, FrameKind.Invoke, invocation.Sign(key), CancellationToken.None);
        await Soon.Until(() => File.Exists(pid));
        await pipe.DisposeAsync();

        await worker.WaitForExitAsync().InTime();
        Assert.Equal(0, worker.ExitCode);
    }

    [Fact]
    public async Task One_invocation_out_of_storage_is_run_by_a_worker_of_its_own()
    {
        var key = MessageKey.Create();
        var invocation = (await PrepareAsync((int x) => x * 2, 21)) with { Grace = TimeSpan.FromSeconds(1) };
        var layout = new JobLayout(invocation.Storage);
        var message = _scratch.Write("invocation", invocation.Sign(key));
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Dataplug.Lithops.Worker.dll"), "run", message.Key]);
        start.Environment[Dataplug.Lithops.Backends.RemoteBackendOptions.KeyVariable] = key.ToText();
        using var worker = Process.Start(start)!;

        await worker.WaitForExitAsync().InTime();

        Assert.Equal(0, worker.ExitCode);
        var status = InvocationStatus.Open(await File.ReadAllBytesAsync(layout.Status(invocation.CallOf(invocation.Tasks[0])).Key), key, invocation.CallOf(invocation.Tasks[0]));
        Assert.Equal("42", Encoding.UTF8.GetString(status.Result!));
    }

    [Fact]
    public async Task A_worker_without_a_key_or_of_another_build_does_nothing()
    {
        using var worker = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Dataplug.Lithops.Worker.dll"), "run", "/no/such/file"]) { RedirectStandardError = true })!;
        var errors = await worker.StandardError.ReadToEndAsync().InTime();
        await worker.WaitForExitAsync().InTime();

        Assert.Equal(1, worker.ExitCode);
        Assert.Contains(Dataplug.Lithops.Backends.RemoteBackendOptions.KeyVariable, errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_that_is_not_used_for_long_is_deleted()
    {
        var old = Directory.CreateDirectory(Path.Combine(_scratch.Path, "cache", new string('a', 64)));
        var recent = Directory.CreateDirectory(Path.Combine(_scratch.Path, "cache", new string('b', 64)));
        Directory.SetLastWriteTimeUtc(old.FullName, DateTime.UtcNow - CodeCache.KeptUnused - TimeSpan.FromHours(1));

        new CodeCache(Path.Combine(_scratch.Path, "cache")).Prune(DateTime.UtcNow);

        Assert.False(Directory.Exists(old.FullName));
        Assert.True(Directory.Exists(recent.FullName));
    }

    private InvocationRunner NewRunner(MessageKey key, string name) =>
        new(key, ObjectStores.Default, new CodeCache(Path.Combine(_scratch.Path, "code-" + name)), name);

    /// <summary>An invocation whose code is in storage, without a client that would take its end.</summary>
    private async Task<Invocation> PrepareAsync<TInput>(Delegate function, TInput input)
    {
        var root = ObjectUri.ForFile(Path.Combine(_scratch.Path, "jobs"));
        var (bundle, digest) = await new CodeBundler(ObjectStores.Default, new JobLayout(root)).UploadAsync(FunctionReference.From(function), CancellationToken.None);
        return new Invocation
        {
            Storage = root,
            Job = "job",
            Tasks = [new InvocationTask { Index = 0, Attempt = 1, Input = JsonSerializer.SerializeToUtf8Bytes(input) }],
            Bundle = bundle,
            Function = digest,
            Grace = TimeSpan.FromSeconds(5),
            Heartbeat = TimeSpan.FromSeconds(1),
        };
    }

    private static async Task TamperAsync(SilentBackend backend, ReadOnlyMemory<byte> message, string real, ObjectUri shadow, string part)
    {
        var invocation = Invocation.Open(message, backend.Key);
        CopyFolder(backend.Root.Key, shadow.Key);
        var runner = new InvocationRunner(backend.Key, ObjectStores.Default, new CodeCache(shadow.Key + "-code"), "shadow");
        await runner.RunAsync((invocation with { Storage = shadow }).Sign(backend.Key), null, CancellationToken.None);
        var made = Path.Combine(shadow.Key, "jobs");
        foreach (var file in Directory.GetFiles(made, "*", SearchOption.AllDirectories).OrderBy(file => IsStatus(file)))
        {
            var content = await File.ReadAllBytesAsync(file);
            if (Path.GetFileName(file).StartsWith(part, StringComparison.Ordinal) || (part == "status" && IsStatus(file)))
                content[^10] ^= 1;
            var target = Path.Combine(real, Path.GetRelativePath(made, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await File.WriteAllBytesAsync(target + ".tmp", content);
            File.Move(target + ".tmp", target, overwrite: true);
        }

        static bool IsStatus(string file) => file.Contains("/status/", StringComparison.Ordinal);
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private static int AppendLine(string path)
    {
        File.AppendAllText(path.TrimEnd(' '), "ran\n");
        return 1;
    }

    private static async Task<string> UniqueAndLarge(string path)
    {
        var id = Guid.NewGuid().ToString("N");
        await File.WriteAllTextAsync($"{path}-{id}", "");

        // Until the other run of the same attempt has come as far.
        for (var i = 0; i < 1000 && Directory.GetFiles(Path.GetDirectoryName(path)!, "ran-*").Length < 2; i++)
            await Task.Delay(20);
        return id + new string('x', 50_000);
    }

    private static int StayForever(string path)
    {
        File.WriteAllText(path, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }
}
