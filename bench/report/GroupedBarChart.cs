using System.Globalization;
using System.Net;
using System.Text;

namespace Dataplug.Reports;

/// <summary>A chart of upright bars as SVG: a group for each kind of data, in it a bar for each tool. Our bars are coloured, those of
/// others grey.</summary>
internal static class GroupedBarChart
{
    private const int Left = 64;
    private const int Right = 16;
    private const int PlotHeight = 300;
    private const int LegendColumn = 330;
    private const int LegendRow = 21;
    private const int BarWidth = 18;
    private const int BarGap = 3;
    private const int GroupGap = 30;
    private const string Ink = "#1f2933";
    private const string Faint = "#6b7680";

    private static readonly string[] Ours = ["#0b7285", "#66b3c1", "#e8590c", "#ffa94d"];
    private static readonly string[] Others = ["#495057", "#6d757d", "#8f979e", "#adb5bd", "#c4cad0", "#d9dee2", "#e9ecef"];

    /// <summary>Draws a chart.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="unit">What the axis counts.</param>
    /// <param name="series">Names of the bars of a group, and whether they are ours.</param>
    /// <param name="groups">Names of the groups and their values, in the order of the series; null for none.</param>
    /// <param name="format">How values are written.</param>
    public static string Render(
        string title, string unit, IReadOnlyList<(string Name, bool IsOurs)> series, IReadOnlyList<(string Name, IReadOnlyList<double?> Values)> groups, string format = "N0")
    {
        var groupWidth = (series.Count * (BarWidth + BarGap)) - BarGap;
        var width = Math.Max(Left + Right + (groups.Count * (groupWidth + GroupGap)), 640);
        var columns = Math.Max(1, (width - Left - Right) / LegendColumn);
        var top = 64 + ((series.Count + columns - 1) / columns * LegendRow) + 34;
        var height = top + PlotHeight + 44;
        var step = Scale.Step(groups.Max(group => group.Values.Max() ?? 0));
        var ticks = (int)Math.Ceiling((groups.Max(group => group.Values.Max() ?? 0) * 1.001) / step);
        var scale = PlotHeight / (ticks * step);
        var bottom = top + PlotHeight;
        var svg = new StringBuilder();
        Line($"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="13">""");
        Line($"""<rect width="{width}" height="{height}" fill="#ffffff"/>""");
        Line($"""<text x="16" y="30" font-size="17" font-weight="bold" fill="{Ink}">{WebUtility.HtmlEncode(title)}</text>""");
        Line($"""<text x="16" y="50" font-size="12" fill="{Faint}">{WebUtility.HtmlEncode(unit)}</text>""");
        var colours = Colours(series);
        for (var i = 0; i < series.Count; i++)
        {
            var (x, y) = (Left + (i % columns * LegendColumn), 74 + (i / columns * LegendRow));
            Line($"""<rect x="{x}" y="{y - 11}" width="13" height="13" rx="2" fill="{colours[i]}"/>""");
            Line($"""<text x="{x + 20}" y="{y}" font-size="12.5"{(series[i].IsOurs ? " font-weight=\"bold\"" : "")} fill="{Ink}">{WebUtility.HtmlEncode(series[i].Name)}</text>""");
        }
        for (var tick = 0; tick <= ticks; tick++)
        {
            var y = bottom - (tick * step * scale);
            Line($"""<line x1="{Left}" y1="{y:F1}" x2="{width - Right}" y2="{y:F1}" stroke="{(tick == 0 ? Faint : "#e3e7ea")}" stroke-width="1"/>""");
            Line($"""<text x="{Left - 8}" y="{y + 4:F1}" text-anchor="end" font-size="11.5" fill="{Faint}">{(tick * step).ToString(format, CultureInfo.InvariantCulture)}</text>""");
        }
        for (var group = 0; group < groups.Count; group++)
        {
            // A tool that has no value for a group leaves no gap in it.
            var count = groups[group].Values.Count(value => value is not null);
            double x = Left + (GroupGap / 2) + (group * (groupWidth + GroupGap)) + ((series.Count - count) * (BarWidth + BarGap) / 2.0);
            Line($"""<text x="{Left + (GroupGap / 2) + (group * (groupWidth + GroupGap)) + (groupWidth / 2.0):F1}" y="{bottom + 24}" text-anchor="middle" fill="{Ink}">{WebUtility.HtmlEncode(groups[group].Name)}</text>""");
            for (var i = 0; i < series.Count; i++)
            {
                if (groups[group].Values[i] is not { } value)
                    continue;
                var barHeight = Math.Max(1, value * scale);
                var y = bottom - barHeight;
                Line($"""<rect x="{x:F1}" y="{y:F1}" width="{BarWidth}" height="{barHeight:F1}" rx="2" fill="{colours[i]}"/>""");
                Line($"""<text transform="translate({x + (BarWidth / 2) + 4:F1} {y - 5:F1}) rotate(-90)" font-size="10.5" fill="{(series[i].IsOurs ? Ink : Faint)}">{value.ToString(format, CultureInfo.InvariantCulture)}</text>""");
                x += BarWidth + BarGap;
            }
        }
        return svg.AppendLine("</svg>").ToString();

        void Line(FormattableString text) => svg.AppendLine(FormattableString.Invariant(text));
    }

    private static string[] Colours(IReadOnlyList<(string Name, bool IsOurs)> series)
    {
        var (ours, others) = (0, 0);
        return [.. series.Select(one => one.IsOurs ? Ours[ours++ % Ours.Length] : Others[others++ % Others.Length])];
    }
}
