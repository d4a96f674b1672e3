using System.Globalization;

namespace Dataplug.Lithops;

/// <summary>
/// Shows how far a job is: on a terminal one line, with a bar, the rate and the time left, drawn again and again; elsewhere nothing but one
/// line when the job has ended. Give each job one of its own: <c>new JobOptions { Progress = new ConsoleProgress("count") }</c>.
/// </summary>
public sealed class ConsoleProgress : IProgress<JobProgress>
{
    private const int LongestBar = 30;
    private const int ShortestBar = 8;

    // Erases from the cursor to the end of the line (ECMA-48, EL).
    private const string EraseToEnd = "\u001b[K";

    private readonly string? _name;
    private readonly TextWriter _output;
    private readonly bool _isTerminal;
    private readonly Func<int> _width;
    private readonly Lock _gate = new();
    private bool _ended;

    /// <summary>Shows progress on standard error, where it doesn't mix with a program's output.</summary>
    /// <param name="name">What to call the job; null for nothing.</param>
    public ConsoleProgress(string? name = null)
        : this(name, Console.Error, !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb", WidthOfConsole)
    {
    }

    /// <summary>Shows progress elsewhere.</summary>
    /// <param name="name">What to call the job; null for nothing.</param>
    /// <param name="output">Where to.</param>
    /// <param name="isTerminal">Whether that is a terminal, which understands ANSI escape codes.</param>
    /// <param name="width">Its columns.</param>
    public ConsoleProgress(string? name, TextWriter output, bool isTerminal, int width = 80)
        : this(name, output, isTerminal, () => width)
    {
    }

    private ConsoleProgress(string? name, TextWriter output, bool isTerminal, Func<int> width)
    {
        ArgumentNullException.ThrowIfNull(output);
        _name = name;
        _output = output;
        _isTerminal = isTerminal;
        _width = width;
    }

    /// <inheritdoc/>
    public void Report(JobProgress value)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (_gate)
        {
            if (_ended)
                return;
            _ended = value.Total is { } total && value.Settled >= total;
            if (_isTerminal)
                _output.Write("\r" + Fit(Line(value)) + EraseToEnd + (_ended ? "\n" : ""));
            else if (_ended)
                _output.Write(Summary(value) + "\n");
            else
                return;
            _output.Flush();
        }
    }

    private string Line(JobProgress value)
    {
        if (_ended)
            return Summary(value);
        var detail = Counts(value) + Rate(value);
        if (value.Fraction is not { } fraction)
            return Name() + detail;
        var percent = string.Create(CultureInfo.InvariantCulture, $" {Math.Floor(fraction * 100),3:0} % ");
        var room = _width() - 1 - Name().Length - percent.Length - detail.Length;
        return Name() + (room < ShortestBar ? "" : Bar(fraction, Math.Min(room, LongestBar))) + percent + detail + Left(value, fraction);
    }

    private string Summary(JobProgress value) => $"{Name()}{Counts(value)} in {Clock(value.Elapsed)}{Rate(value)}";

    private string Name() => _name is null ? "" : _name + ": ";

    private static string Counts(JobProgress value)
    {
        var text = value.Total is { } total
            ? string.Create(CultureInfo.InvariantCulture, $"{value.Settled:N0} of {total:N0} {(total == 1 ? "task" : "tasks")}")
            : string.Create(CultureInfo.InvariantCulture, $"{value.Settled:N0} {(value.Settled == 1 ? "task" : "tasks")}");
        if (value.Failed > 0)
            text += string.Create(CultureInfo.InvariantCulture, $", {value.Failed:N0} failed");
        if (value.Canceled > 0)
            text += string.Create(CultureInfo.InvariantCulture, $", {value.Canceled:N0} cancelled");
        return text;
    }

    private static string Rate(JobProgress value)
    {
        if (value.Settled == 0 || value.Elapsed <= TimeSpan.Zero)
            return "";
        var rate = value.Settled / value.Elapsed.TotalSeconds;
        return rate switch
        {
            >= 99.5 => FormattableString.Invariant($", {rate:N0}/s"),
            >= 1 => FormattableString.Invariant($", {rate:0.0}/s"),
            _ => FormattableString.Invariant($", {rate * 60:0.0}/min"),
        };
    }

    /// <summary>As long as the rest takes at the pace so far.</summary>
    private static string Left(JobProgress value, double fraction) =>
        fraction is > 0 and < 1 && value.Elapsed / fraction is { TotalDays: < 99 } all ? $", {Clock(all - value.Elapsed)} left" : "";

    private static string Bar(double fraction, int width)
    {
        var full = (int)(fraction * width);
        return new string('█', full) + new string('░', width - full);
    }

    private static string Clock(TimeSpan time) => time.TotalSeconds switch
    {
        < 9.95 => FormattableString.Invariant($"{time.TotalSeconds:0.0} s"),
        < 59.5 => FormattableString.Invariant($"{time.TotalSeconds:0} s"),
        < 3600 => FormattableString.Invariant($"{(int)time.TotalMinutes}:{time.Seconds:00}"),
        _ => FormattableString.Invariant($"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}"),
    };

    // A line that is as wide as the terminal would wrap, and then not be drawn over.
    private string Fit(string line) => line.Length < _width() ? line : line[..Math.Max(0, _width() - 1)];

    private static int WidthOfConsole()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : 80;
        }
        catch (Exception exception) when (exception is IOException or PlatformNotSupportedException)
        {
            return 80;
        }
    }
}
