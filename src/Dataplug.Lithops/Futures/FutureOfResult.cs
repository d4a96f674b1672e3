using System.Runtime.CompilerServices;
using Dataplug.Lithops.Futures;

namespace Dataplug.Lithops;

/// <summary>A task that has been submitted, and its result when it has ended. Can be awaited.</summary>
/// <typeparam name="TResult">The type of the result.</typeparam>
public sealed class Future<TResult> : Future
{
    private TResult? _result;

    internal Future(FutureLedger ledger, int index)
        : base(ledger, index)
    {
    }

    /// <summary>Waits for the result.</summary>
    /// <param name="cancellationToken">Ends the wait, and leaves the task alone.</param>
    /// <exception cref="TaskFailedException">The task failed.</exception>
    /// <exception cref="JobInputException">The task's input could not be had.</exception>
    /// <exception cref="OperationCanceledException">The task was cancelled, or the wait was.</exception>
    public async Task<TResult> GetResultAsync(CancellationToken cancellationToken = default)
    {
        await WhenSettledAsync(cancellationToken).ConfigureAwait(false);
        return ResultOrThrow();
    }

    /// <summary>Waits for the result, but not for ever.</summary>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Ends the wait, and leaves the task alone.</param>
    /// <exception cref="TimeoutException">The task has not ended within the time; it goes on.</exception>
    /// <inheritdoc cref="GetResultAsync(CancellationToken)" path="/exception"/>
    public async Task<TResult> GetResultAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        await WhenSettledAsync(timeout, cancellationToken).ConfigureAwait(false);
        return ResultOrThrow();
    }

    /// <summary>The result, when it is there.</summary>
    /// <param name="result">The result, or the type's default.</param>
    /// <returns>True when the task has succeeded.</returns>
    public bool TryGetResult(out TResult? result)
    {
        var succeeded = State == FutureState.Succeeded;
        result = succeeded ? _result : default;
        return succeeded;
    }

    /// <summary>Awaits <see cref="GetResultAsync(CancellationToken)"/>.</summary>
    public TaskAwaiter<TResult> GetAwaiter() => GetResultAsync().GetAwaiter();

    internal void SetResult(TResult result) => _result = result;

    internal TResult ResultOrThrow() => State switch
    {
        FutureState.Succeeded => _result!,
        FutureState.Canceled => throw Ledger.CanceledException(this),
        _ => throw FutureLedger.Rethrowable(Exception!),
    };
}
