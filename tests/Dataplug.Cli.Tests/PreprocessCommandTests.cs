namespace Dataplug.Cli.Tests;

public sealed class PreprocessCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Tool _tool;

    public PreprocessCommandTests() => _tool = new Tool(_workspace);

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task An_object_is_indexed_once_and_then_left_alone_until_forced()
    {
        var file = await _workspace.FastqAsync();

        var first = await _tool.JsonAsync("preprocess", file.Path);
        var second = await _tool.JsonAsync("preprocess", file.Path);
        var forced = await _tool.JsonAsync("preprocess", file.Path, "--force");

        Assert.Equal("indexed", first.GetProperty("outcome").GetString());
        Assert.Equal("already-indexed", second.GetProperty("outcome").GetString());
        Assert.Equal("indexed", forced.GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task Json_says_what_was_read_and_how_large_the_index_is()
    {
        var file = await _workspace.FastqAsync();

        var report = await _tool.JsonAsync("preprocess", file.Path);

        Assert.Equal("fastq-gzip", report.GetProperty("format").GetString());
        Assert.Equal("file://" + file.Path, report.GetProperty("uri").GetString());
        var size = report.GetProperty("size").GetInt64();
        Assert.Equal(new FileInfo(file.Path).Length, size);
        Assert.NotEmpty(report.GetProperty("eTag").GetString()!);
        var sidecar = new FileInfo(new Uri(report.GetProperty("sidecar").GetString()!).LocalPath);
        Assert.True(sidecar.Exists);
        Assert.Equal(sidecar.Length, report.GetProperty("sidecarSize").GetInt64());
        Assert.Equal(100.0 * sidecar.Length / size, report.GetProperty("sidecarPercent").GetDouble(), tolerance: 0.0001);
        Assert.True(report.GetProperty("seconds").GetDouble() >= 0);
        Assert.Equal(0, report.GetProperty("resumedFrom").GetInt64());
    }

    [Fact]
    public async Task People_read_two_lines_and_nothing_on_standard_error()
    {
        var file = await _workspace.FastqAsync();

        var result = await _tool.OkAsync("preprocess", file.Path);

        Assert.Equal(2, result.Lines.Count);
        Assert.StartsWith($"Indexed file://{file.Path} as fastq-gzip: ", result.Lines[0], StringComparison.Ordinal);
        Assert.Matches(@"^Index: .* \(.* % of the object\), file://", result.Lines[1]);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task A_terminal_gets_a_progress_bar_on_standard_error_only()
    {
        var file = await _workspace.FastqAsync();

        var result = await new Tool(_workspace) { Terminal = true }.OkAsync("preprocess", file.Path);

        Assert.Contains("reads.fastq.gz", result.Error, StringComparison.Ordinal);
        Assert.Contains('\e', result.Error);
        Assert.DoesNotContain('\e', result.Text);
    }

    [Fact]
    public async Task The_format_can_be_named_against_the_detected_one()
    {
        var csv = _workspace.Csv();

        var report = await _tool.JsonAsync("preprocess", csv, "--format", "raw-text", "--workers", "1");

        Assert.Equal("raw-text", report.GetProperty("format").GetString());
    }

    [Theory]
    [InlineData("1")]
    [InlineData("4")]
    public async Task The_number_of_workers_does_not_change_the_index(string workers)
    {
        var text = _workspace.Text(lines: 20_000);
        var one = await _tool.JsonAsync("preprocess", text, "--workers", "1", "--metadata", _workspace.PathOf("one"));
        var other = await _tool.JsonAsync("preprocess", text, "--workers", workers, "--metadata", _workspace.PathOf("other"));

        Assert.Equal(
            File.ReadAllBytes(new Uri(one.GetProperty("sidecar").GetString()!).LocalPath),
            File.ReadAllBytes(new Uri(other.GetProperty("sidecar").GetString()!).LocalPath));
    }

    [Fact]
    public async Task A_shared_location_takes_the_index_and_gives_it_to_another_user()
    {
        var file = await _workspace.FastqAsync();
        var shared = _workspace.PathOf("shared");
        var report = await _tool.JsonAsync("preprocess", file.Path, "--metadata", shared);
        Assert.StartsWith("file://" + shared, report.GetProperty("sidecar").GetString(), StringComparison.Ordinal);

        var other = new Tool(_workspace);
        other.Variables["DATAPLUG_HOME"] = _workspace.PathOf("other-home");
        var adopted = await other.JsonAsync("preprocess", file.Path, "--metadata", shared);

        Assert.Equal("adopted", adopted.GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task A_broken_object_is_one_error_line_with_the_byte_where_it_breaks()
    {
        var file = await _workspace.FastqAsync();
        var bytes = File.ReadAllBytes(file.Path);
        var cut = _workspace.Write("cut.fastq.gz", bytes[..(bytes.Length / 2)]);

        var result = await _tool.RunAsync("preprocess", cut);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("cut.fastq.gz", result.ErrorLine, StringComparison.Ordinal);
        Assert.Contains("at byte", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_spacing_makes_a_finer_index_that_the_other_commands_find()
    {
        var file = await _workspace.FastqAsync(reads: 6000);
        var usual = await _tool.JsonAsync("preprocess", file.Path);

        var fine = await _tool.JsonAsync("preprocess", file.Path, "--spacing", "128KiB");

        Assert.Equal("indexed", fine.GetProperty("outcome").GetString());
        Assert.True(fine.GetProperty("sidecarSize").GetInt64() > usual.GetProperty("sidecarSize").GetInt64());
        Assert.Equal("already-indexed", (await _tool.JsonAsync("preprocess", file.Path, "--spacing", "128KiB")).GetProperty("outcome").GetString());
        var inspected = await _tool.JsonAsync("inspect", file.Path);
        Assert.Equal("current", inspected.GetProperty("index").GetString());
        foreach (var format in (string[][])[[], ["--format", "fastq-gzip"]])
        {
            var slices = await _tool.OkAsync(["partition", file.Path, "--param", "count=5", .. format]);
            Assert.Equal(5, slices.Lines.Count);
            Assert.Contains("leadIn", slices.Lines[^1], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_budget_bounds_the_index()
    {
        var file = await _workspace.FastqAsync(reads: 20_000);
        var fine = await _tool.JsonAsync("preprocess", file.Path, "--spacing", "64KiB");

        var bounded = await _tool.JsonAsync("preprocess", file.Path, "--spacing", "64KiB", "--index-budget", "0.1%");

        var limit = (0.001 * bounded.GetProperty("size").GetInt64()) + 1500;
        Assert.True(fine.GetProperty("sidecarSize").GetInt64() > limit);
        Assert.InRange(bounded.GetProperty("sidecarSize").GetInt64(), 1, limit);
    }

    [Theory]
    [InlineData("--spacing", "0")]
    [InlineData("--spacing", "4 parsecs")]
    [InlineData("--index-budget", "0")]
    [InlineData("--index-budget", "101%")]
    [InlineData("--index-budget", "much")]
    public async Task Nonsense_about_the_fineness_is_a_usage_error(string option, string value)
    {
        var file = await _workspace.FastqAsync();

        var result = await _tool.RunAsync("preprocess", file.Path, option, value);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"{option} is '{value}'", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_format_without_access_points_takes_no_spacing()
    {
        var result = await _tool.RunAsync("preprocess", _workspace.Csv(), "--spacing", "4MiB");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("format 'csv' has no access points", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_object_is_one_error_line()
    {
        var result = await _tool.RunAsync("preprocess", _workspace.PathOf("missing.fastq.gz"));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("missing.fastq.gz", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_run_says_so_with_exit_code_130()
    {
        var file = await _workspace.FastqAsync();

        var result = await _tool.RunAsync(["preprocess", file.Path], null, new CancellationToken(canceled: true));

        Assert.Equal(130, result.ExitCode);
        Assert.Equal("dataplug: stopped\n", result.Error);
    }

    [Fact]
    public async Task Threads_and_processes_make_the_same_index_as_one_thread()
    {
        var path = LargeText();

        var indexes = new List<byte[]>();
        foreach (var how in (string[][])[["--workers", "1"], ["--workers", "2"], ["--processes", "2"]])
        {
            var report = await _tool.JsonAsync(["preprocess", path, "--format", "gzip-text", "--force", .. how]);
            indexes.Add(await File.ReadAllBytesAsync(new Uri(report.GetProperty("sidecar").GetString()!).LocalPath));
        }

        Assert.Equal(indexes[0], indexes[1]);
        Assert.Equal(indexes[0], indexes[2]);
    }

    [Fact]
    public async Task Damage_that_a_process_finds_is_one_clear_line()
    {
        var path = LargeText();
        using (var file = File.OpenWrite(path))
        {
            file.Position = file.Length - 4_000_000;
            file.Write(new byte[1000]);
        }

        var result = await _tool.RunAsync("preprocess", path, "--format", "gzip-text", "--processes", "2");

        Assert.Equal(1, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.StartsWith("dataplug: error: file://" + path + ": ", Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    // Three chunks of gzip, whose blocks refer to what comes before them.
    private string LargeText()
    {
        var path = Path.Combine(_workspace.Folder, "large.txt.gz");
        var random = new byte[9_000_000];
        new Random(1).NextBytes(random);
        using var gzip = new System.IO.Compression.GZipStream(File.Create(path), System.IO.Compression.CompressionLevel.Optimal);
        gzip.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(random, Base64FormattingOptions.InsertLineBreaks)));
        return path;
    }
}
