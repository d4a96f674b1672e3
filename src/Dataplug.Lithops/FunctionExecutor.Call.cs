using System.Runtime.CompilerServices;
using Dataplug.Lithops.Functions;

namespace Dataplug.Lithops;

/// <content>The overloads of CallAsync: four shapes of functions, with an input and without.</content>
public sealed partial class FunctionExecutor
{
    /// <summary>Runs a function once.</summary>
    /// <typeparam name="TInput">The type of the input.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">
    /// The function. It may take, beside the input, a token that tells it to stop, or a <see cref="TaskContext"/>, which has the
    /// token too.
    /// </param>
    /// <param name="input">The input.</param>
    /// <param name="options">How this job is run; null for the executor's options.</param>
    /// <param name="cancellationToken">Cancels the task.</param>
    /// <returns>The future result.</returns>
    /// <exception cref="FunctionNotShippableException">The backend ships functions, and this one can't be.</exception>
    /// <exception cref="ObjectDisposedException">The executor is disposed.</exception>
    public Future<TResult> CallAsync<TInput, TResult>(
        Func<TInput, TResult> function,
        TInput input,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Call(function, TaskFunction.From(NotNull(function)), input, options, cancellationToken);

    /// <inheritdoc cref="CallAsync{TInput,TResult}(Func{TInput,TResult},TInput,JobOptions,CancellationToken)"/>
    public Future<TResult> CallAsync<TInput, TResult>(
        Func<TInput, Task<TResult>> function,
        TInput input,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Call(function, TaskFunction.From(NotNull(function)), input, options, cancellationToken);

    /// <inheritdoc cref="CallAsync{TInput,TResult}(Func{TInput,TResult},TInput,JobOptions,CancellationToken)"/>
    public Future<TResult> CallAsync<TInput, TResult>(
        Func<TInput, CancellationToken, Task<TResult>> function,
        TInput input,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Call(function, TaskFunction.From(NotNull(function)), input, options, cancellationToken);

    /// <inheritdoc cref="CallAsync{TInput,TResult}(Func{TInput,TResult},TInput,JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public Future<TResult> CallAsync<TInput, TResult>(
        Func<TInput, TaskContext, Task<TResult>> function,
        TInput input,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Call(function, TaskFunction.From(NotNull(function)), input, options, cancellationToken);

    /// <summary>Runs a function once, without input.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">The function. It may take a token that tells it to stop, or a <see cref="TaskContext"/>.</param>
    /// <param name="options">How this job is run; null for the executor's options.</param>
    /// <param name="cancellationToken">Cancels the task.</param>
    /// <returns>The future result.</returns>
    /// <exception cref="FunctionNotShippableException">The backend ships functions, and this one can't be.</exception>
    /// <exception cref="ObjectDisposedException">The executor is disposed.</exception>
    public Future<TResult> CallAsync<TResult>(
        Func<TResult> function,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Call(function, TaskFunction.FromNoInput(NotNull(function)), default, options, cancellationToken);

    /// <inheritdoc cref="CallAsync{TResult}(Func{TResult},JobOptions,CancellationToken)"/>
    public Future<TResult> CallAsync<TResult>(
        Func<Task<TResult>> function,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Call(function, TaskFunction.FromNoInput(NotNull(function)), default, options, cancellationToken);

    /// <inheritdoc cref="CallAsync{TResult}(Func{TResult},JobOptions,CancellationToken)"/>
    public Future<TResult> CallAsync<TResult>(
        Func<CancellationToken, Task<TResult>> function,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Call(function, TaskFunction.FromNoInput(NotNull(function)), default, options, cancellationToken);

    /// <inheritdoc cref="CallAsync{TResult}(Func{TResult},JobOptions,CancellationToken)"/>
    [OverloadResolutionPriority(-1)] // A lambda that ignores its second argument fits the token as well.
    public Future<TResult> CallAsync<TResult>(
        Func<TaskContext, Task<TResult>> function,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Call(function, TaskFunction.FromNoInput(NotNull(function)), default, options, cancellationToken);
}
