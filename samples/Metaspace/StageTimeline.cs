using System.Globalization;
using System.Text;
using System.Xml;
using Dataplug.Lithops;

namespace Samples.Metaspace;

/// <summary>
/// Draws the stages over time, and below each the tasks that the executor ran for it: where the time goes, and where the work is not spread
/// evenly. An SVG by plain code; what a task did in its time is in the picture of the jobs (<see cref="JobPlots"/>).
/// </summary>
internal static class StageTimeline
{
    private const double Left = 120;
    private const double Right = 1160;
    private const double Top = 56;
    private const double StageHeight = 16;
    private const double LargestTask = 8;
    private const double TallestStage = 300;
    private const double Gap = 14;
    private const double LeastWidth = 1;

    // Okabe and Ito's colours, which people tell apart who see few.
    private static readonly string[] Colors = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9"];

    /// <summary>Draws.</summary>
    /// <param name="title">What stands above.</param>
    /// <param name="stages">The stages, in order; at least one.</param>
    /// <param name="jobs">The jobs of the executor; a stage's are those with its name.</param>
    public static string Draw(string title, IReadOnlyList<Stage> stages, IReadOnlyCollection<JobRecord> jobs)
    {
        var origin = stages[0].Started;
        var seconds = Math.Max((stages[^1].Ended - origin).TotalSeconds, 1e-3);
        var step = Step(seconds);
        var rows = stages.Select((stage, i) => (
            Stage: stage,
            Color: Colors[i % Colors.Length],
            Tasks: jobs.Where(job => job.Name == stage.Name).SelectMany(job => job.Tasks).Where(task => task.Statistics.Started is not null).OrderBy(task => task.Statistics.Started).ToArray())).ToArray();
        var bottom = Top + rows.Sum(row => StageHeight + Gap + (row.Tasks.Length * TaskHeight(row.Tasks.Length)));

        var text = new StringBuilder();
        using (var svg = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true, Indent = true, IndentChars = " ", NewLineChars = "\n" }))
        {
            svg.WriteStartElement("svg", "http://www.w3.org/2000/svg");
            Attributes(("width", Text(Right + 40)), ("height", Text(bottom + 50)), ("font-family", "DejaVu Sans, Liberation Sans, Arial, sans-serif"), ("font-size", "12"));
            Rectangle(0, 0, Right + 40, bottom + 50, "white");
            Label(Left, 28, title, "15", weight: "bold");
            for (var i = 0; i * step <= seconds * 1.0001; i++)
            {
                var x = At(i * step);
                svg.WriteStartElement("line");
                Attributes(("x1", Text(x)), ("x2", Text(x)), ("y1", Text(Top - 10)), ("y2", Text(bottom)), ("stroke", "#dddddd"));
                svg.WriteEndElement();
                Label(x, bottom + 18, (i * step).ToString("0.###", CultureInfo.InvariantCulture), anchor: "middle");
            }

            Label((Left + Right) / 2, bottom + 38, "seconds since the first stage began", anchor: "middle");
            var y = Top;
            foreach (var (stage, color, tasks) in rows)
            {
                var begin = At((stage.Started - origin).TotalSeconds);
                var end = At((stage.Ended - origin).TotalSeconds);
                Label(Left - 12, y + 13, stage.Name, "13", "end", "bold");
                Rectangle(begin, y, Math.Max(end - begin, LeastWidth), StageHeight, color, title: $"{stage.Name}: {Duration(stage.Ended - stage.Started)}, {stage.Made}");

                // Behind the bar, before it, or in it, wherever there is room.
                var words = $"{Duration(stage.Ended - stage.Started)}, {stage.Made}";
                var width = words.Length * 7;
                if (Right - end > width)
                    Label(end + 6, y + 13, words);
                else if (begin - Left > width)
                    Label(begin - 6, y + 13, words, anchor: "end");
                else
                    Label(begin + 6, y + 13, words, fill: "white");
                y += StageHeight + 2;
                var height = TaskHeight(tasks.Length);
                if (tasks.Length > 0)
                    Label(Left - 12, y + Math.Max(11, ((tasks.Length * height) / 2) + 4), tasks.Length == 1 ? "1 task" : string.Create(CultureInfo.InvariantCulture, $"{tasks.Length:N0} tasks"), anchor: "end");
                foreach (var task in tasks)
                {
                    foreach (var attempt in task.Statistics.EarlierAttempts)
                        Attempt(attempt.Started, attempt.Duration, "#999999", $"task {task.Index} of {stage.Name}, an attempt that was repeated: {Duration(attempt.Duration)}");
                    Attempt(task.Statistics.Started!.Value, task.Statistics.Duration, color, $"task {task.Index} of {stage.Name}: {Duration(task.Statistics.Duration)} on {task.Statistics.Worker}");
                    y += height;
                }

                y += Gap - 2;

                void Attempt(DateTimeOffset started, TimeSpan duration, string fill, string title)
                {
                    var x = At((started - origin).TotalSeconds);
                    Rectangle(x, y, Math.Max(At((started - origin + duration).TotalSeconds) - x, LeastWidth), height * 0.85, fill, 0.55, title);
                }
            }

            svg.WriteEndElement();

            void Attributes(params ReadOnlySpan<(string Name, string Value)> attributes)
            {
                foreach (var (name, value) in attributes)
                    svg.WriteAttributeString(name, value);
            }

            void Rectangle(double x, double top, double width, double height, string fill, double opacity = 1, string? title = null)
            {
                svg.WriteStartElement("rect");
                Attributes(("x", Text(x)), ("y", Text(top)), ("width", Text(width)), ("height", Text(height)), ("fill", fill), ("fill-opacity", Text(opacity)));
                if (title is not null)
                    svg.WriteElementString("title", title);
                svg.WriteEndElement();
            }

            void Label(double x, double baseline, string label, string size = "12", string anchor = "start", string weight = "normal", string fill = "#222222")
            {
                svg.WriteStartElement("text");
                Attributes(("x", Text(x)), ("y", Text(baseline)), ("font-size", size), ("text-anchor", anchor), ("font-weight", weight), ("fill", fill));
                svg.WriteString(label);
                svg.WriteEndElement();
            }
        }

        return text.Append('\n').ToString();

        double At(double second) => Left + ((Right - Left) * second / seconds);
    }

    // 1, 2 or 5 of a power of ten, so that there are at most ten.
    private static double Step(double seconds)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(seconds / 10)));
        foreach (var factor in (ReadOnlySpan<double>)[1, 2, 5])
        {
            if (seconds / (factor * power) <= 10)
                return factor * power;
        }

        return 10 * power;
    }

    private static double TaskHeight(int tasks) => tasks == 0 ? 0 : Math.Min(LargestTask, TallestStage / tasks);

    private static string Duration(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s");

    private static string Text(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}
