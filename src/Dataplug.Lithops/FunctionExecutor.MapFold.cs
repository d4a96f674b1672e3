using System.Runtime.CompilerServices;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Jobs;

namespace Dataplug.Lithops;

/// <content>The overloads of MapFoldAsync: four shapes of map functions, two of inputs, two of fold functions.</content>
public sealed partial class FunctionExecutor
{
    /// <summary>
    /// Runs a function over each input, in parallel, and folds the results up as they arrive, while others are still computed: the results
    /// themselves need not be kept for one reducer, nor all be sent to it at once.
    /// </summary>
    /// <typeparam name="TInput">The type of one input.</typeparam>
    /// <typeparam name="TResult">The type of the map function's result.</typeparam>
    /// <typeparam name="TState">The type of what the results are folded up to.</typeparam>
    /// <param name="map">
    /// Runs over each input. It may take, beside the input, a token that tells it to stop, or a <see cref="TaskContext"/>, which
    /// has the token too.
    /// </param>
    /// <param name="inputs">The inputs: enumerated lazily, once, as tasks can start.</param>
    /// <param name="seed">The state before the first fold.</param>
    /// <param name="fold">
    /// Gets the state and what has arrived since, and returns the next state. It runs as a task, one at a time. The last one runs when all map
    /// tasks have succeeded, also when nothing has arrived since, or at all. Which results come together, and in which order, differs from
    /// run to run. It has to leave the state that it gets as it is, when it may be repeated.
    /// </param>
    /// <param name="options">How all the jobs are run; progress is the map's. Null for the executor's options.</param>
    /// <param name="cancellationToken">Cancels the map and the folds; so does cancelling the future.</param>
    /// <returns>
    /// The future of the last fold. When map tasks fail no fold begins any more, and it fails as they do, when all of them have ended. When a fold
    /// fails it fails with that, and the rest of the map is cancelled.
    /// </returns>
    /// <exception cref="FunctionNotShippableException">The backend ships functions, and one of these can't be.</exception>
    /// <exception cref="ObjectDisposedException">The executor is disposed.</exception>
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, TResult> map,
        IEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, TState> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);

    /// <inheritdoc cref="MapFoldAsync{TInput,TResult,TState}(Func{TInput,TResult},IEnumerable{TInput},TState,Func{Fold{TState,TResult},TState},JobOptions,CancellationToken)"/>
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, TState> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);

    /// <inheritdoc cref="MapFoldAsync{TInput,TResult,TState}(Func{TInput,TResult},IEnumerable{TInput},TState,Func{Fold{TState,TResult},TState},JobOptions,CancellationToken)"/>
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, CancellationToken, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, TState> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);

    /// <inheritdoc cref="MapFoldAsync{TInput,TResult,TState}(Func{TInput,TResult},IEnumerable{TInput},TState,Func{Fold{TState,TResult},TState},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, TaskContext, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, TState> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);

    /// <inheritdoc cref="MapFoldAsync{TInput,TResult,TState}(Func{TInput,TResult},IEnumerable{TInput},TState,Func{Fold{TState,TResult},TState},JobOptions,CancellationToken)"/>
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, TResult> map,
        IEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, CancellationToken, Task<TState>> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);

    /// <inheritdoc cref="MapFoldAsync{TInput,TResult,TState}(Func{TInput,TResult},IEnumerable{TInput},TState,Func{Fold{TState,TResult},TState},JobOptions,CancellationToken)"/>
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, CancellationToken, Task<TState>> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);

    /// <inheritdoc cref="MapFoldAsync{TInput,TResult,TState}(Func{TInput,TResult},IEnumerable{TInput},TState,Func{Fold{TState,TResult},TState},JobOptions,CancellationToken)"/>
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, CancellationToken, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, CancellationToken, Task<TState>> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);

    /// <inheritdoc cref="MapFoldAsync{TInput,TResult,TState}(Func{TInput,TResult},IEnumerable{TInput},TState,Func{Fold{TState,TResult},TState},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, TaskContext, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, CancellationToken, Task<TState>> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);

    /// <inheritdoc cref="MapFoldAsync{TInput,TResult,TState}(Func{TInput,TResult},IEnumerable{TInput},TState,Func{Fold{TState,TResult},TState},JobOptions,CancellationToken)"/>
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, TResult> map,
        IAsyncEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, TState> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);

    /// <inheritdoc cref="MapFoldAsync{TInput,TResult,TState}(Func{TInput,TResult},IEnumerable{TInput},TState,Func{Fold{TState,TResult},TState},JobOptions,CancellationToken)"/>
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, TState> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);

    /// <inheritdoc cref="MapFoldAsync{TInput,TResult,TState}(Func{TInput,TResult},IEnumerable{TInput},TState,Func{Fold{TState,TResult},TState},JobOptions,CancellationToken)"/>
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, CancellationToken, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, TState> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);

    /// <inheritdoc cref="MapFoldAsync{TInput,TResult,TState}(Func{TInput,TResult},IEnumerable{TInput},TState,Func{Fold{TState,TResult},TState},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, TaskContext, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, TState> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);

    /// <inheritdoc cref="MapFoldAsync{TInput,TResult,TState}(Func{TInput,TResult},IEnumerable{TInput},TState,Func{Fold{TState,TResult},TState},JobOptions,CancellationToken)"/>
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, TResult> map,
        IAsyncEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, CancellationToken, Task<TState>> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);

    /// <inheritdoc cref="MapFoldAsync{TInput,TResult,TState}(Func{TInput,TResult},IEnumerable{TInput},TState,Func{Fold{TState,TResult},TState},JobOptions,CancellationToken)"/>
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, CancellationToken, Task<TState>> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);

    /// <inheritdoc cref="MapFoldAsync{TInput,TResult,TState}(Func{TInput,TResult},IEnumerable{TInput},TState,Func{Fold{TState,TResult},TState},JobOptions,CancellationToken)"/>
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, CancellationToken, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, CancellationToken, Task<TState>> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);

    /// <inheritdoc cref="MapFoldAsync{TInput,TResult,TState}(Func{TInput,TResult},IEnumerable{TInput},TState,Func{Fold{TState,TResult},TState},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public Future<TState> MapFoldAsync<TInput, TResult, TState>(
        Func<TInput, TaskContext, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        TState seed,
        Func<Fold<TState, TResult>, CancellationToken, Task<TState>> fold,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapFold(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), seed, fold, TaskFunction.From(NotNull(fold)), options, cancellationToken);
}
