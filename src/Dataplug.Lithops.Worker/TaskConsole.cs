using System.Text;

namespace Dataplug.Lithops.Worker;

/// <summary>The console of a worker: what a task writes goes to its log; everything else to standard error.</summary>
internal sealed class TaskConsole : TextWriter
{
    private static readonly AsyncLocal<TaskLog?> Current = new();

    private readonly TextWriter _otherwise;

    private TaskConsole(TextWriter otherwise) => _otherwise = otherwise;

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>Replaces the console of this process. Tasks read an empty input.</summary>
    public static void TakeOver()
    {
        var console = new TaskConsole(Console.Error);
        Console.SetOut(console);
        Console.SetError(console);
        Console.SetIn(TextReader.Null);
    }

    /// <summary>From here on this flow of control, and what it starts, writes into a log.</summary>
    public static void Enter(TaskLog log) => Current.Value = log;

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (Current.Value is { } log)
            log.Write(buffer);
        else
            _otherwise.Write(buffer);
    }

    public override void WriteLine(string? value) => Write(value + "\n");
}
