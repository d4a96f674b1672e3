using System.Text;

namespace Dataplug.Lithops.Worker;

/// <summary>The lines that one attempt logs and prints: told as they come, and the last of them kept.</summary>
/// <param name="onLine">Takes each line and its number, from 0; null where lines are kept only.</param>
internal sealed class TaskLog(Action<string, int>? onLine)
{
    /// <summary>The longest line, in characters; longer ones are broken.</summary>
    public const int LongestLine = 8 << 10;

    /// <summary>How many characters are kept.</summary>
    public const int Kept = 64 << 10;

    private readonly Lock _gate = new();
    private readonly StringBuilder _line = new();
    private readonly Queue<string> _lines = new();
    private int _next;
    private int _kept;

    /// <summary>Takes text as it is printed.</summary>
    public void Write(ReadOnlySpan<char> text)
    {
        lock (_gate)
        {
            while (!text.IsEmpty)
            {
                var end = text.IndexOf('\n');
                var part = text[..Math.Min(end < 0 ? text.Length : end, LongestLine - _line.Length)];
                _line.Append(part);
                text = text[part.Length..];
                var isLineEnd = !text.IsEmpty && text[0] == '\n';
                if (isLineEnd)
                    text = text[1..];
                if (isLineEnd || _line.Length == LongestLine)
                    EndLine();
            }
        }
    }

    /// <summary>Takes a line.</summary>
    public void WriteLine(string line)
    {
        lock (_gate)
        {
            if (_line.Length > 0)
                EndLine();
            Write(line);
            EndLine();
        }
    }

    /// <summary>The lines that are kept, and the number of the first of them.</summary>
    public (int First, IReadOnlyList<string> Lines) End()
    {
        lock (_gate)
        {
            if (_line.Length > 0)
                EndLine();
            return (_next - _lines.Count, [.. _lines]);
        }
    }

    private void EndLine()
    {
        var line = _line.ToString().TrimEnd('\r');
        _line.Clear();
        _lines.Enqueue(line);
        _kept += line.Length + 1;
        while (_kept > Kept)
            _kept -= _lines.Dequeue().Length + 1;

        // Under the gate: lines are told in their order.
        onLine?.Invoke(line, _next);
        _next++;
    }
}
