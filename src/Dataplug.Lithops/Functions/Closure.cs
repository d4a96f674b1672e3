using System.Buffers;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Dataplug.Lithops.Functions;

/// <summary>Takes a lambda's captured variables out of its closure, and makes a closure of them again elsewhere.</summary>
internal static class Closure
{
    private const BindingFlags Fields = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance;

    /// <summary>Whether the compiler made the class for lambdas: nothing else is ever instantiated for a function that arrives.</summary>
    public static bool IsClosure(Type type) => type.IsClass && type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    /// <summary>The variables that a lambda captures.</summary>
    /// <param name="function">The function's name, for messages.</param>
    /// <param name="method">The lambda.</param>
    /// <param name="closure">The closure.</param>
    /// <param name="options">How JSON is written.</param>
    /// <exception cref="FunctionNotShippableException">One of them can't travel.</exception>
    public static IReadOnlyList<CapturedVariable> Capture(string function, MethodInfo method, object closure, JsonSerializerOptions options)
    {
        var captured = new List<CapturedVariable>();
        var problems = new List<string>();
        var used = ClosureFields.UsedBy(method);
        Walk(closure, "");
        return problems.Count == 0
            ? captured
            : throw new FunctionNotShippableException(function, "it captures " + string.Join("; ", problems));

        void Walk(object scope, string prefix)
        {
            foreach (var field in scope.GetType().GetFields(Fields))
            {
                if (!used.Contains((field.Module, field.MetadataToken)))
                    continue;

                // A closure within another scope's closure refers to it by such a field.
                if (field.Name.StartsWith("CS$<>", StringComparison.Ordinal))
                {
                    if (field.GetValue(scope) is { } outer)
                        Walk(outer, prefix + field.Name + "/");
                }
                else if (field.Name.StartsWith("<>9", StringComparison.Ordinal))
                {
                    // A cached delegate of a lambda within the lambda; it is made again when it is missing.
                }
                else if (field.Name.StartsWith('<'))
                {
                    problems.Add($"'this' ({field.FieldType}), and the instance would have to travel with it");
                }
                else
                {
                    Take(field, field.GetValue(scope), prefix);
                }
            }
        }

        void Take(FieldInfo field, object? value, string prefix)
        {
            var what = $"'{field.Name}' ({field.FieldType})";
            try
            {
                captured.Add(new CapturedVariable(prefix + field.Name, VariableCodec.For(field.FieldType, function, what, options).Write(value)));
            }
            catch (FunctionNotShippableException exception)
            {
                problems.Add(exception.Problem.StartsWith(what, StringComparison.Ordinal) ? exception.Problem : $"{what}: {exception.Problem}");
            }
            catch (Exception exception)
            {
                // Whatever the getters of the captured data throw.
                problems.Add($"{what}, which can't travel: {exception.Message.TrimEnd('.')}");
            }
        }
    }

    /// <summary>Makes a closure.</summary>
    /// <param name="function">The function's name, for messages.</param>
    /// <param name="type">The closure's class.</param>
    /// <param name="captured">Its variables.</param>
    /// <param name="options">How JSON is read.</param>
    /// <exception cref="FunctionNotFoundException">The class has no such variables, or is none of the compiler's.</exception>
    public static object Restore(string function, Type type, IReadOnlyList<CapturedVariable> captured, JsonSerializerOptions options)
    {
        var closure = Create(function, type);
        foreach (var variable in captured)
        {
            var scope = closure;
            var path = variable.Path.Split('/');
            foreach (var name in path[..^1])
            {
                var link = Field(function, scope.GetType(), name);
                if (link.GetValue(scope) is not { } inner)
                    link.SetValue(scope, inner = Create(function, link.FieldType));
                scope = inner;
            }

            var field = Field(function, scope.GetType(), path[^1]);
            field.SetValue(scope, VariableCodec.For(field.FieldType, function, $"'{variable.Name}' ({field.FieldType})", options).Read(variable.Value.Span));
        }

        return closure;
    }

    private static object Create(string function, Type type) => IsClosure(type)
        ? RuntimeHelpers.GetUninitializedObject(type)
        : throw new FunctionNotFoundException(function, $"{type} is no class of captured variables");

    private static FieldInfo Field(string function, Type type, string name) =>
        type.GetField(name, Fields) ?? throw new FunctionNotFoundException(function, $"{type} has no captured variable '{name}'");

    /// <summary>A codec of a type that is known only when the program runs.</summary>
    private abstract class VariableCodec
    {
        public static VariableCodec For(Type type, string function, string what, JsonSerializerOptions options)
        {
            var create = typeof(VariableCodec).GetMethod(nameof(Create), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type);
            return create.CreateDelegate<Func<string, string, JsonSerializerOptions, VariableCodec>>()(function, what, options);
        }

        public abstract byte[] Write(object? value);

        public abstract object? Read(ReadOnlySpan<byte> payload);

        private static Of<T> Create<T>(string function, string what, JsonSerializerOptions options) =>
            new(PayloadCodec.Create<T>(function, what, options));

        private sealed class Of<T>(PayloadCodec<T> codec) : VariableCodec
        {
            public override byte[] Write(object? value)
            {
                var payload = new ArrayBufferWriter<byte>();
                codec.Write((T)value!, payload);
                return payload.WrittenSpan.ToArray();
            }

            public override object? Read(ReadOnlySpan<byte> payload) => codec.Read(payload);
        }
    }
}
