using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace Dataplug.Lithops.Plots;

/// <summary>The picture of some jobs: the timeline above, the histogram below.</summary>
internal sealed class JobPicture
{
    private const int Width = 1200;
    private const int HistogramHeight = 330;
    private const int LongestTitle = 90;

    // The default of a system may be one with serifs.
    private static readonly string? Font =
        new[] { "DejaVu Sans", "Liberation Sans", "Noto Sans", "Segoe UI", "Helvetica", "Arial" }.FirstOrDefault(SKFontManager.Default.FontFamilies.Contains);

    private readonly IReadOnlyList<JobRecord> _jobs;
    private readonly IReadOnlyList<TaskTimeline> _lines;

    public JobPicture(IReadOnlyList<JobRecord> jobs)
    {
        _jobs = jobs;
        _lines = TaskTimeline.Of(jobs);
    }

    // As tall as the lines need, within what a screen shows.
    private int TimelineHeight => Math.Clamp(170 + (_lines.Count * 16), 260, 900);

    public byte[] Render(JobPictureFormat format)
    {
        var height = TimelineHeight + HistogramHeight;
        if (format == JobPictureFormat.Svg)
        {
            using var stream = new MemoryStream();
            using (var canvas = SKSvgCanvas.Create(new SKRect(0, 0, Width, height), stream))
                Draw(canvas);
            return stream.ToArray();
        }

        using var surface = SKSurface.Create(new SKImageInfo(Width, height));
        Draw(surface.Canvas);
        using var image = surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, quality: 100);
        return data.ToArray();
    }

    private void Draw(SKCanvas canvas)
    {
        using var timeline = Timeline();
        using var histogram = Histogram();
        Draw(canvas, timeline, 0, TimelineHeight);
        Draw(canvas, histogram, TimelineHeight, TimelineHeight + HistogramHeight);
    }

    private static void Draw(SKCanvas canvas, Plot plot, int top, int bottom)
    {
        // A plot clears its canvas first.
        canvas.Save();
        canvas.ClipRect(new SKRect(0, top, Width, bottom));
        plot.Render(canvas, new PixelRect(0, Width, bottom, top));
        canvas.Restore();
    }

    private Plot Timeline()
    {
        var plot = New(Title());
        plot.ShowLegend(Edge.Right).Alignment = Alignment.UpperCenter;
        var origin = _jobs.Min(job => job.Submitted);
        var end = _lines.SelectMany(line => line.Spans).Select(span => span.End).DefaultIfEmpty(_jobs.Max(job => job.Ended ?? job.Updated)).Max();
        var axis = TimeAxis.For(end - origin);
        var longest = Math.Max(axis.Of(end - origin), 1e-3);
        foreach (var phases in _lines.SelectMany((line, row) => line.Spans.Select(span => (span, row))).GroupBy(item => item.span.Phase).OrderBy(group => group.Key))
        {
            var bars = phases.Select(item => new Bar
            {
                Orientation = Orientation.Horizontal,
                Position = item.row + 1,
                ValueBase = axis.Of(item.span.Start - origin),
                Value = axis.Of(item.span.End - origin),
                Size = _lines.Count > 200 ? 1 : 0.78,
                FillColor = PhaseStyle.Color(phases.Key),
                LineWidth = 0,
            });
            plot.Add.Bars(bars.ToArray());
            Legend(plot, phases.Key);
        }

        var failed = _lines.Select((line, row) => (line, row)).Where(item => item.line.Task.State == FutureState.Failed && item.line.Spans.Count > 0).ToList();
        if (failed.Count > 0)
        {
            var marks = plot.Add.ScatterPoints(
                failed.Select(item => axis.Of(item.line.Spans[^1].End - origin)).ToArray(),
                failed.Select(item => item.row + 1.0).ToArray());
            marks.MarkerShape = MarkerShape.Eks;
            marks.MarkerSize = 9;
            marks.MarkerLineWidth = 2;
            marks.Color = Colors.Black;
            marks.LegendText = "task failed for good";
        }

        // The first task is at the top.
        plot.Axes.SetLimitsX(-0.005 * longest, 1.03 * longest);
        plot.Axes.SetLimitsY(Math.Max(_lines.Count, 1) + 0.7, 0.3);
        plot.Axes.Left.TickGenerator = Whole(Math.Max(_lines.Count, 1), first: 1);
        plot.XLabel($"time since {(_jobs.Count == 1 ? "the job" : "the first job")} was submitted ({axis.Unit})");
        plot.YLabel("task, by start");
        return plot;
    }

    private Plot Histogram()
    {
        var plot = New("How long tasks were in each phase");
        plot.HideLegend();
        var histogram = DurationHistogram.Of(_lines);
        var most = 1;
        var slot = 0;
        foreach (var (phase, counts) in histogram.Counts)
        {
            // Bars of one bin stand beside each other.
            var width = 0.9 / histogram.Counts.Count;
            var offset = 0.05 + ((slot++ + 0.5) * width);
            plot.Add.Bars(counts.Select((count, bin) => (count, bin)).Where(item => item.count > 0).Select(item => new Bar
            {
                Position = histogram.FirstBin + item.bin + offset,
                Value = item.count,
                Size = width,
                FillColor = PhaseStyle.Color(phase),
                LineWidth = 0,
            }).ToArray());
            most = Math.Max(most, counts.Max());
        }

        // At least a decade, so that there is a number on the axis.
        var (from, to) = (histogram.FirstBin, histogram.FirstBin + Math.Max(histogram.Bins, 1));
        var (firstDecade, lastDecade) = (Decade(from, up: false), Decade(to, up: true));
        if (to - from < DurationHistogram.BinsPerDecade)
            (from, to) = (firstDecade * DurationHistogram.BinsPerDecade, lastDecade * DurationHistogram.BinsPerDecade);
        var ticks = new NumericManual();
        for (var decade = firstDecade; decade <= lastDecade; decade++)
        {
            ticks.AddMajor(decade * DurationHistogram.BinsPerDecade, TimeAxis.Decade(decade));
            for (var step = 2; step < 10; step++)
                ticks.AddMinor((decade + Math.Log10(step)) * DurationHistogram.BinsPerDecade);
        }

        plot.Axes.Bottom.TickGenerator = ticks;
        plot.Axes.Left.TickGenerator = Whole(most, first: 0);
        plot.Axes.SetLimits(from - 0.2, to + 0.2, 0, most * 1.08);
        plot.XLabel("time in the phase, logarithmic");
        plot.YLabel("tasks");
        return plot;
    }

    private static int Decade(int bin, bool up) => (int)(up ? Math.Ceiling((double)bin / DurationHistogram.BinsPerDecade) : Math.Floor((double)bin / DurationHistogram.BinsPerDecade));

    private static Plot New(string title)
    {
        var plot = new Plot();
        if (Font is not null)
            plot.Font.Set(Font);
        plot.Title(title, size: 15);
        foreach (var label in (LabelStyle[])[plot.Axes.Bottom.Label, plot.Axes.Left.Label])
        {
            label.Bold = false;
            label.FontSize = 13;
        }

        plot.Grid.MajorLineColor = Colors.Black.WithAlpha(0.08);
        plot.Legend.FontSize = 12;
        plot.Legend.OutlineColor = Colors.Black.WithAlpha(0.2);
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.Legend.Orientation = Orientation.Vertical;
        return plot;
    }

    private static void Legend(Plot plot, Phase phase) =>
        plot.Legend.ManualItems.Add(new LegendItem { LabelText = PhaseStyle.Name(phase), FillColor = PhaseStyle.Color(phase), LineWidth = 0, MarkerShape = MarkerShape.None });

    /// <summary>Ticks at whole numbers: of the first, of the last, and at round steps between.</summary>
    private static NumericManual Whole(int last, int first)
    {
        var step = 1;
        for (var i = 0; last / step > 12; i++)
            step = step * (i % 3 == 1 ? 5 : 2) / (i % 3 == 1 ? 2 : 1);
        var ticks = new NumericManual();
        if (first > 0 && step > 2)
            ticks.AddMajor(first, first.ToString(CultureInfo.InvariantCulture));
        for (var value = step > 1 || first == 0 ? step * (first == 0 ? 0 : 1) : first; value <= last; value += step)
            ticks.AddMajor(value, value.ToString("N0", CultureInfo.InvariantCulture));
        return ticks;
    }

    private string Title()
    {
        var tasks = _jobs.Sum(job => job.Total ?? job.Drawn);
        var left = _jobs.Sum(job => job.TasksLeftOut);
        var failed = _jobs.Sum(job => job.Failed);
        var name = _jobs.Count == 1
            ? $"{Short(_jobs[0].Name)} ({_jobs[0].Id}) on {_jobs[0].Backend}"
            : string.Create(CultureInfo.InvariantCulture, $"{_jobs.Count} jobs on {string.Join(", ", _jobs.Select(job => job.Backend).Distinct())}");
        var first = _jobs.Min(job => job.Submitted);
        var last = _jobs.Max(job => job.Submitted + job.Elapsed);
        var text = string.Create(CultureInfo.InvariantCulture, $"{name}: {tasks:N0} {(tasks == 1 ? "task" : "tasks")} in {TimeAxis.Text(last - first)}");
        if (failed > 0)
            text += string.Create(CultureInfo.InvariantCulture, $", {failed:N0} failed");
        if (left > 0)
            text += string.Create(CultureInfo.InvariantCulture, $" ({left:N0} not drawn)");
        return text;
    }

    private static string Short(string name) => name.Length <= LongestTitle ? name : string.Concat("…", name.AsSpan(name.Length - LongestTitle + 1));
}
