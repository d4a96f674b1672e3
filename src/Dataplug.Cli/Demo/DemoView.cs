using System.Globalization;
using Dataplug.Cli.Output;
using Dataplug.Formats.Genomics;
using Dataplug.Preprocessing;
using Spectre.Console;
using Cell = Spectre.Console.Text;

namespace Dataplug.Cli.Demo;

/// <summary>What the demo shows, step by step, with or without a terminal.</summary>
internal sealed class DemoView(Session session)
{
    private const int BarWidth = 20;

    private readonly IAnsiConsole _console = session.Console;
    private int _step;

    public void Begin()
    {
        if (session.Json)
            return;
        var panel = new Panel(new Markup("One big FASTQ.gz, indexed [bold]once[/] without being rewritten,\ncut [bold]two ways[/] for free, and mapped over [bold]in parallel[/]."))
        {
            Header = new PanelHeader(" dataplug demo "),
            Border = BoxBorder.Rounded,
            BorderStyle = new Style(Color.Teal),
            Padding = new Padding(2, 0),
        };
        _console.Write(panel);
    }

    /// <summary>Shows that something is going on, where a person looks.</summary>
    public Task<T> WhileAsync<T>(string what, Func<Task<T>> work) =>
        session.ErrorConsole.Profile.Capabilities.Ansi
            ? session.ErrorConsole.Status().Spinner(Spinner.Known.Dots).StartAsync(Markup.Escape(what) + " …", _ => work())
            : work();

    public void Generated(long reads, long plainSize, long size, TimeSpan time) =>
        Step("made", $"{ByteText.Count(reads)} reads: {ByteText.Size(plainSize)} of FASTQ, {ByteText.Size(size)} as one gzip member", time);

    public void Indexed(PreprocessReport report, FastqIndex index, long requests)
    {
        var rate = index.UncompressedSize / Math.Max(0.001, report.Elapsed.TotalSeconds);
        Step("indexed", $"{ByteText.Size(report.Source.Size)} read once in {ByteText.Count(requests)} {(requests == 1 ? "request" : "requests")}, {ByteText.Size(index.UncompressedSize)} of FASTQ at {ByteText.Size(rate)}/s", report.Elapsed);
        Detail($"the index: {ByteText.Size(report.SidecarSize)} in {ByteText.Count(index.LineIndex!.AccessPointCount)} access points, {ByteText.Percent(report.SidecarSize, report.Source.Size)} of the object");
    }

    public void Mapped(FastqIndex index, IReadOnlyList<DemoPlan> plans, int workers)
    {
        foreach (var plan in plans)
        {
            Step("cut", $"--strategy {plan.Strategy} --param {plan.Parameter}: {ByteText.Count(plan.Slices.Count)} slices, {ByteText.Size(plan.PartitionBytes)} of data read", plan.PartitionTime);
            Step("mapped", $"{ByteText.Count(plan.Slices.Count)} slices, {workers} at once: {ByteText.Count(plan.MapRequests)} requests for {ByteText.Size(plan.MapBytes)} ({ByteText.Percent(plan.MapBytes, index.Source.Size)} of the object)", plan.MapTime);
        }

        if (session.Json)
            return;
        _console.WriteLine();
        _console.Write(Slices(plans[0]));
    }

    public void End(FastqIndex index, DemoPlan batches, DemoPlan sized, bool agree)
    {
        if (session.Json || !agree)
            return;
        var total = batches.Total;
        _console.WriteLine();
        _console.MarkupLineInterpolated($"[green]✓[/] Both ways of cutting give [bold]{ByteText.Count(total.Reads)}[/] reads and [bold]{ByteText.Count(total.Bases)}[/] bases, as the index says;");
        _console.MarkupLineInterpolated($"  GC {Number(100 * total.GcFraction, 2)} %, mean quality Q{Number(total.MeanQuality, 2)}, lengths {index.MinReadLength} to {index.MaxReadLength}, {FastqQuality.Name(index.QualityEncoding)}.");
        _console.MarkupLineInterpolated($"  Cutting again took [bold]{Number(sized.PartitionTime.TotalMilliseconds, 1)} ms[/]; rewriting the object in pieces would read and write {ByteText.Size(index.Source.Size)} each time.");
        _console.WriteLine();
        _console.MarkupLine("Next: [teal]dataplug preprocess[/] YOUR.fastq.gz, then [teal]dataplug map[/] YOUR.fastq.gz --param count=16 -- wc -l");
    }

    private static Table Slices(DemoPlan plan)
    {
        var table = new Table().Border(TableBorder.Simple).BorderStyle(new Style(Color.Grey));
        foreach (var name in (string[])["slice", "reads", "bases", "GC %", "mean Q", "ms"])
            table.AddColumn(new TableColumn(new Cell(name, new Style(decoration: Decoration.Bold))).RightAligned().NoWrap());
        table.AddColumn(new TableColumn(new Cell("when")).NoWrap());

        var begin = plan.Tasks.Min(task => task.Started!.Value);
        var end = plan.Tasks.Max(task => task.Ended!.Value);
        for (var i = 0; i < plan.Counts.Count; i++)
        {
            var count = plan.Counts[i];
            var task = plan.Tasks[i];
            table.AddRow(
                new Cell(i.ToString(CultureInfo.InvariantCulture)),
                new Cell(ByteText.Count(count.Reads)),
                new Cell(ByteText.Count(count.Bases)),
                new Cell(Number(100 * count.GcFraction, 2)),
                new Cell(Number(count.MeanQuality, 2)),
                new Cell(Number(task.Duration.TotalMilliseconds, 0)),
                new Cell(TimeBar(task.Started!.Value - begin, task.Ended!.Value - begin, end - begin), new Style(Color.Teal)));
        }

        return table;
    }

    // The time of a task on the time axis of all: what runs at once stands one above the other.
    private static string TimeBar(TimeSpan from, TimeSpan to, TimeSpan all)
    {
        var scale = BarWidth / Math.Max(1e-6, all.TotalMilliseconds);
        var start = Math.Min(BarWidth - 1, (int)(from.TotalMilliseconds * scale));
        var length = Math.Clamp((int)Math.Round(to.TotalMilliseconds * scale) - start, 1, BarWidth - start);
        return new string('·', start) + new string('█', length) + new string('·', BarWidth - start - length);
    }

    private void Step(string verb, string what, TimeSpan time)
    {
        if (!session.Json)
            _console.MarkupLineInterpolated($"[teal]{++_step}[/] [bold]{verb,-8}[/] {what}  [dim]{Duration(time)}[/]");
    }

    private void Detail(string what)
    {
        if (!session.Json)
            _console.MarkupLineInterpolated($"           {what}");
    }

    private static string Duration(TimeSpan time) => time.TotalMilliseconds < 100 ? Number(time.TotalMilliseconds, 1) + " ms" : ByteText.Time(time);

    private static string Number(double value, int digits) => value.ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
