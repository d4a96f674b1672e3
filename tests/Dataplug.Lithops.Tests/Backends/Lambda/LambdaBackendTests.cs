using System.IO.Compression;
using Dataplug.Conformance.Storage;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Backends.Http;
using Dataplug.Lithops.Backends.Lambda;
using Dataplug.Storage;

namespace Dataplug.Lithops.Tests.Backends.Lambda;

/// <summary>On the package that users deploy, whose bootstrap is driven through the Runtime API by another project's program.</summary>
public sealed class LambdaConformance : BackendConformance, IAsyncLifetime
{
    private LambdaDeployments _deployed = null!;

    protected override int ManyTasks => 60;

    public async Task InitializeAsync() => _deployed = await LambdaDeployments.GetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    protected override FunctionExecutor Create(ExecutorOptions? options = null) => new(
        new LambdaBackend(new LambdaBackendOptions
        {
            Function = _deployed.Function,
            Storage = ObjectUri.ForFile(NewPath("jobs")),
            Key = _deployed.Key,
            Lambda = _deployed.Options,
            MaxParallelism = options?.MaxParallelism ?? 2,
            HeartbeatInterval = TimeSpan.FromMilliseconds(200),
        }),
        options);
}

public sealed class LambdaBackendTests : IAsyncLifetime, IDisposable
{
    private readonly ScratchFolder _scratch = new();
    private LambdaDeployments _deployed = null!;

    public async Task InitializeAsync() => _deployed = await LambdaDeployments.GetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Invocations_that_lambda_queues_end_in_storage()
    {
        await using var executor = new FunctionExecutor(new LambdaBackend(Options() with { Asynchronous = true }));

        Assert.Equal([10, 20, 30], await executor.MapAsync(x => x * 10, [1, 2, 3]).InTime());
    }

    [Fact]
    public async Task A_throttled_invocation_is_offered_again()
    {
        using var client = new HttpClient();
        (await client.PostAsync(new Uri($"{_deployed.Server.Endpoint}/throttle/{_deployed.Function}/3"), null)).EnsureSuccessStatusCode();
        await using var executor = new FunctionExecutor(new LambdaBackend(Options()));

        Assert.Equal(5, await executor.CallAsync(() => 5).InTime());
    }

    [Fact]
    public async Task A_process_that_crashes_costs_its_own_attempt()
    {
        await using var executor = new FunctionExecutor(new LambdaBackend(Options()), new ExecutorOptions { Retries = 1, RetryDelay = TimeSpan.Zero });
        var future = executor.CallAsync(CrashFirst, 0);

        Assert.Equal(2, await future.InTime());
        Assert.Equal(2, future.Statistics.Attempts);
    }

    [Fact]
    public async Task What_is_signed_with_another_key_is_not_run()
    {
        await using var executor = new FunctionExecutor(new LambdaBackend(Options() with { Key = RemoteBackendOptions.NewKey() }));

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(() => 1).InTime());

        Assert.Contains("signature", exception.Failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wrong secret")]
    [InlineData("wrong region")]
    [InlineData("no such function")]
    public async Task What_lambda_refuses_is_told_at_once(string what)
    {
        var options = Options();
        options = what switch
        {
            "wrong secret" => options with { Lambda = options.Lambda with { SecretKey = "nonsense" } },
            "wrong region" => options with { Lambda = options.Lambda with { Region = "eu-west-1" } },
            _ => options with { Function = "nothing" },
        };
        await using var executor = new FunctionExecutor(new LambdaBackend(options));

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(() => 1).InTime());

        Assert.Equal(what == "no such function" ? typeof(ObjectNotFoundException).FullName : typeof(AccessDeniedException).FullName, exception.Failure.ExceptionType);
    }

    [Fact]
    public async Task A_function_url_is_an_http_worker()
    {
        await using var executor = new FunctionExecutor(new HttpBackend(new HttpBackendOptions
        {
            Url = new Uri($"{_deployed.Server.Endpoint}/url/{_deployed.Function}"),
            Storage = Options().Storage,
            Key = _deployed.Key,
            MaxParallelism = 2,
        }));

        Assert.Equal([1, 4, 9], await executor.MapAsync(x => x * x, [1, 2, 3]).InTime());
    }

    [Fact]
    public async Task Functions_are_made_changed_listed_and_deleted()
    {
        using var functions = new LambdaFunctions(_deployed.Options);
        var names = Enumerable.Range(0, 3).Select(i => $"listed-{i}-{Guid.NewGuid():N}").ToList();
        var deployment = new LambdaDeployment { Name = names[0], Role = LambdaDeployments.Role, PackagePath = _deployed.Package, Key = _deployed.Key, Memory = 512, Timeout = TimeSpan.FromSeconds(60) };
        foreach (var name in names)
            Assert.True(await functions.DeployAsync(deployment with { Name = name }));

        Assert.False(await functions.DeployAsync(deployment with { Memory = 1024, Environment = new Dictionary<string, string> { ["COLOUR"] = "blue" } }));
        var listed = await functions.ListAsync().ToListAsync();

        Assert.Superset(names.ToHashSet(), listed.Select(function => function.Name).ToHashSet());
        var changed = listed.Single(function => function.Name == names[0]);
        Assert.Equal((1024, TimeSpan.FromSeconds(60), new FileInfo(_deployed.Package).Length), (changed.Memory, changed.Timeout, changed.CodeSize));
        await using (var executor = new FunctionExecutor(new LambdaBackend(Options() with { Function = names[0] })))
            Assert.Equal("blue", await executor.CallAsync(() => Environment.GetEnvironmentVariable("COLOUR")).InTime());

        foreach (var name in names)
            await functions.DeleteAsync(name);
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => functions.DeleteAsync(names[0]));
        Assert.DoesNotContain(names[0], await functions.ListAsync().Select(function => function.Name).ToListAsync());
        await Assert.ThrowsAsync<ArgumentException>(() => functions.DeployAsync(deployment with { Name = "not a name" }));
        await Assert.ThrowsAsync<BackendFailedException>(() => functions.DeployAsync(deployment with { Role = "nobody" }));
    }

    [Fact]
    public async Task A_package_is_complete_and_the_same_each_time()
    {
        var again = Path.Combine(_scratch.Path, "again.zip");

        var size = await LambdaPackage.BuildAsync(again);

        Assert.Equal(await File.ReadAllBytesAsync(_deployed.Package), await File.ReadAllBytesAsync(again));
        Assert.InRange(size, 50_000_000, LambdaPackage.MaxUnpacked);
        Assert.InRange(new FileInfo(again).Length, 20_000_000, 50L << 20);
        using var zip = ZipFile.OpenRead(again);
        var names = zip.Entries.Select(entry => entry.FullName).ToList();
        Assert.Contains("bootstrap", names);
        Assert.Contains("worker/Dataplug.Core.dll", names);
        Assert.DoesNotContain(names, name => name.Contains("xunit", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(0b111_101_101, zip.GetEntry("bootstrap")!.ExternalAttributes >> 16 & 0b111_111_111);
    }

    private LambdaBackendOptions Options() => new()
    {
        Function = _deployed.Function,
        Storage = ObjectUri.ForFile(Path.Combine(_scratch.Path, "jobs")),
        Key = _deployed.Key,
        Lambda = _deployed.Options,
        MaxParallelism = 2,
        HeartbeatInterval = TimeSpan.FromMilliseconds(200),
    };

    private static Task<int> CrashFirst(int value, TaskContext context)
    {
        if (context.Attempt == 1)
            Environment.FailFast("the end of it all");
        return Task.FromResult(context.Attempt + value);
    }
}
