using System.Buffers;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Dataplug.Lithops.Functions;

/// <summary>
/// The worker's end of a shipped function: found by its reference, called with an input that has travelled, its result written so
/// that it can: raw for byte arrays, memory and streams, else as JSON.
/// </summary>
public abstract class ShippedFunction
{
    private ShippedFunction()
    {
    }

    /// <summary>
    /// How inputs and results travel unless the executor's options say otherwise: fields included (value tuples are nothing
    /// but fields), and NaN and the infinities allowed.
    /// </summary>
    public static JsonSerializerOptions DefaultSerializerOptions { get; } = CreateDefaults();

    /// <summary>The type of the input; null when the function takes none.</summary>
    public abstract Type? InputType { get; }

    /// <summary>The type of the result.</summary>
    public abstract Type ResultType { get; }

    /// <summary>Finds the function and prepares its calls.</summary>
    /// <param name="reference">Which function.</param>
    /// <param name="serializerOptions">How inputs and results are written; null for <see cref="DefaultSerializerOptions"/>.</param>
    /// <param name="loadAssembly">Finds an assembly by name; null for the usual way.</param>
    /// <exception cref="FunctionNotFoundException">It isn't here, or its shape isn't one that executors submit.</exception>
    public static ShippedFunction Bind(FunctionReference reference, JsonSerializerOptions? serializerOptions = null, Func<AssemblyName, Assembly>? loadAssembly = null)
    {
        ArgumentNullException.ThrowIfNull(reference);
        var options = serializerOptions ?? DefaultSerializerOptions;
        var function = reference.Resolve(loadAssembly, options);
        var invoke = function.GetType().GetMethod("Invoke")!;
        var parameters = invoke.GetParameters().Select(parameter => parameter.ParameterType).ToList();
        var takesToken = parameters.Count > 0 && parameters[^1] == typeof(CancellationToken);
        var takesContext = parameters.Count > 0 && parameters[^1] == typeof(TaskContext);
        if (takesToken || takesContext)
            parameters.RemoveAt(parameters.Count - 1);
        var isTask = invoke.ReturnType.IsGenericType && invoke.ReturnType.GetGenericTypeDefinition() == typeof(Task<>);
        if (parameters.Count > 1 || invoke.ReturnType == typeof(void) || ((takesToken || takesContext) && !isTask))
            throw new FunctionNotFoundException(reference.DisplayName, $"'{reference.Signature}' has not the shape of a task's function");

        var resultType = isTask ? invoke.ReturnType.GetGenericArguments()[0] : invoke.ReturnType;
        var bind = typeof(ShippedFunction)
            .GetMethod(parameters.Count == 0 ? nameof(BindWithoutInput) : nameof(BindWithInput), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod([.. parameters, resultType]);
        return bind.CreateDelegate<Func<string, Delegate, JsonSerializerOptions, ShippedFunction>>()(reference.DisplayName, function, options);
    }

    /// <summary>Calls the function.</summary>
    /// <param name="input">The input as it travelled; not looked at when the function takes none.</param>
    /// <param name="context">The attempt.</param>
    /// <param name="result">Takes the result as it travels.</param>
    /// <exception cref="JsonException">The input isn't of the function's input type.</exception>
    public abstract ValueTask InvokeAsync(ReadOnlyMemory<byte> input, TaskContext context, IBufferWriter<byte> result);

    private static Bound<TInput, TResult> BindWithInput<TInput, TResult>(string name, Delegate function, JsonSerializerOptions options) => new(
        name,
        function switch
        {
            Func<TInput, Task<TResult>> asynchronous => TaskFunction.From(asynchronous),
            Func<TInput, CancellationToken, Task<TResult>> cancellable => TaskFunction.From(cancellable),
            Func<TInput, TaskContext, Task<TResult>> contextual => TaskFunction.From(contextual),
            _ => TaskFunction.From((Func<TInput, TResult>)function),
        },
        options);

    private static Bound<NoInput, TResult> BindWithoutInput<TResult>(string name, Delegate function, JsonSerializerOptions options) => new(
        name,
        function switch
        {
            Func<Task<TResult>> asynchronous => TaskFunction.FromNoInput(asynchronous),
            Func<CancellationToken, Task<TResult>> cancellable => TaskFunction.FromNoInput(cancellable),
            Func<TaskContext, Task<TResult>> contextual => TaskFunction.FromNoInput(contextual),
            _ => TaskFunction.FromNoInput((Func<TResult>)function),
        },
        options);

    private static JsonSerializerOptions CreateDefaults()
    {
        var options = new JsonSerializerOptions
        {
            IncludeFields = true,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        };
        options.MakeReadOnly();
        return options;
    }

    private sealed class Bound<TInput, TResult>(string name, TaskFunction<TInput, TResult> function, JsonSerializerOptions options) : ShippedFunction
    {
        private readonly PayloadCodec<TInput> _input = PayloadCodec.Create<TInput>(name, "its input", options);
        private readonly PayloadCodec<TResult> _result = PayloadCodec.Create<TResult>(name, "its result", options);

        public override Type? InputType => typeof(TInput) == typeof(NoInput) ? null : typeof(TInput);

        public override Type ResultType => typeof(TResult);

        public override async ValueTask InvokeAsync(ReadOnlyMemory<byte> input, TaskContext context, IBufferWriter<byte> result)
        {
            ArgumentNullException.ThrowIfNull(context);
            ArgumentNullException.ThrowIfNull(result);
            var value = InputType is null ? default! : _input.Read(input.Span);
            _result.Write(await function(value, context).ConfigureAwait(false), result);
        }
    }
}
