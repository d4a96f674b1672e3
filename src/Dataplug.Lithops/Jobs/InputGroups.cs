using System.Runtime.CompilerServices;
using Dataplug.Lithops.Futures;

namespace Dataplug.Lithops.Jobs;

/// <summary>The groups that the inputs of a map fall into, by a key: found while they are drawn, and complete when all are.</summary>
internal sealed class InputGroups<TInput, TKey>(Func<TInput, TKey> key)
    where TKey : notnull
{
    private readonly List<(TKey Key, List<int> Indexes)> _groups = [];
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inputs;

    /// <summary>The inputs, each looked at as it is drawn.</summary>
    public async IAsyncEnumerable<TInput> PassAsync(IAsyncEnumerable<TInput> inputs, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var places = new Dictionary<TKey, int>();
        await foreach (var input in inputs.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var its = key(input);
            if (!places.TryGetValue(its, out var place))
            {
                places.Add(its, place = _groups.Count);
                _groups.Add((its, []));
            }

            _groups[place].Indexes.Add(_inputs++);
            yield return input;
        }

        _complete.SetResult();
    }

    /// <summary>The groups in the order of their first inputs, each to be waited for on its own. Throws what the map ended with before its inputs did.</summary>
    public async IAsyncEnumerable<Func<Task<Group<TKey, TResult>>>> WithResultsOf<TResult>(FutureList<TResult> map, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.WhenAny(_complete.Task, map.Ledger.Completion).WaitAsync(cancellationToken).ConfigureAwait(false);

        // Inputs that are not as many as they had said are a failure of the map too.
        if (!_complete.Task.IsCompleted || (map.Count is { } count && count != _inputs))
        {
            await map.GetResultAsync(cancellationToken).ConfigureAwait(false);
            throw map.Ledger.CanceledException(null);
        }

        foreach (var group in _groups)
            yield return async () => new Group<TKey, TResult>(group.Key, await map.GetResultsOfAsync(group.Indexes).ConfigureAwait(false));
    }
}
