namespace Dataplug.Cli.Tests;

public sealed class UsageTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("formats", "--bogus")]
    [InlineData("nonsense")]
    [InlineData("inspect")]
    [InlineData("preprocess", "x.txt", "--workers", "-1")]
    [InlineData("preprocess", "x.txt", "--workers", "many")]
    [InlineData("preprocess", "x.txt", "--format", "unheard-of")]
    [InlineData("partition")]
    [InlineData("partition", "x.txt", "--format", "raw-text", "--strategy", "nope")]
    [InlineData("partition", "x.txt", "--format", "raw-text", "--strategy", "count")]
    [InlineData("partition", "x.txt", "--format", "raw-text", "--strategy", "count", "--param", "count")]
    [InlineData("partition", "x.txt", "--format", "raw-text", "--strategy", "count", "--param", "count=0")]
    [InlineData("partition", "x.txt", "--format", "raw-text", "--strategy", "count", "--param", "count=2", "--param", "count=3")]
    [InlineData("partition", "x.txt", "--format", "raw-text", "--strategy", "count", "--param", "count=2", "--param", "size=3")]
    [InlineData("get")]
    [InlineData("get", "slices.jsonl", "--slice", "-1")]
    [InlineData("get", "slices.jsonl", "--slice", "1", "--all")]
    [InlineData("map", "x.txt")]
    [InlineData("map", "x.txt", "--", "no-such-program-anywhere")]
    [InlineData("map", "x.txt", "--retries", "-2", "--", "cat")]
    [InlineData("catalog")]
    [InlineData("clean")]
    [InlineData("index")]
    [InlineData("index", "export", "x.txt")]
    [InlineData("index", "export", "x.txt", "--to", "zip")]
    [InlineData("index", "import")]
    [InlineData("index", "import", "x.txt", "x.txt", "--from", "zip")]
    [InlineData("demo", "--reads", "0")]
    [InlineData("inspect", "s3:///key")]
    [InlineData("inspect", "gopher://host/key")]
    [InlineData("inspect", "x.txt", "--endpoint-url", "not a url")]
    [InlineData("inspect", "x.txt", "--profile", "p", "--no-sign-request")]
    [InlineData("inspect", "x.txt", "--metadata", "m", "--meta-bucket")]
    public async Task Wrong_usage_is_one_error_line_on_standard_error_and_exit_code_2(params string[] args)
    {
        _workspace.Text("x.txt");
        var replaced = args.Select(arg => arg == "x.txt" ? _workspace.PathOf("x.txt") : arg).ToArray();

        var result = await new Tool(_workspace).RunAsync(replaced);

        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.NotEmpty(result.ErrorLine);
    }

    [Fact]
    public async Task No_arguments_show_the_help_on_standard_error_with_exit_code_2()
    {
        var result = await new Tool(_workspace).RunAsync();

        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains("Usage:", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_strategy_is_answered_with_those_there_are()
    {
        var result = await new Tool(_workspace).RunAsync("partition", _workspace.Text(), "--strategy", "nope");

        Assert.Equal("format 'raw-text' has no strategy 'nope'", result.ErrorLine);
        Assert.Contains("--strategy count", result.Error, StringComparison.Ordinal);
        Assert.Contains("--param count=", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_parameter_is_answered_with_what_it_means()
    {
        var result = await new Tool(_workspace).RunAsync("partition", _workspace.Text());

        Assert.StartsWith("strategy 'count' needs the parameter 'count'", result.ErrorLine, StringComparison.Ordinal);
        Assert.Contains("--param count=", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("map", "--help")]
    [InlineData("get", "-h")]
    [InlineData("catalog", "rebuild", "--help")]
    public async Task Help_goes_to_standard_output_and_ends_in_examples(params string[] args)
    {
        var result = await new Tool(_workspace).OkAsync(args);

        Assert.Contains("Usage:", result.Text, StringComparison.Ordinal);
        Assert.Contains("Examples:\n  dataplug ", result.Text, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task Version_is_that_of_the_assembly()
    {
        var result = await new Tool(_workspace).OkAsync("--version");

        Assert.Equal($"dataplug {typeof(Program).Assembly.GetName().Version!.ToString(3)}\n", result.Text);
    }

    [Fact]
    public async Task A_failure_shows_its_stack_trace_only_with_debug()
    {
        var missing = _workspace.PathOf("missing.txt");
        var quiet = await new Tool(_workspace).RunAsync("inspect", missing);
        var debug = await new Tool(_workspace).RunAsync("inspect", missing, "--debug");

        Assert.Equal(1, quiet.ExitCode);
        Assert.Contains("missing.txt", quiet.ErrorLine, StringComparison.Ordinal);
        Assert.Equal(1, debug.ExitCode);
        Assert.Contains("   at Dataplug.", debug.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_debug_flag_behind_the_double_dash_belongs_to_the_program()
    {
        var result = await new Tool(_workspace).RunAsync("map", _workspace.PathOf("missing.txt"), "--param", "count=1", "--", "cat", "--debug");

        Assert.Equal(1, result.ExitCode);
        Assert.NotEmpty(result.ErrorLine);
    }
}
