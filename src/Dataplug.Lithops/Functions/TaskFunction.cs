namespace Dataplug.Lithops.Functions;

/// <summary>The one shape that all shapes of user functions are brought to.</summary>
internal delegate ValueTask<TResult> TaskFunction<in TInput, TResult>(TInput input, TaskContext context);

/// <summary>Brings user functions to the shape of <see cref="TaskFunction{TInput,TResult}"/>.</summary>
internal static class TaskFunction
{
    public static TaskFunction<TInput, TResult> From<TInput, TResult>(Func<TInput, TResult> function) =>
        (input, _) => new ValueTask<TResult>(function(input));

    public static TaskFunction<TInput, TResult> From<TInput, TResult>(Func<TInput, Task<TResult>> function) =>
        (input, _) => new ValueTask<TResult>(function(input));

    public static TaskFunction<TInput, TResult> From<TInput, TResult>(Func<TInput, CancellationToken, Task<TResult>> function) =>
        (input, context) => new ValueTask<TResult>(function(input, context.CancellationToken));

    public static TaskFunction<TInput, TResult> From<TInput, TResult>(Func<TInput, TaskContext, Task<TResult>> function) =>
        (input, context) => new ValueTask<TResult>(function(input, context));

    public static TaskFunction<NoInput, TResult> FromNoInput<TResult>(Func<TResult> function) =>
        (_, _) => new ValueTask<TResult>(function());

    public static TaskFunction<NoInput, TResult> FromNoInput<TResult>(Func<Task<TResult>> function) =>
        (_, _) => new ValueTask<TResult>(function());

    public static TaskFunction<NoInput, TResult> FromNoInput<TResult>(Func<CancellationToken, Task<TResult>> function) =>
        (_, context) => new ValueTask<TResult>(function(context.CancellationToken));

    public static TaskFunction<NoInput, TResult> FromNoInput<TResult>(Func<TaskContext, Task<TResult>> function) =>
        (_, context) => new ValueTask<TResult>(function(context));
}
