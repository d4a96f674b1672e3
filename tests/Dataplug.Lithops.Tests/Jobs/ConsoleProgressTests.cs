namespace Dataplug.Lithops.Tests.Jobs;

public sealed class ConsoleProgressTests
{
    private static readonly JobProgress Half = new("job", Total: 400, Drawn: 210, Running: 10, Succeeded: 198, Failed: 2, Canceled: 0, Retries: 0, Fraction: 0.5, Elapsed: TimeSpan.FromSeconds(40));

    [Fact]
    public void A_terminal_gets_one_line_with_bar_rate_and_time_left()
    {
        var output = new StringWriter();

        new ConsoleProgress("count", output, isTerminal: true, width: 100).Report(Half);

        Assert.Equal("\rcount: " + new string('█', 15) + new string('░', 15) + "  50 % 200 of 400 tasks, 2 failed, 5.0/s, 40 s left\u001b[K", output.ToString());
    }

    [Theory]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(80)]
    public void A_line_is_never_as_wide_as_the_terminal(int width)
    {
        var output = new StringWriter();
        var progress = new ConsoleProgress("a job with a rather long name", output, isTerminal: true, width);

        progress.Report(Half);
        progress.Report(Half with { Failed = 200, Succeeded = 200, Fraction = 1 });

        var lines = output.ToString().Split("\u001b[K").Select(line => line.Trim('\r', '\n')).ToList();
        Assert.Equal(3, lines.Count);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, width - 1));
    }

    [Fact]
    public void The_last_line_stays_and_nothing_comes_after_it()
    {
        var output = new StringWriter();
        var progress = new ConsoleProgress("count", output, isTerminal: true, width: 100);
        var end = Half with { Succeeded = 398, Fraction = 1, Elapsed = TimeSpan.FromSeconds(80) };

        progress.Report(Half);
        progress.Report(end);
        progress.Report(end);

        Assert.EndsWith("\rcount: 400 of 400 tasks, 2 failed in 1:20, 5.0/s\u001b[K\n", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, output.ToString().Count(letter => letter == '\r'));
    }

    [Fact]
    public void While_the_total_is_unknown_there_is_neither_bar_nor_time_left()
    {
        var output = new StringWriter();

        new ConsoleProgress(null, output, isTerminal: true, width: 100).Report(Half with { Total = null, Fraction = null });

        Assert.Equal("\r200 tasks, 2 failed, 5.0/s\u001b[K", output.ToString());
    }

    [Fact]
    public void At_the_start_nothing_is_promised()
    {
        var output = new StringWriter();

        new ConsoleProgress(null, output, isTerminal: true, width: 60).Report(Half with { Succeeded = 0, Failed = 0, Fraction = 0, Elapsed = TimeSpan.Zero });

        Assert.Equal("\r" + new string('░', 30) + "   0 % 0 of 400 tasks\u001b[K", output.ToString());
    }

    [Fact]
    public async Task Where_there_is_no_terminal_a_job_is_one_line_at_its_end()
    {
        var output = new StringWriter();
        await using var executor = new FunctionExecutor();

        await executor.MapAsync(x => x, Enumerable.Range(0, 50).ToList(), new JobOptions { Progress = new ConsoleProgress("squares", output, isTerminal: false), ProgressInterval = TimeSpan.Zero }).InTime();

        Assert.Matches(@"^squares: 50 of 50 tasks in [0-9.]+ s, [0-9,.]+/s\n$", output.ToString());
    }

    [Fact]
    public async Task A_job_on_a_terminal_draws_over_its_own_line()
    {
        var output = new StringWriter();
        await using var executor = new FunctionExecutor();

        await executor.MapAsync(x => x, Enumerable.Range(0, 50).ToList(), new JobOptions { Progress = new ConsoleProgress("squares", output, isTerminal: true), ProgressInterval = TimeSpan.Zero }).InTime();

        Assert.Equal(1, output.ToString().Count(letter => letter == '\n'));
        Assert.InRange(output.ToString().Count(letter => letter == '\r'), 40, 51);
    }
}
