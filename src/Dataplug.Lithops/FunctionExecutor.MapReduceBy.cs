using System.Runtime.CompilerServices;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Jobs;

namespace Dataplug.Lithops;

/// <content>The overloads of MapReduceByAsync: four shapes of map functions, two of inputs, two of reduce functions.</content>
public sealed partial class FunctionExecutor
{
    /// <summary>
    /// Runs a function over each input, in parallel, and one function over the results of each group of inputs that have a key in common: with
    /// <see cref="ObjectChunk"/>s and their <see cref="ObjectChunk.Uri"/>, one for each object.
    /// </summary>
    /// <typeparam name="TInput">The type of one input.</typeparam>
    /// <typeparam name="TKey">The type of the key: compared as such keys are in a dictionary.</typeparam>
    /// <typeparam name="TResult">The type of the map function's result.</typeparam>
    /// <typeparam name="TReduced">The type of the reduce function's result.</typeparam>
    /// <param name="map">
    /// Runs over each input. It may take, beside the input, a token that tells it to stop, or a <see cref="TaskContext"/>, which
    /// has the token too.
    /// </param>
    /// <param name="inputs">The inputs: enumerated lazily, once, as tasks can start.</param>
    /// <param name="key">Tells the group of an input. Called here, not where tasks run, once for each input as it is drawn.</param>
    /// <param name="reduce">
    /// Gets the key of a group and its results, in the order of the inputs. Runs when all inputs are drawn and those of its group have succeeded,
    /// whatever of other groups is still under way. Doesn't run when one of its group fails.
    /// </param>
    /// <param name="options">How both jobs are run; progress is the map's. Null for the executor's options.</param>
    /// <param name="cancellationToken">Cancels both jobs; so does cancelling the futures together.</param>
    /// <returns>
    /// The future results, one for each distinct key, in the order in which the keys first appear; how many is known when all inputs are drawn.
    /// A group with map tasks that failed fails as they do, when all of the group have ended; the others go on. When the inputs or the key
    /// function throw, no group is complete, and all fail.
    /// </returns>
    /// <exception cref="FunctionNotShippableException">The backend ships functions, and one of these can't be.</exception>
    /// <exception cref="ObjectDisposedException">The executor is disposed.</exception>
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, TResult> map,
        IEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceByAsync{TInput,TKey,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{TInput,TKey},Func{Group{TKey,TResult},TReduced},JobOptions,CancellationToken)"/>
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceByAsync{TInput,TKey,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{TInput,TKey},Func{Group{TKey,TResult},TReduced},JobOptions,CancellationToken)"/>
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, CancellationToken, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceByAsync{TInput,TKey,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{TInput,TKey},Func{Group{TKey,TResult},TReduced},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, TaskContext, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceByAsync{TInput,TKey,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{TInput,TKey},Func{Group{TKey,TResult},TReduced},JobOptions,CancellationToken)"/>
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, TResult> map,
        IEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceByAsync{TInput,TKey,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{TInput,TKey},Func{Group{TKey,TResult},TReduced},JobOptions,CancellationToken)"/>
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceByAsync{TInput,TKey,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{TInput,TKey},Func{Group{TKey,TResult},TReduced},JobOptions,CancellationToken)"/>
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, CancellationToken, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceByAsync{TInput,TKey,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{TInput,TKey},Func{Group{TKey,TResult},TReduced},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, TaskContext, Task<TResult>> map,
        IEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceByAsync{TInput,TKey,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{TInput,TKey},Func{Group{TKey,TResult},TReduced},JobOptions,CancellationToken)"/>
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, TResult> map,
        IAsyncEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceByAsync{TInput,TKey,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{TInput,TKey},Func{Group{TKey,TResult},TReduced},JobOptions,CancellationToken)"/>
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceByAsync{TInput,TKey,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{TInput,TKey},Func{Group{TKey,TResult},TReduced},JobOptions,CancellationToken)"/>
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, CancellationToken, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceByAsync{TInput,TKey,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{TInput,TKey},Func{Group{TKey,TResult},TReduced},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, TaskContext, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceByAsync{TInput,TKey,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{TInput,TKey},Func{Group{TKey,TResult},TReduced},JobOptions,CancellationToken)"/>
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, TResult> map,
        IAsyncEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceByAsync{TInput,TKey,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{TInput,TKey},Func{Group{TKey,TResult},TReduced},JobOptions,CancellationToken)"/>
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceByAsync{TInput,TKey,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{TInput,TKey},Func{Group{TKey,TResult},TReduced},JobOptions,CancellationToken)"/>
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, CancellationToken, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);

    /// <inheritdoc cref="MapReduceByAsync{TInput,TKey,TResult,TReduced}(Func{TInput,TResult},IEnumerable{TInput},Func{TInput,TKey},Func{Group{TKey,TResult},TReduced},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public FutureList<TReduced> MapReduceByAsync<TInput, TKey, TResult, TReduced>(
        Func<TInput, TaskContext, Task<TResult>> map,
        IAsyncEnumerable<TInput> inputs,
        Func<TInput, TKey> key,
        Func<Group<TKey, TResult>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull =>
        MapReduceBy(map, TaskFunction.From(NotNull(map)), JobInputs<TInput>.From(NotNull(inputs)), NotNull(key), reduce, TaskFunction.From(NotNull(reduce)), options, cancellationToken);
}
