using Dataplug.Lithops.Backends.Storage;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Jobs;

namespace Dataplug.Lithops;

/// <content>Results that don't pass through the client.</content>
public sealed partial class FunctionExecutor
{
    /// <summary>
    /// Runs a function over each input, and leaves the results where the tasks put them, in the backend's storage: the futures give handles,
    /// which other tasks take in the results' place. Results of at most 16 KiB are in their handles.
    /// </summary>
    /// <typeparam name="TInput">The type of one input.</typeparam>
    /// <typeparam name="TResult">The type of one result.</typeparam>
    /// <param name="function">The function.</param>
    /// <param name="inputs">The inputs: enumerated lazily, once, as tasks can start.</param>
    /// <param name="options">How this job is run; null for the executor's options.</param>
    /// <param name="cancellationToken">Cancels the job.</param>
    /// <returns>The futures. What they stand for is deleted by <see cref="FutureList{TResult}.CleanAsync"/>, or when the executor is disposed.</returns>
    /// <exception cref="FunctionNotShippableException">The backend ships functions, and this one can't be.</exception>
    /// <exception cref="NotSupportedException">The backend ships functions, and keeps no jobs in storage.</exception>
    public FutureList<StoredResult<TResult>> MapToStorageAsync<TInput, TResult>(
        Func<TInput, TResult> function,
        IEnumerable<TInput> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Keep(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), takesStored: false, options, cancellationToken);

    /// <inheritdoc cref="MapToStorageAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    public FutureList<StoredResult<TResult>> MapToStorageAsync<TInput, TResult>(
        Func<TInput, CancellationToken, Task<TResult>> function,
        IEnumerable<TInput> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Keep(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), takesStored: false, options, cancellationToken);

    /// <summary>
    /// The same over results of another map that have stayed in storage: the function takes what the handles stand for, and workers read it
    /// from storage themselves. A task begins as soon as the future of its place has succeeded, and fails when that fails.
    /// </summary>
    /// <inheritdoc cref="MapToStorageAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    public FutureList<StoredResult<TResult>> MapToStorageAsync<TInput, TResult>(
        Func<TInput, TResult> function,
        FutureList<StoredResult<TInput>> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Keep(function, OfStored(TaskFunction.From(NotNull(function))), JobInputs<StoredResult<TInput>>.From(NotNull(inputs)), takesStored: true, options, cancellationToken);

    /// <summary>
    /// The same over results of another map that have stayed in storage: the function takes what the handles stand for, and workers read it
    /// from storage themselves. A task begins as soon as the future of its place has succeeded, and fails when that fails.
    /// </summary>
    /// <inheritdoc cref="MapToStorageAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    public FutureList<StoredResult<TResult>> MapToStorageAsync<TInput, TResult>(
        Func<TInput, CancellationToken, Task<TResult>> function,
        FutureList<StoredResult<TInput>> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Keep(function, OfStored(TaskFunction.From(NotNull(function))), JobInputs<StoredResult<TInput>>.From(NotNull(inputs)), takesStored: true, options, cancellationToken);

    /// <summary>
    /// Runs a function over results of another map that have stayed in storage: the function takes what the handles stand for, and workers
    /// read it from storage themselves. A task begins as soon as the future of its place has succeeded, and fails when that fails.
    /// </summary>
    /// <inheritdoc cref="MapToStorageAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    public FutureList<TResult> MapStoredAsync<TInput, TResult>(
        Func<TInput, TResult> function,
        FutureList<StoredResult<TInput>> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        new(SubmitStored(function, OfStored(TaskFunction.From(NotNull(function))), JobInputs<StoredResult<TInput>>.From(NotNull(inputs)), true, false, options, cancellationToken).Ledger);

    /// <summary>
    /// Runs a function over results of another map that have stayed in storage: the function takes what the handles stand for, and workers
    /// read it from storage themselves. A task begins as soon as the future of its place has succeeded, and fails when that fails.
    /// </summary>
    /// <inheritdoc cref="MapToStorageAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    public FutureList<TResult> MapStoredAsync<TInput, TResult>(
        Func<TInput, CancellationToken, Task<TResult>> function,
        FutureList<StoredResult<TInput>> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        new(SubmitStored(function, OfStored(TaskFunction.From(NotNull(function))), JobInputs<StoredResult<TInput>>.From(NotNull(inputs)), true, false, options, cancellationToken).Ledger);

    private FutureList<StoredResult<TResult>> Keep<TInput, TArgument, TResult>(
        Delegate function,
        TaskFunction<TArgument, TResult> taskFunction,
        JobInputs<TInput> inputs,
        bool takesStored,
        JobOptions? options,
        CancellationToken cancellationToken)
        where TInput : TArgument =>
        new(SubmitStored<TInput, StoredResult<TResult>>(function, async (input, context) => new StoredResult<TResult> { Value = new(await taskFunction(input, context).ConfigureAwait(false)) }, inputs, takesStored, true, options, cancellationToken).Ledger);

    private JobRun<TInput, TResult> SubmitStored<TInput, TResult>(
        Delegate function,
        TaskFunction<TInput, TResult> taskFunction,
        JobInputs<TInput> inputs,
        bool takesStored,
        bool keepsResults,
        JobOptions? options,
        CancellationToken cancellationToken) =>
        _backend.ShipsFunctions && _backend is not IStorageBackend
            ? throw new NotSupportedException($"The backend '{_backend.Name}' keeps no results in storage.")
            : Submit(function, taskFunction, inputs, options, cancellationToken: cancellationToken, takesStored: takesStored, keepsResults: keepsResults);

    /// <summary>On backends in this process the handle is opened here; workers do it themselves.</summary>
    private static TaskFunction<StoredResult<TInput>, TResult> OfStored<TInput, TResult>(TaskFunction<TInput, TResult> function) =>
        async (stored, context) => await function(await stored.ReadAsync(cancellationToken: context.CancellationToken).ConfigureAwait(false), context).ConfigureAwait(false);
}
