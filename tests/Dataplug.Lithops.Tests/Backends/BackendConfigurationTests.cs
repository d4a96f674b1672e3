using Dataplug.Conformance.Storage;
using Dataplug.Lithops.Backends;

namespace Dataplug.Lithops.Tests.Backends;

public sealed class BackendConfigurationTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();
    private readonly Dictionary<string, string> _variables = [];

    public BackendConfigurationTests() => _variables["DATAPLUG_HOME"] = Path.Combine(_scratch.Path, "home");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Without_any_configuration_tasks_run_here()
    {
        await using var backend = Open();

        Assert.Equal(("local", Environment.ProcessorCount), (backend.Name, backend.MaxParallelism));
    }

    [Fact]
    public async Task The_argument_counts_before_the_environment_and_that_before_the_file()
    {
        Write("executor: { backend: slurm, workers: 7, storage: jobs }");
        await using var ofFile = Open();
        _variables["DATAPLUG_BACKEND"] = "processes";
        _variables["DATAPLUG_WORKERS"] = "3";
        await using var ofEnvironment = Open();
        await using var ofArgument = Open("local", 2);

        Assert.Equal(("slurm", 7), (ofFile.Name, ofFile.MaxParallelism));
        Assert.Equal(("processes", 3), (ofEnvironment.Name, ofEnvironment.MaxParallelism));
        Assert.Equal(("local", 2), (ofArgument.Name, ofArgument.MaxParallelism));
    }

    [Theory]
    [InlineData("http", "http: { url: 'https://host/run', authorization: 'Bearer x', retryForSeconds: 5 }")]
    [InlineData("aws-lambda", "awsLambda: { function: worker, region: eu-central-1, asynchronous: true }")]
    [InlineData("slurm", "slurm: { partition: main, account: lab, cpusPerTask: 2, memoryPerTaskMiB: 500, timeLimitMinutes: 5, sbatchArguments: '--qos=short --nice', pollIntervalSeconds: 0.5 }")]
    [InlineData("processes", "processes: { startTimeoutSeconds: 30 }")]
    public async Task Each_backend_is_made_of_its_section(string name, string section)
    {
        Write($"executor: {{ backend: {name}, workers: 5, storage: 's3://bucket/jobs', key: {RemoteBackendOptions.NewKey()}, heartbeatTimeoutSeconds: 20, {section} }}");

        await using var backend = Open();

        Assert.Equal((name, 5), (backend.Name, backend.MaxParallelism));
    }

    [Theory]
    [InlineData("executor: { backend: moon }", "executor.backend", "slurm")]
    [InlineData("executor: { bakend: slurm }", "executor.bakend", "backend")]
    [InlineData("executor: { backend: slurm, slurm: { partitions: x } }", "executor.slurm.partitions", "partition")]
    [InlineData("executor: { backend: http }", "executor.http.url", "URL")]
    [InlineData("executor: { backend: http, http: { url: 'nowhere' } }", "executor.http.url", "URL")]
    [InlineData("executor: { backend: aws-lambda, storage: 's3://b/j' }", "executor.awsLambda.function", "name")]
    [InlineData("executor: { backend: aws-lambda, awsLambda: { function: f } }", "executor.storage", "object store")]
    [InlineData("executor: { backend: slurm, storage: 'https://host/jobs' }", "executor.storage", "written")]
    [InlineData("executor: { backend: slurm, heartbeatTimeoutSeconds: 1 }", "executor", "HeartbeatTimeout")]
    [InlineData("executor: { workers: 0 }", "executor.workers", "from 1")]
    public void What_can_not_be_used_is_told_with_its_key(string yaml, string key, string hint)
    {
        Write(yaml);

        var exception = Assert.Throws<ConfigurationException>(() => Open());

        Assert.Contains(key, exception.Message, StringComparison.Ordinal);
        Assert.Contains(hint, exception.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("dataplug.yaml", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_variables_are_told_by_name()
    {
        _variables["DATAPLUG_WORKERS"] = "many";
        Assert.Contains("DATAPLUG_WORKERS", Assert.Throws<ConfigurationException>(() => Open()).Message, StringComparison.Ordinal);
        _variables.Remove("DATAPLUG_WORKERS");
        _variables["DATAPLUG_BACKEND"] = "moon";
        Assert.Contains("DATAPLUG_BACKEND", Assert.Throws<ConfigurationException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_runs_where_the_configuration_says()
    {
        var variables = new Dictionary<string, string>(_variables) { ["DATAPLUG_BACKEND"] = "processes", ["DATAPLUG_WORKERS"] = "1" };
        await using var executor = FunctionExecutor.Open(environment: name => variables.GetValueOrDefault(name));

        Assert.Equal(("processes", 1), (executor.BackendName, executor.MaxParallelism));
        Assert.NotEqual(Environment.ProcessId, await executor.CallAsync(() => Environment.ProcessId).InTime());
    }

    private void Write(string yaml) => File.WriteAllText(Path.Combine(_scratch.Path, "dataplug.yaml"), yaml);

    private IExecutorBackend Open(string? name = null, int? workers = null) =>
        BackendConfiguration.Open(name, workers, _scratch.Path, variable => _variables.GetValueOrDefault(variable));
}
