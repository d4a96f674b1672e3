using System.Text.Json;
using Dataplug.Conformance.Servers;

namespace Dataplug.Cli.Tests;

public sealed class RuntimeCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Tool _tool;

    public RuntimeCommandTests() => _tool = new Tool(_workspace);

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task A_worker_is_built_deployed_used_listed_and_deleted()
    {
        var server = await LambdaServer.GetAsync();
        var name = "cli-" + Guid.NewGuid().ToString("N");
        var text = _workspace.Text();
        _workspace.Write("dataplug.yaml", $"""
            executor:
              backend: http
              workers: 2
              storage: jobs
              http:
                url: {server.Endpoint}/url/{name}
            """);

        var result = await ToolProcess.ShellAsync(_workspace, $"""
            set -e
            export AWS_ENDPOINT_URL_LAMBDA={server.Endpoint} AWS_REGION={server.Region} AWS_ACCESS_KEY_ID={server.AccessKey} AWS_SECRET_ACCESS_KEY={server.SecretKey}
            export DATAPLUG_WORKER_KEY=$(dataplug runtime key)
            dataplug runtime build aws-lambda --out worker.zip
            dataplug runtime deploy aws-lambda worker.zip --name {name} --role arn:aws:iam::123456789012:role/tests --memory 512
            dataplug runtime list aws-lambda --json > list.json
            dataplug map {text} --param count=3 -- cat > copy.txt
            dataplug runtime delete aws-lambda --name {name}
            dataplug runtime delete aws-lambda --name {name}
            """);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("there is no such function", result.ErrorLine, StringComparison.Ordinal);
        Assert.Contains("provided.al2023", result.Lines[0], StringComparison.Ordinal);
        Assert.Equal([$"Made the function {name}", $"Deleted the function {name}"], result.Lines.Skip(1));
        using var listed = JsonDocument.Parse(await File.ReadAllTextAsync(_workspace.PathOf("list.json")));
        Assert.Contains(listed.RootElement.EnumerateArray(), function => function.GetProperty("name").GetString() == name && function.GetProperty("memoryMegabytes").GetInt32() == 512);

        // The same map as here, on the function: all of it by configuration.
        Assert.Equal(await File.ReadAllTextAsync(text), await File.ReadAllTextAsync(_workspace.PathOf("copy.txt")));
    }

    [Fact]
    public async Task What_is_missing_or_wrong_is_one_line()
    {
        var noKey = await _tool.RunAsync("runtime", "deploy", "aws-lambda", "none.zip", "--role", "r");
        Assert.Equal(2, noKey.ExitCode);
        Assert.Contains("DATAPLUG_WORKER_KEY", noKey.ErrorLine, StringComparison.Ordinal);

        _tool.Variables["DATAPLUG_WORKER_KEY"] = "short";
        var wrongKey = await _tool.RunAsync("runtime", "deploy", "aws-lambda", "none.zip", "--role", "r");
        Assert.Equal(2, wrongKey.ExitCode);

        var elsewhere = await _tool.RunAsync("runtime", "build", "moon");
        Assert.Equal(2, elsewhere.ExitCode);
        Assert.Contains("aws-lambda", elsewhere.Error, StringComparison.Ordinal);
    }
}
