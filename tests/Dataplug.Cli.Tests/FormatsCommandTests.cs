using System.Text.Json;

namespace Dataplug.Cli.Tests;

public sealed class FormatsCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Every_format_strategy_and_parameter_is_listed()
    {
        var result = await new Tool(_workspace).OkAsync("formats");

        foreach (var format in Session.Formats.Formats)
        {
            Assert.Contains(format.Id, result.Text, StringComparison.Ordinal);
            foreach (var strategy in format.Strategies)
            {
                Assert.Contains($"--strategy {strategy.Name}", result.Text, StringComparison.Ordinal);
                foreach (var parameter in strategy.Parameters)
                    Assert.Contains($"--param {parameter.Name}=", result.Text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Json_has_the_same_content()
    {
        var formats = await new Tool(_workspace).JsonAsync("formats");

        Assert.Equal(["fastq-gzip", "fastq", "fastq-zstd", "fasta", "fasta-gzip", "vcf-bgzf", "vcf-gzip", "vcf", "bam", "imzml", "copc", "laz", "las", "geotiff", "gzip-text", "zlib-text", "zstd-text", "deflate-text", "csv", "raw-text"], formats.EnumerateArray().Select(format => format.GetProperty("id").GetString()!));
        foreach (var format in formats.EnumerateArray())
        {
            Assert.NotEmpty(format.GetProperty("name").GetString()!);
            Assert.NotEmpty(format.GetProperty("description").GetString()!);
            Assert.All(format.GetProperty("extensions").EnumerateArray(), extension => Assert.StartsWith(".", extension.GetString(), StringComparison.Ordinal));
            var strategy = format.GetProperty("strategies")[0];
            Assert.NotEmpty(strategy.GetProperty("name").GetString()!);
            var parameter = strategy.GetProperty("parameters")[0];
            Assert.Contains(parameter.GetProperty("type").GetString(), (string[])["count", "bytes", "choice"]);
            Assert.Equal(JsonValueKind.Array, parameter.GetProperty("choices").ValueKind);
            Assert.True(parameter.TryGetProperty("default", out _));
        }
    }

    [Fact]
    public async Task Nothing_but_a_terminal_gets_escape_codes()
    {
        var piped = await new Tool(_workspace).OkAsync("formats");
        var terminal = await new Tool(_workspace) { Terminal = true }.OkAsync("formats");

        Assert.DoesNotContain('\e', piped.Text);
        Assert.Contains('\e', terminal.Text);
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, "1")]
    public async Task Colours_can_be_turned_off(bool option, string? variable)
    {
        var tool = new Tool(_workspace) { Terminal = true };
        if (variable is not null)
            tool.Variables["NO_COLOR"] = variable;

        var result = await tool.OkAsync(option ? ["formats", "--no-color"] : ["formats"]);

        // Bold and dim may stay; colours are the codes 3x, 38;… and so on.
        Assert.DoesNotMatch("\e\\[[0-9;]*(3[0-7]|38;|9[0-7])", result.Text);
    }
}
