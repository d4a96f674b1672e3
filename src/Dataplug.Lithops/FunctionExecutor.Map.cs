using System.Runtime.CompilerServices;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Jobs;

namespace Dataplug.Lithops;

/// <content>The overloads of MapAsync: four shapes of functions, four of inputs.</content>
public sealed partial class FunctionExecutor
{
    /// <summary>Runs a function over each input, in parallel.</summary>
    /// <typeparam name="TInput">The type of one input.</typeparam>
    /// <typeparam name="TResult">The type of one result.</typeparam>
    /// <param name="function">
    /// The function. It may take, beside the input, a token that tells it to stop, or a <see cref="TaskContext"/>, which has the
    /// token too.
    /// </param>
    /// <param name="inputs">The inputs: enumerated lazily, once, as tasks can start.</param>
    /// <param name="options">How this job is run; null for the executor's options.</param>
    /// <param name="cancellationToken">Cancels the job.</param>
    /// <returns>The futures: <c>await</c> them, or call <c>GetResultAsync</c> on them, for the results in the order of the inputs.</returns>
    /// <exception cref="FunctionNotShippableException">The backend ships functions, and this one can't be.</exception>
    /// <exception cref="ObjectDisposedException">The executor is disposed.</exception>
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, TResult> function,
        IEnumerable<TInput> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, Task<TResult>> function,
        IEnumerable<TInput> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, CancellationToken, Task<TResult>> function,
        IEnumerable<TInput> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, TaskContext, Task<TResult>> function,
        IEnumerable<TInput> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, TResult> function,
        IAsyncEnumerable<TInput> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, Task<TResult>> function,
        IAsyncEnumerable<TInput> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, CancellationToken, Task<TResult>> function,
        IAsyncEnumerable<TInput> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, TaskContext, Task<TResult>> function,
        IAsyncEnumerable<TInput> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, TResult> function,
        Task<IReadOnlyList<TInput>> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, Task<TResult>> function,
        Task<IReadOnlyList<TInput>> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, CancellationToken, Task<TResult>> function,
        Task<IReadOnlyList<TInput>> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, TaskContext, Task<TResult>> function,
        Task<IReadOnlyList<TInput>> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);

    /// <summary>
    /// Runs a function over each result of another map, in parallel: each task begins when its own input is there, whatever of the other map is
    /// still under way.
    /// </summary>
    /// <typeparam name="TInput">The type of one result of the other map.</typeparam>
    /// <typeparam name="TResult">The type of one result.</typeparam>
    /// <param name="function">
    /// The function. It may take, beside the input, a token that tells it to stop, or a <see cref="TaskContext"/>, which has the
    /// token too.
    /// </param>
    /// <param name="inputs">The other map, of this executor or of another.</param>
    /// <param name="options">How this job is run; null for the executor's options.</param>
    /// <param name="cancellationToken">Cancels this job, not the other map.</param>
    /// <returns>
    /// The futures, in the order of the other map's. A task whose input failed fails with that failure, without running the function; one whose
    /// input was cancelled is cancelled. When the other map's inputs or its backend fail, so does this job.
    /// </returns>
    /// <exception cref="FunctionNotShippableException">The backend ships functions, and this one can't be.</exception>
    /// <exception cref="ObjectDisposedException">The executor is disposed.</exception>
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, TResult> function,
        FutureList<TInput> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TInput,TResult}(Func{TInput,TResult},FutureList{TInput},JobOptions,CancellationToken)"/>
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, Task<TResult>> function,
        FutureList<TInput> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TInput,TResult}(Func{TInput,TResult},FutureList{TInput},JobOptions,CancellationToken)"/>
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, CancellationToken, Task<TResult>> function,
        FutureList<TInput> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TInput,TResult}(Func{TInput,TResult},FutureList{TInput},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public FutureList<TResult> MapAsync<TInput, TResult>(
        Func<TInput, TaskContext, Task<TResult>> function,
        FutureList<TInput> inputs,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Map(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options, cancellationToken);
}
