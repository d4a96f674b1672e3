namespace Dataplug.Lithops.Backends.Processes;

/// <summary>The first and the last lines of what a process printed.</summary>
internal sealed class TextTail
{
    private const int Kept = 20;

    private readonly Lock _gate = new();
    private readonly List<string> _first = [];
    private readonly Queue<string> _last = new();

    public void Add(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
            return;
        lock (_gate)
        {
            if (_first.Count < Kept)
            {
                _first.Add(line);
                return;
            }

            _last.Enqueue(line);
            if (_last.Count > Kept)
                _last.Dequeue();
        }
    }

    /// <summary>What to put after a message: nothing, or what was printed.</summary>
    public string Quote()
    {
        lock (_gate)
            return _first.Count == 0 ? "" : "; it printed: " + string.Join('\n', _first.Concat(_last));
    }
}
