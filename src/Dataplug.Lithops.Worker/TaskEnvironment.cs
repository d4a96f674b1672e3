namespace Dataplug.Lithops.Worker;

/// <summary>
/// The variables of a job in the environment of this process, while its tasks run. Tasks of jobs with other variables wait for their turn:
/// a process has one environment.
/// </summary>
internal static class TaskEnvironment
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, string?> Before = new(StringComparer.Ordinal);
    private static IReadOnlyDictionary<string, string> _current = new Dictionary<string, string>();
    private static TaskCompletionSource? _free;
    private static int _inside;

    /// <summary>Sets the variables, as soon as no task with others runs.</summary>
    /// <returns>Sets them back when it is disposed and no other task has the same.</returns>
    public static async Task<IDisposable> EnterAsync(IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task free;
            lock (Gate)
            {
                if (_inside > 0 && !IsCurrent(variables))
                {
                    _free ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    free = _free.Task;
                }
                else
                {
                    if (_inside++ == 0)
                        Set(variables);
                    return new Stay();
                }
            }

            await free.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsCurrent(IReadOnlyDictionary<string, string> variables) =>
        variables.Count == _current.Count && variables.All(variable => _current.TryGetValue(variable.Key, out var value) && value == variable.Value);

    private static void Set(IReadOnlyDictionary<string, string> variables)
    {
        _current = variables;
        foreach (var (name, value) in variables)
        {
            Before[name] = Environment.GetEnvironmentVariable(name);
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    private static void Leave()
    {
        TaskCompletionSource? free;
        lock (Gate)
        {
            if (--_inside > 0)
                return;
            foreach (var (name, value) in Before)
                Environment.SetEnvironmentVariable(name, value);
            Before.Clear();
            (free, _free) = (_free, null);
        }

        free?.TrySetResult();
    }

    private sealed class Stay : IDisposable
    {
        private bool _left;

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref _left, true))
                Leave();
        }
    }
}
