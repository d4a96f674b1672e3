using System.Globalization;
using System.Net;
using System.Text;

namespace Dataplug.Reports;

/// <summary>A horizontal bar chart as SVG; the first bars are ours.</summary>
internal static class BarChart
{
    public static string Render(string title, string unit, IReadOnlyList<(string Label, double Value)> bars, int ours = 1)
    {
        const int left = 190, width = 760, barHeight = 26, gap = 10, top = 56;
        var scale = (width - left - 110) / bars.Max(bar => bar.Value);
        var height = top + (bars.Count * (barHeight + gap)) + 14;
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="14">""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<rect width="{width}" height="{height}" fill="#ffffff"/>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="16" y="30" font-size="17" font-weight="bold" fill="#1f2933">{WebUtility.HtmlEncode(title)}</text>""");
        for (var i = 0; i < bars.Count; i++)
        {
            var y = top + (i * (barHeight + gap));
            var length = Math.Max(1, bars[i].Value * scale);
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{left - 10}" y="{y + 18}" text-anchor="end" fill="#1f2933">{WebUtility.HtmlEncode(bars[i].Label)}</text>""");
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<rect x="{left}" y="{y}" width="{length:F1}" height="{barHeight}" rx="3" fill="{(i < ours ? "#0b7285" : "#adb5bd")}"/>""");
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{left + length + 8:F1}" y="{y + 18}" fill="#1f2933">{bars[i].Value:G3} {unit}</text>""");
        }

        return svg.AppendLine("</svg>").ToString();
    }
}
