using Dataplug.Lithops.Futures;

namespace Dataplug.Lithops.Jobs;

/// <summary>The results of a job in the order in which they come, taken some at a time.</summary>
internal sealed class Arrivals<TResult>(FutureLedger ledger)
{
    private int _position;

    /// <summary>What was left when no more came.</summary>
    public IReadOnlyList<TResult> Rest { get; private set; } = [];

    /// <summary>Waits for results that weren't taken, and takes all that there are.</summary>
    /// <returns>At least one; null when all tasks have ended, or one of them without a result.</returns>
    public async Task<IReadOnlyList<TResult>?> TakeAsync(CancellationToken cancellationToken)
    {
        var results = new List<TResult>();
        while (true)
        {
            var (future, wait) = ledger.SettledAt(_position);
            if (future is not null)
            {
                if (!((Future<TResult>)future).TryGetResult(out var result))
                    return null;
                results.Add(result!);
                _position++;
            }
            else if (wait is null)
            {
                Rest = results;
                return null;
            }
            else if (results.Count > 0)
            {
                return results;
            }
            else
            {
                await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
