using System.Runtime.CompilerServices;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Jobs;

namespace Dataplug.Lithops;

/// <content>The overloads of MapReduceAsync: four shapes of map functions, two of inputs, two of reduce functions.</content>
public sealed partial class FunctionExecutor
{
    /// <summary>Runs a function over each input, in parallel, and then one function over all results.</summary>
    /// <typeparam name="TInput">The type of one input.</typeparam>
    /// <typeparam name="TResult">The type of the map function's result.</typeparam>
    /// <typeparam name="TReduced">The type of the reduce function's result.</typeparam>
    /// <param name="map">
    /// Runs over each input. It may take, beside the input, a token that tells it to stop, or a <see cref="TaskContext"/>, which
    /// has the token too.
    /// </param>
    /// <param name="inputs">The inputs: enumerated lazily, once, as tasks can start.</param>
    /// <param name="reduce">Gets all results, in the order of the inputs. Doesn't run when a map task fails.</param>
    /// <param name="options">How both jobs are run; progress is the map's. Null for the executor's options.</param>
    /// <param name="cancellationToken">Cancels both jobs; so does cancelling the future.</param>
    /// <returns>
    /// The future result. When map tasks fail it fails as they do, when all of them have ended.
    /// For more, use <c>MapAsync</c> and <see cref="ReduceAsync{TInput,TReduced}(FutureList{TInput},Func{IReadOnlyList{TInput},TReduced},JobOptions,CancellationToken)"/>.
    /// </returns>
    /// <exception cref="FunctionNotShippableException">The backend ships functions, and one of these can't be.</exception>
    /// <exception cref="ObjectDisposedException">The executor is disposed.</exception>
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, TResult> map,
        IEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceAsync{TInput,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{IReadOnlyList{TResult},TReduced},JobOptions,CancellationToken)"/>
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceAsync{TInput,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{IReadOnlyList{TResult},TReduced},JobOptions,CancellationToken)"/>
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, CancellationToken, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceAsync{TInput,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{IReadOnlyList{TResult},TReduced},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, TaskContext, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceAsync{TInput,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{IReadOnlyList{TResult},TReduced},JobOptions,CancellationToken)"/>
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, TResult> map,
        IEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceAsync{TInput,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{IReadOnlyList{TResult},TReduced},JobOptions,CancellationToken)"/>
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceAsync{TInput,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{IReadOnlyList{TResult},TReduced},JobOptions,CancellationToken)"/>
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, CancellationToken, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceAsync{TInput,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{IReadOnlyList{TResult},TReduced},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, TaskContext, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceAsync{TInput,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{IReadOnlyList{TResult},TReduced},JobOptions,CancellationToken)"/>
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, TResult> map,
        IAsyncEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceAsync{TInput,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{IReadOnlyList{TResult},TReduced},JobOptions,CancellationToken)"/>
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceAsync{TInput,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{IReadOnlyList{TResult},TReduced},JobOptions,CancellationToken)"/>
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, CancellationToken, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceAsync{TInput,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{IReadOnlyList{TResult},TReduced},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, TaskContext, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceAsync{TInput,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{IReadOnlyList{TResult},TReduced},JobOptions,CancellationToken)"/>
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, TResult> map,
        IAsyncEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceAsync{TInput,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{IReadOnlyList{TResult},TReduced},JobOptions,CancellationToken)"/>
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceAsync{TInput,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{IReadOnlyList{TResult},TReduced},JobOptions,CancellationToken)"/>
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, CancellationToken, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceAsync{TInput,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{IReadOnlyList{TResult},TReduced},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public Future<TReduced> MapReduceAsync<TInput, TResult, TReduced>(
        Func<TInput, TaskContext, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        Func<IReadOnlyList<TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        MapReduce(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);
}
