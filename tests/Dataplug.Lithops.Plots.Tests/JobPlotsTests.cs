using System.Text;
using System.Xml.Linq;
using Dataplug.Conformance.Servers;
using SkiaSharp;

namespace Dataplug.Lithops.Plots.Tests;

public sealed class JobPlotsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-plots-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(20, 4)]
    [InlineData(1000, 40)]
    public void Pictures_show_every_phase_in_its_colour(int tasks, int workers)
    {
        var path = Path.Combine(_folder, "job.png");

        new[] { Jobs.Map(tasks, workers) }.Plot(path);

        if (Environment.GetEnvironmentVariable("DATAPLUG_KEEP_PLOTS") is { Length: > 0 } keep)
            File.Copy(path, Path.Combine(keep, $"job-{tasks}.png"), overwrite: true);
        using var picture = SKBitmap.Decode(path);
        Assert.Equal(1200, picture.Width);
        // The timeline's half and the histogram's, each by itself.
        var half = picture.Pixels.Length / picture.Height * (picture.Height - 330);
        var (timeline, histogram) = (Colors(picture.Pixels[..half]), Colors(picture.Pixels[half..]));
        Phase[] expected = [Phase.Code, Phase.Input, Phase.Run, Phase.Output, .. tasks > 6 ? [Phase.Failed, Phase.Queued] : Array.Empty<Phase>()];
        Assert.All(expected, phase => Assert.Contains(PhaseStyle.Color(phase).ToHex(), timeline));
        Assert.All(expected, phase => Assert.Contains(PhaseStyle.Color(phase).ToHex(), histogram));
        Assert.DoesNotContain(PhaseStyle.Color(Phase.Canceled).ToHex(), timeline);

        static HashSet<string> Colors(IEnumerable<SKColor> pixels) => [.. pixels.Select(pixel => $"#{pixel.Red:X2}{pixel.Green:X2}{pixel.Blue:X2}")];
    }

    [Fact]
    public void A_vector_picture_has_title_axes_and_legend_as_text()
    {
        var path = Path.Combine(_folder, "job.SVG");

        new[] { Jobs.Map(60, 4) }.Plot(path);

        if (Environment.GetEnvironmentVariable("DATAPLUG_KEEP_PLOTS") is { Length: > 0 } keep)
            File.Copy(path, Path.Combine(keep, "job.svg"), overwrite: true);
        var svg = XDocument.Parse(File.ReadAllText(path));
        Assert.Equal("svg", svg.Root!.Name.LocalName);
        var text = string.Join('\n', svg.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value));
        Assert.Contains("count bases (0a1b2c3d-001) on processes: 60 tasks", text, StringComparison.Ordinal);
        Assert.Contains("time since the job was submitted (s)", text, StringComparison.Ordinal);
        Assert.Contains("task failed for good", text, StringComparison.Ordinal);
        Assert.Contains("to and from worker", text, StringComparison.Ordinal);
        Assert.Contains("100 ms", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_without_tasks_has_a_picture_too()
    {
        var empty = Jobs.Map(1, 1) with { Tasks = [], Total = 0 };

        var picture = new[] { empty }.Plot(JobPictureFormat.Png);

        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], picture.Take(4));
    }

    [Fact]
    public void Other_extensions_and_no_jobs_are_refused_before_anything_is_written()
    {
        var path = Path.Combine(_folder, "job.jpg");

        Assert.Contains(".svg", Assert.Throws<ArgumentException>(() => new[] { Jobs.Map(1, 1) }.Plot(path)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Array.Empty<JobRecord>().Plot(Path.Combine(_folder, "job.png")));
        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public async Task An_executor_draws_all_its_jobs_and_a_map_itself()
    {
        await using var executor = new FunctionExecutor();
        var futures = executor.MapAsync(x => x * 2, [1, 2, 3]);
        await futures;
        await executor.CallAsync(() => 1);
        var (all, one) = (Path.Combine(_folder, "all.svg"), Path.Combine(_folder, "one.svg"));

        executor.Plot(all);
        futures.Plot(one);

        Assert.Contains("2 jobs on local: 4 tasks", File.ReadAllText(all, Encoding.UTF8), StringComparison.Ordinal);
        Assert.Contains($"({futures.JobId}) on local: 3 tasks", File.ReadAllText(one, Encoding.UTF8), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_snippet_of_the_document()
    {
        await using var executor = new FunctionExecutor();
        var futures = executor.MapAsync(x => x * 2, [1, 2, 3]);
        await futures;
        try
        {
            executor.Plot("jobs.png");
            futures.Plot("map.svg");

            Assert.All(["jobs.png", "map.svg"], path => Assert.True(new FileInfo(path).Length > 1000));
        }
        finally
        {
            File.Delete("jobs.png");
            File.Delete("map.svg");
        }

        Assert.Contains("executor.Plot(\"jobs.png\");\nfutures.Plot(\"map.svg\");", File.ReadAllText(Path.Combine(Repository.Root, "docs/executors.md")).ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }
}
