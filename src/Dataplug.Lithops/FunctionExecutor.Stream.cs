using System.Runtime.CompilerServices;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Jobs;

namespace Dataplug.Lithops;

/// <content>The overloads of StreamAsync: four shapes of functions, two of inputs.</content>
public sealed partial class FunctionExecutor
{
    /// <summary>
    /// Runs a function over each input, in parallel, and yields the results in the order of the inputs, in bounded memory: no more
    /// than <see cref="JobOptions.StreamBuffer"/> inputs are drawn whose results were not taken. For jobs of any length.
    /// </summary>
    /// <typeparam name="TInput">The type of one input.</typeparam>
    /// <typeparam name="TResult">The type of one result.</typeparam>
    /// <param name="function">
    /// The function. It may take, beside the input, a token that tells it to stop, or a <see cref="TaskContext"/>, which has the
    /// token too.
    /// </param>
    /// <param name="inputs">The inputs: enumerated lazily.</param>
    /// <param name="options">How this job is run; null for the executor's options.</param>
    /// <returns>
    /// The results. The job begins when their enumeration does (each enumeration runs it anew) and is cancelled when that is left
    /// early. The first task, in order, that failed ends it with its <see cref="TaskFailedException"/>.
    /// </returns>
    /// <exception cref="FunctionNotShippableException">The backend ships functions, and this one can't be.</exception>
    public IAsyncEnumerable<TResult> StreamAsync<TInput, TResult>(
        Func<TInput, TResult> function,
        IEnumerable<TInput> inputs,
        JobOptions? options = null) =>
        Stream(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options);

    /// <inheritdoc cref="StreamAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions)"/>
    public IAsyncEnumerable<TResult> StreamAsync<TInput, TResult>(
        Func<TInput, Task<TResult>> function,
        IEnumerable<TInput> inputs,
        JobOptions? options = null) =>
        Stream(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options);

    /// <inheritdoc cref="StreamAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions)"/>
    public IAsyncEnumerable<TResult> StreamAsync<TInput, TResult>(
        Func<TInput, CancellationToken, Task<TResult>> function,
        IEnumerable<TInput> inputs,
        JobOptions? options = null) =>
        Stream(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options);

    /// <inheritdoc cref="StreamAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public IAsyncEnumerable<TResult> StreamAsync<TInput, TResult>(
        Func<TInput, TaskContext, Task<TResult>> function,
        IEnumerable<TInput> inputs,
        JobOptions? options = null) =>
        Stream(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options);

    /// <inheritdoc cref="StreamAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions)"/>
    public IAsyncEnumerable<TResult> StreamAsync<TInput, TResult>(
        Func<TInput, TResult> function,
        IAsyncEnumerable<TInput> inputs,
        JobOptions? options = null) =>
        Stream(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options);

    /// <inheritdoc cref="StreamAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions)"/>
    public IAsyncEnumerable<TResult> StreamAsync<TInput, TResult>(
        Func<TInput, Task<TResult>> function,
        IAsyncEnumerable<TInput> inputs,
        JobOptions? options = null) =>
        Stream(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options);

    /// <inheritdoc cref="StreamAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions)"/>
    public IAsyncEnumerable<TResult> StreamAsync<TInput, TResult>(
        Func<TInput, CancellationToken, Task<TResult>> function,
        IAsyncEnumerable<TInput> inputs,
        JobOptions? options = null) =>
        Stream(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options);

    /// <inheritdoc cref="StreamAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public IAsyncEnumerable<TResult> StreamAsync<TInput, TResult>(
        Func<TInput, TaskContext, Task<TResult>> function,
        IAsyncEnumerable<TInput> inputs,
        JobOptions? options = null) =>
        Stream(function, TaskFunction.From(NotNull(function)), JobInputs<TInput>.From(NotNull(inputs)), options);
}
