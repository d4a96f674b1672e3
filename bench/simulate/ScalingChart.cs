using System.Globalization;
using System.Net;
using System.Text;

namespace Dataplug.Simulate;

/// <summary>Time over workers, both logarithmic, beside the line of perfect scaling, as SVG.</summary>
internal static class ScalingChart
{
    public static string Render(string title, double streamSeconds, IReadOnlyList<SimulatedRun> runs)
    {
        const int left = 90, right = 30, top = 64, bottom = 60, width = 760, height = 420;
        var (fewest, most) = (Math.Log10(runs.Min(run => run.Workers)), Math.Log10(runs.Max(run => run.Workers)));
        var slowest = Math.Ceiling(Math.Log10(Math.Max(streamSeconds, runs.Max(run => run.Seconds))));
        var perfect = runs[0].Seconds * runs[0].Workers / runs[^1].Workers;
        var fastest = Math.Floor(Math.Log10(Math.Min(perfect, runs.Min(run => run.Seconds))));
        double X(double workers) => left + ((Math.Log10(workers) - fewest) / (most - fewest) * (width - left - right));
        double Y(double seconds) => top + ((slowest - Math.Log10(seconds)) / (slowest - fastest) * (height - top - bottom));

        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="13">""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<rect width="{width}" height="{height}" fill="#ffffff"/>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="16" y="30" font-size="17" font-weight="bold" fill="#1f2933">{WebUtility.HtmlEncode(title)}</text>""");
        for (var power = fastest; power <= slowest; power++)
        {
            var y = Y(Math.Pow(10, power));
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<line x1="{left}" y1="{y:F1}" x2="{width - right}" y2="{y:F1}" stroke="#e9ecef"/>""");
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{left - 10}" y="{y + 5:F1}" text-anchor="end" fill="#495057">{Math.Pow(10, power):G} s</text>""");
        }

        foreach (var run in runs)
        {
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<line x1="{X(run.Workers):F1}" y1="{top}" x2="{X(run.Workers):F1}" y2="{height - bottom}" stroke="#e9ecef"/>""");
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{X(run.Workers):F1}" y="{height - bottom + 20}" text-anchor="middle" fill="#495057">{run.Workers}</text>""");
        }

        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{(left + width - right) / 2}" y="{height - 14}" text-anchor="middle" fill="#1f2933">functions at once</text>""");
        var first = runs[0];
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<line x1="{X(first.Workers):F1}" y1="{Y(first.Seconds):F1}" x2="{X(runs[^1].Workers):F1}" y2="{Y(perfect):F1}" stroke="#adb5bd" stroke-dasharray="6 5"/>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<line x1="{left}" y1="{Y(streamSeconds):F1}" x2="{width - right}" y2="{Y(streamSeconds):F1}" stroke="#e8590c" stroke-dasharray="2 4"/>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{width - right}" y="{Y(streamSeconds) - 7:F1}" text-anchor="end" fill="#e8590c">one stream, one core: {streamSeconds:F0} s</text>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<polyline fill="none" stroke="#0b7285" stroke-width="2.5" points="{string.Join(' ', runs.Select(run => string.Create(CultureInfo.InvariantCulture, $"{X(run.Workers):F1},{Y(run.Seconds):F1}")))}"/>""");
        foreach (var run in runs)
        {
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<circle cx="{X(run.Workers):F1}" cy="{Y(run.Seconds):F1}" r="4.5" fill="#0b7285"/>""");
            var anchor = run == runs[^1] ? "end" : "start";
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{X(run.Workers) + (anchor == "start" ? 9 : -2):F1}" y="{Y(run.Seconds) - 10:F1}" text-anchor="{anchor}" fill="#0b7285">{run.Seconds:F0} s</text>""");
        }

        return svg.AppendLine("</svg>").ToString();
    }
}
