using Dataplug.Conformance.Storage;
using Dataplug.Lithops.Kubernetes;
using Dataplug.Storage;

namespace Dataplug.Lithops.Tests.Backends.Kubernetes;

/// <summary>On a stand-in of the API whose pods are processes.</summary>
public sealed class KubernetesConformance : BackendConformance, IAsyncLifetime
{
    private KubernetesStandIn _cluster = null!;

    protected override int ManyTasks => 12;

    public async Task InitializeAsync() => _cluster = await KubernetesStandIn.StartAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync().AsTask();

    protected override FunctionExecutor Create(ExecutorOptions? options = null) => new(
        new KubernetesBackend(
            new KubernetesBackendOptions
            {
                Storage = ObjectUri.ForFile(NewPath("jobs")),
                Image = "worker:1",
                Namespace = "test",
                MaxParallelism = options?.MaxParallelism ?? 4,
                HeartbeatInterval = TimeSpan.FromMilliseconds(200),
                PollInterval = TimeSpan.FromMilliseconds(50),
                SubmitDelay = TimeSpan.FromMilliseconds(20),
            },
            _cluster.Connect()),
        options);
}

public sealed class KubernetesBackendTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Tasks_that_are_ready_together_are_one_job_and_nothing_is_left_behind()
    {
        await using var cluster = await KubernetesStandIn.StartAsync();
        await using (var executor = new FunctionExecutor(new KubernetesBackend(Options() with { SubmitDelay = TimeSpan.FromSeconds(1) }, cluster.Connect())))
        {
            Assert.Equal([2, 3, 4], await executor.MapAsync(x => x + 1, [1, 2, 3]).InTime());
            Assert.Equal(1, cluster.JobsMade);
        }

        await Soon.Until(() => !cluster.Left.Any());
    }

    [Fact]
    public async Task A_pod_that_is_killed_costs_an_attempt_and_says_why()
    {
        await using var cluster = await KubernetesStandIn.StartAsync();
        await using var executor = new FunctionExecutor(new KubernetesBackend(Options(), cluster.Connect()), new ExecutorOptions { Retries = 1, RetryDelay = TimeSpan.Zero });
        var begun = Path.Combine(_scratch.Path, "begun");
        var future = executor.CallAsync(MarkAndWaitFirst, begun);
        await Soon.Until(() => File.Exists(begun));

        cluster.KillAll();

        Assert.Equal(2, await future.InTime());
    }

    [Fact]
    public async Task An_image_that_is_not_there_fails_the_tasks_with_kubernetes_words()
    {
        await using var cluster = await KubernetesStandIn.StartAsync();
        cluster.MissingImages.Add("worker:1");
        await using var executor = new FunctionExecutor(new KubernetesBackend(Options(), cluster.Connect()));

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(() => 1).InTime());

        Assert.Contains("ErrImagePull", exception.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_api_server_refuses_ends_the_job()
    {
        await using var cluster = await KubernetesStandIn.StartAsync();
        await using var executor = new FunctionExecutor(new KubernetesBackend(Options() with { Namespace = "elsewhere" }, cluster.Connect()));

        var exception = await Assert.ThrowsAsync<BackendFailedException>(() => executor.CallAsync(() => 1).InTime());

        Assert.Contains("404", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_manifest_is_an_indexed_job_that_kubernetes_does_not_repeat()
    {
        var manifest = KubernetesBackend.Manifest(Options() with { Storage = ObjectUri.Parse("s3://bucket/jobs"), ServiceAccount = "runner", EnvironmentSecret = "s3-keys", Memory = "2Gi" }, 7);

        foreach (var line in (string[])["kind: Job", "apiVersion: batch/v1", "completionMode: Indexed", "completions: 7", "parallelism: 7", "backoffLimitPerIndex: 0", "restartPolicy: Never", "serviceAccountName: runner", "image: worker:1", "name: s3-keys", "memory: 2Gi"])
            Assert.Contains(line, manifest, StringComparison.Ordinal);
        Assert.Contains("s3://bucket/jobs/arrays/example/$(JOB_COMPLETION_INDEX)", manifest, StringComparison.Ordinal);
        Assert.DoesNotContain("DATAPLUG_WORKER_KEY: ", manifest, StringComparison.Ordinal);
    }

    private KubernetesBackendOptions Options() => new()
    {
        Storage = ObjectUri.ForFile(Path.Combine(_scratch.Path, "jobs")),
        Image = "worker:1",
        Namespace = "test",
        MaxParallelism = 4,
        HeartbeatInterval = TimeSpan.FromMilliseconds(200),
        PollInterval = TimeSpan.FromMilliseconds(50),
        SubmitDelay = TimeSpan.FromMilliseconds(20),
    };

    private static async Task<int> MarkAndWaitFirst(string path, TaskContext context)
    {
        await File.AppendAllTextAsync(path, "x");
        if (context.Attempt == 1)
            await Task.Delay(TimeSpan.FromMinutes(2), context.CancellationToken);
        return context.Attempt;
    }
}
