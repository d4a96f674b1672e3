using System.Text;
using System.Text.Json;
using Dataplug.Cli.Terminals;

namespace Dataplug.Cli.Tests;

/// <summary>Runs the tool in this process, with streams and variables of its own.</summary>
internal sealed class Tool(Workspace workspace)
{
    public Dictionary<string, string> Variables { get; } = new() { ["DATAPLUG_HOME"] = workspace.Home };

    public bool Terminal { get; init; }

    public async Task<ToolResult> RunAsync(IReadOnlyList<string> args, byte[]? input = null, CancellationToken cancellationToken = default)
    {
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        using var terminal = new Terminal(new MemoryStream(input ?? []), output, error)
        {
            Variables = name => Variables.GetValueOrDefault(name),
            IsOutputTerminal = Terminal,
            IsErrorTerminal = Terminal,
            Width = 100,
        };
        var exitCode = await Program.RunAsync(args, terminal, cancellationToken);
        return new ToolResult(exitCode, output.ToArray(), Encoding.UTF8.GetString(error.ToArray()));
    }

    public Task<ToolResult> RunAsync(params string[] args) => RunAsync(args, null);

    /// <summary>Runs a command that must succeed.</summary>
    public async Task<ToolResult> OkAsync(params string[] args)
    {
        var result = await RunAsync(args);
        Assert.True(result.ExitCode == 0, $"dataplug {string.Join(' ', args)}: exit code {result.ExitCode}\n{result.Error}");
        return result;
    }

    /// <summary>Runs a command that must succeed and answers in JSON.</summary>
    public async Task<JsonElement> JsonAsync(params string[] args)
    {
        var result = await OkAsync([.. args, "--json"]);
        using var document = JsonDocument.Parse(result.Output);
        return document.RootElement.Clone();
    }
}

internal sealed record ToolResult(int ExitCode, byte[] Output, string Error)
{
    public string Text => Encoding.UTF8.GetString(Output);

    public IReadOnlyList<string> Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The one error line, checked to be one.</summary>
    public string ErrorLine
    {
        get
        {
            var line = Assert.Single(Error.Split('\n'), l => l.StartsWith("dataplug: error: ", StringComparison.Ordinal));
            Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
            return line["dataplug: error: ".Length..];
        }
    }
}
