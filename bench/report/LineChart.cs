using System.Globalization;
using System.Net;
using System.Text;

namespace Dataplug.Reports;

/// <summary>A line of a <see cref="LineChart"/>.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">Its points, from left to right; y is above zero.</param>
/// <param name="Group">Lines of the same group have the same colour.</param>
/// <param name="IsDashed">Whether it is dashed.</param>
internal sealed record ChartLine(string Name, IReadOnlyList<(double X, double Y)> Points, int Group, bool IsDashed = false);

/// <summary>Lines over a number of workers, whose doublings are equally far apart, as SVG.</summary>
internal static class LineChart
{
    private const int Left = 78;
    private const int Right = 24;
    private const int Width = 760;
    private const int PlotHeight = 300;
    private const int LegendColumn = 220;
    private const int LegendRow = 21;
    private const string Ink = "#1f2933";
    private const string Faint = "#6b7680";

    private static readonly string[] Colours = ["#0b7285", "#e8590c", "#5f3dc4", "#2b8a3e", "#c2255c", "#495057"];

    /// <summary>Draws a chart.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="unit">What the upright axis counts.</param>
    /// <param name="axis">What the other one counts.</param>
    /// <param name="lines">The lines.</param>
    /// <param name="isLogarithmic">Whether the upright axis goes by powers of ten; else it begins at zero.</param>
    public static string Render(string title, string unit, string axis, IReadOnlyList<ChartLine> lines, bool isLogarithmic)
    {
        var places = lines.SelectMany(line => line.Points.Select(point => point.X)).Distinct().Order().ToArray();
        var (largest, smallest) = (lines.Max(line => line.Points.Max(point => point.Y)), lines.Min(line => line.Points.Min(point => point.Y)));
        var columns = (Width - Left - Right) / LegendColumn;
        var top = 64 + ((lines.Count + columns - 1) / columns * LegendRow) + 14;
        var bottom = top + PlotHeight;
        var height = bottom + 52;
        var ticks = isLogarithmic ? Powers(smallest, largest) : Steps(largest);
        var span = Math.Max(1e-9, Math.Log2(places[^1] / places[0]));
        double X(double place) => Left + 20 + (Math.Log2(place / places[0]) / span * (Width - Left - Right - 40));
        double Y(double value) => bottom - (PlotHeight * (isLogarithmic ? Math.Log(value / ticks[0]) / Math.Log(ticks[^1] / ticks[0]) : value / ticks[^1]));

        var svg = new StringBuilder();
        Line($"""<svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{height}" viewBox="0 0 {Width} {height}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="13">""");
        Line($"""<rect width="{Width}" height="{height}" fill="#ffffff"/>""");
        Line($"""<text x="16" y="30" font-size="17" font-weight="bold" fill="{Ink}">{WebUtility.HtmlEncode(title)}</text>""");
        Line($"""<text x="16" y="50" font-size="12" fill="{Faint}">{WebUtility.HtmlEncode(unit)}</text>""");
        foreach (var tick in ticks)
        {
            Line($"""<line x1="{Left}" y1="{Y(tick):F1}" x2="{Width - Right}" y2="{Y(tick):F1}" stroke="#e3e7ea"/>""");
            Line($"""<text x="{Left - 8}" y="{Y(tick) + 4:F1}" text-anchor="end" font-size="11.5" fill="{Faint}">{tick.ToString("#,0.####", CultureInfo.InvariantCulture)}</text>""");
        }

        foreach (var place in places)
            Line($"""<text x="{X(place):F1}" y="{bottom + 20}" text-anchor="middle" font-size="11.5" fill="{Faint}">{place:G}</text>""");
        Line($"""<text x="{(Left + Width - Right) / 2}" y="{bottom + 42}" text-anchor="middle" fill="{Ink}">{WebUtility.HtmlEncode(axis)}</text>""");
        for (var i = 0; i < lines.Count; i++)
        {
            var (line, colour) = (lines[i], Colours[lines[i].Group % Colours.Length]);
            var dashes = line.IsDashed ? " stroke-dasharray=\"6 4\"" : "";
            var (x, y) = (Left + (i % columns * LegendColumn), 74 + (i / columns * LegendRow));
            Line($"""<line x1="{x}" y1="{y - 4}" x2="{x + 26}" y2="{y - 4}" stroke="{colour}" stroke-width="2.5"{dashes}/>""");
            Line($"""<text x="{x + 33}" y="{y}" font-size="12.5" fill="{Ink}">{WebUtility.HtmlEncode(line.Name)}</text>""");
            Line($"""<polyline fill="none" stroke="{colour}" stroke-width="2.5"{dashes} points="{string.Join(' ', line.Points.Select(point => FormattableString.Invariant($"{X(point.X):F1},{Y(point.Y):F1}")))}"/>""");
            foreach (var point in line.Points)
                Line($"""<circle cx="{X(point.X):F1}" cy="{Y(point.Y):F1}" r="3.5" fill="{colour}"/>""");
        }

        return svg.AppendLine("</svg>").ToString();

        void Line(FormattableString text) => svg.AppendLine(FormattableString.Invariant(text));
    }

    private static double[] Powers(double smallest, double largest)
    {
        var (first, last) = ((int)Math.Floor(Math.Log10(smallest)), (int)Math.Ceiling(Math.Log10(largest)));
        return [.. Enumerable.Range(first, Math.Max(1, last - first) + 1).Select(power => Math.Pow(10, power))];
    }

    private static double[] Steps(double largest)
    {
        var step = Scale.Step(largest);
        return [.. Enumerable.Range(0, (int)Math.Ceiling(largest * 1.001 / step) + 1).Select(tick => tick * step)];
    }
}
