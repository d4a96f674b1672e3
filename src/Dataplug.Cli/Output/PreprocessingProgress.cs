using System.Globalization;
using Dataplug.Preprocessing;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Dataplug.Cli.Output;

/// <summary>Shows how far preprocessing is: a bar on a terminal, a line every ten seconds elsewhere. On standard error.</summary>
internal sealed class PreprocessingProgress : IProgress<PreprocessProgress>
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);

    private const int LongestName = 24;

    // "100% 99.9 MB of 99.9 MB, 99.9 MB/s, 99:59 left" and the spaces between columns.
    private const int RoomForDetail = 52;

    private readonly Session _session;
    private readonly string _name;
    private readonly Lock _lock = new();
    private ProgressTask? _task;
    private PreprocessProgress? _latest;
    private TimeSpan _lastLine;

    private PreprocessingProgress(Session session, string name)
    {
        _session = session;
        _name = name;
    }

    /// <summary>Runs the work with progress shown.</summary>
    public static async Task<T> ShowAsync<T>(Session session, string name, Func<IProgress<PreprocessProgress>, Task<T>> work)
    {
        var progress = new PreprocessingProgress(session, name);
        if (!session.ErrorConsole.Profile.Capabilities.Ansi)
            return await work(progress);

        var shownName = name.Length <= LongestName ? name : string.Concat(name.AsSpan(0, LongestName - 1), "…");
        var barWidth = Math.Clamp(session.ErrorConsole.Profile.Width - shownName.Length - RoomForDetail, 8, 30);
        return await session.ErrorConsole.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = barWidth }, new PercentageColumn(), new DetailColumn(progress))
            .StartAsync(async context =>
            {
                progress._task = context.AddTask(Markup.Escape(shownName), maxValue: 1);
                return await work(progress);
            });
    }

    public void Report(PreprocessProgress value)
    {
        lock (_lock)
        {
            if (_latest is null && value.ResumedFrom > 0)
                _session.ErrorConsole.WriteLine($"dataplug: {_name}: going on from {ByteText.Size(value.ResumedFrom)}, where an earlier run stopped");
            _latest = value;
            if (_task is not null)
            {
                _task.MaxValue = Math.Max(1, value.BytesTotal);
                _task.Value = value.BytesDone;
            }
            else if (value.Elapsed - _lastLine >= LineInterval)
            {
                _lastLine = value.Elapsed;
                var percent = value.BytesTotal == 0 ? 100 : 100.0 * value.BytesDone / value.BytesTotal;
                _session.Note(string.Create(CultureInfo.InvariantCulture, $"{_name}: {percent:0} %, {Detail(value)}"));
            }
        }
    }

    private static string Detail(PreprocessProgress value)
    {
        var text = $"{ByteText.Size(value.BytesDone)} of {ByteText.Size(value.BytesTotal)}";
        if (value.BytesPerSecond > 0)
            text += $", {ByteText.Size(value.BytesPerSecond)}/s";
        if (value.Remaining is { } remaining)
            text += $", {ByteText.Countdown(remaining)} left";
        return text;
    }

    private sealed class DetailColumn(PreprocessingProgress progress) : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            lock (progress._lock)
                return new Spectre.Console.Text(progress._latest is { } latest ? Detail(latest) : "");
        }
    }
}
