using System.Runtime.CompilerServices;
using Dataplug.Lithops.Futures;

namespace Dataplug.Lithops.Jobs;

/// <summary>Where the inputs of a job come from.</summary>
/// <param name="Items">The inputs, enumerated once, as tasks can be started.</param>
/// <param name="Count">How many, when that can be told without enumerating them.</param>
/// <param name="AreResults">Whether they are the results of another job, whose failure or cancellation is then this one's.</param>
internal sealed record JobInputs<TInput>(IAsyncEnumerable<TInput> Items, int? Count = null, bool AreResults = false)
{
    /// <summary>
    /// In place of <see cref="Items"/>: how each input is waited for, so that a task begins when its own is there. One that can't be had ends
    /// its own task alone: with what was thrown, or cancelled.
    /// </summary>
    public IAsyncEnumerable<Func<Task<TInput>>>? Later { get; init; }

    public static JobInputs<TInput> From(IEnumerable<TInput> inputs) =>
        new(inputs.ToAsyncEnumerable(), inputs.TryGetNonEnumeratedCount(out var count) ? count : null);

    public static JobInputs<TInput> From(IAsyncEnumerable<TInput> inputs) => new(inputs);

    public static JobInputs<TInput> From(Task<IReadOnlyList<TInput>> inputs) =>
        inputs.IsCompletedSuccessfully ? From(inputs.Result) : new JobInputs<TInput>(WhenThereAsync(inputs));

    /// <summary>The results of a map, each of which is waited for on its own.</summary>
    public static JobInputs<TInput> From(FutureList<TInput> futures) => FromLater(ResultsOf(futures, CancellationToken.None), futures.Count);

    /// <summary>Results of another job, each of which is waited for on its own.</summary>
    public static JobInputs<TInput> FromLater(IAsyncEnumerable<Func<Task<TInput>>> later, int? count) =>
        new(AsyncEnumerable.Empty<TInput>(), count, AreResults: true) { Later = later };

    private static async IAsyncEnumerable<Func<Task<TInput>>> ResultsOf(FutureList<TInput> futures, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var index = 0; ;)
        {
            var (future, wait) = futures.Ledger.At(index);
            if (future is not null)
            {
                yield return () => ((Future<TInput>)future).GetResultAsync(CancellationToken.None);
                index++;
            }
            else if (wait is not null)
            {
                await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            else
            {
                break;
            }
        }

        await futures.Ledger.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (futures.Ledger.JobException is { } exception)
            throw FutureLedger.Rethrowable(exception);
        if (futures.Ledger.IsCutShort)
            throw futures.Ledger.CanceledException(null);
    }

    private static async IAsyncEnumerable<TInput> WhenThereAsync(Task<IReadOnlyList<TInput>> inputs)
    {
        foreach (var input in await inputs.ConfigureAwait(false))
            yield return input;
    }
}
