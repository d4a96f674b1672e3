using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dataplug.Lithops.Functions;

/// <summary>
/// The name of a function that another process can find: a static method, or a lambda that captures nothing, of a given build
/// of an assembly. Plain data, JSON-serialisable.
/// </summary>
public sealed record FunctionReference
{
    private const BindingFlags AnyDeclared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    /// <summary>The full name of the assembly that holds the function.</summary>
    public required string Assembly { get; init; }

    /// <summary>The build of the assembly (its module version id): the names of lambdas mean nothing in another build.</summary>
    public required Guid ModuleVersionId { get; init; }

    /// <summary>The full name of the type that declares the function, with its generic arguments.</summary>
    public required string DeclaringType { get; init; }

    /// <summary>The method's name in metadata.</summary>
    public required string Method { get; init; }

    /// <summary>The method's signature, which tells overloads apart.</summary>
    public required string Signature { get; init; }

    /// <summary>The assembly-qualified names of the method's own generic arguments; empty when it has none.</summary>
    public IReadOnlyList<string> GenericArguments { get; init; } = [];

    /// <summary>The assembly-qualified name of the delegate type that it is called through: the types of its input and result.</summary>
    public required string DelegateType { get; init; }

    /// <summary>The name for people: <c>CountReads</c>, <c>lambda in Main</c>.</summary>
    [JsonIgnore]
    public string DisplayName => ReadableName(Method);

    /// <summary>Names the function of a delegate.</summary>
    /// <param name="function">A delegate over a static method, or a lambda or local function that captures nothing.</param>
    /// <exception cref="FunctionNotShippableException">The delegate holds state: captured variables, an instance, a first argument,
    /// several functions; or code that exists only in this process.</exception>
    public static FunctionReference From(Delegate function)
    {
        ArgumentNullException.ThrowIfNull(function);
        var method = function.Method;
        var name = Describe(function);
        if (!function.HasSingleTarget)
            throw new FunctionNotShippableException(name, "the delegate calls several functions", "Pass one function.");
        if (method is DynamicMethod || method.DeclaringType is not { } type || method.Module.Assembly.IsDynamic)
            throw new FunctionNotShippableException(name, "the function was generated at run time and exists in this process only", "Use a method of a compiled assembly.");
        if (function.Target is { } target)
            RefuseState(name, method, target);

        return new FunctionReference
        {
            Assembly = type.Assembly.FullName!,
            ModuleVersionId = type.Module.ModuleVersionId,
            DeclaringType = type.FullName!,
            Method = method.Name,
            Signature = method.ToString()!,
            GenericArguments = method.IsGenericMethod ? [.. method.GetGenericArguments().Select(argument => argument.AssemblyQualifiedName!)] : [],
            DelegateType = function.GetType().AssemblyQualifiedName!,
        };
    }

    /// <summary>The name of a delegate's function, for people, whether or not it can be shipped.</summary>
    internal static string Describe(Delegate function) => ReadableName(function.Method.Name);

    /// <summary>Finds the function in this process.</summary>
    /// <param name="loadAssembly">Finds an assembly by name; null for the usual way.</param>
    /// <returns>A delegate of the type that <see cref="DelegateType"/> names.</returns>
    /// <exception cref="FunctionNotFoundException">There is no such assembly, build, type or method here.</exception>
    public Delegate Resolve(Func<AssemblyName, Assembly>? loadAssembly = null)
    {
        var load = loadAssembly ?? System.Reflection.Assembly.Load;
        try
        {
            var assembly = load(new AssemblyName(Assembly));
            if (assembly.ManifestModule.ModuleVersionId != ModuleVersionId)
                throw new FunctionNotFoundException(DisplayName, $"assembly {Assembly} is of build {assembly.ManifestModule.ModuleVersionId} here, and the function is of build {ModuleVersionId}");

            var type = TypeNamed($"{DeclaringType}, {Assembly}", load);
            var arguments = GenericArguments.Select(argument => TypeNamed(argument, load)).ToArray();
            var method = type.GetMethods(AnyDeclared)
                .Where(candidate => candidate.Name == Method)
                .Select(candidate => Close(candidate, arguments))
                .FirstOrDefault(candidate => candidate?.ToString() == Signature)
                ?? throw new FunctionNotFoundException(DisplayName, $"type {DeclaringType} has no method '{Signature}'");

            return method.IsStatic
                ? method.CreateDelegate(TypeNamed(DelegateType, load))
                : method.CreateDelegate(TypeNamed(DelegateType, load), StatelessInstance(type));
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException or TypeLoadException or ArgumentException or MemberAccessException)
        {
            throw new FunctionNotFoundException(DisplayName, exception.Message, innerException: exception);
        }
    }

    /// <summary>Equal when all parts are.</summary>
    /// <param name="other">The other reference.</param>
    public bool Equals(FunctionReference? other) =>
        other is not null && Assembly == other.Assembly && ModuleVersionId == other.ModuleVersionId && DeclaringType == other.DeclaringType
        && Method == other.Method && Signature == other.Signature && DelegateType == other.DelegateType
        && GenericArguments.SequenceEqual(other.GenericArguments);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ModuleVersionId, DeclaringType, Signature, DelegateType);

    /// <inheritdoc/>
    public override string ToString() => $"{DeclaringType}.{Method}, {Assembly}";

    /// <summary>The reference as UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, FunctionReferenceJson.Default.FunctionReference);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">UTF-8 JSON.</param>
    /// <exception cref="FunctionNotFoundException">It isn't a function reference.</exception>
    public static FunctionReference FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, FunctionReferenceJson.Default.FunctionReference)
                ?? throw new FunctionNotFoundException(null, "a function reference was expected, and null was found");
        }
        catch (JsonException exception)
        {
            throw new FunctionNotFoundException(null, "this is no function reference: " + exception.Message, innerException: exception);
        }
    }

    /// <summary>The compiler makes instance methods of lambdas, on a class without fields when they capture nothing.</summary>
    private static void RefuseState(string name, MethodInfo method, object target)
    {
        var type = target.GetType();
        if (method.IsStatic)
            throw new FunctionNotShippableException(name, $"the delegate is bound to its first argument, of type {type}");
        if (!IsCompilerGenerated(type))
            throw new FunctionNotShippableException(name, $"it is an instance method of {type}, and the instance would have to travel with it");
        var captured = CapturedVariables(type).ToList();
        if (captured.Count > 0)
            throw new FunctionNotShippableException(name, $"it captures {string.Join(", ", captured)}");
    }

    private static IEnumerable<string> CapturedVariables(Type closure)
    {
        foreach (var field in closure.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
        {
            if (field.Name.StartsWith("CS$<>", StringComparison.Ordinal))
            {
                // A closure within another scope's closure refers to it by such a field.
                foreach (var outer in CapturedVariables(field.FieldType))
                    yield return outer;
            }
            else
            {
                yield return field.Name.StartsWith("<>", StringComparison.Ordinal) ? $"'this' ({field.FieldType})" : $"'{field.Name}' ({field.FieldType})";
            }
        }
    }

    private static bool IsCompilerGenerated(Type type) => type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    private object StatelessInstance(Type type)
    {
        // A reference comes from outside: nothing but the compiler's own stateless lambda classes is instantiated for it.
        if (!IsCompilerGenerated(type) || CapturedVariables(type).Any())
            throw new FunctionNotFoundException(DisplayName, $"'{Signature}' is an instance method of {DeclaringType}");
        return Activator.CreateInstance(type, nonPublic: true)!;
    }

    private static MethodInfo? Close(MethodInfo method, Type[] arguments)
    {
        if (!method.IsGenericMethodDefinition)
            return arguments.Length == 0 ? method : null;
        return method.GetGenericArguments().Length == arguments.Length ? method.MakeGenericMethod(arguments) : null;
    }

    private static Type TypeNamed(string assemblyQualifiedName, Func<AssemblyName, Assembly> load) =>
        Type.GetType(assemblyQualifiedName, load, typeResolver: null, throwOnError: true)!;

    private static string ReadableName(string method)
    {
        // <Main>b__0_1 is a lambda in Main, <Main>g__Count|0_1 the local function Count of Main.
        if (!method.StartsWith('<') || method.IndexOf('>', StringComparison.Ordinal) is var close && close < 0)
            return method;
        var owner = method[1..close] is "<Main>$" or "" ? "Main" : method[1..close].TrimStart('<');
        var rest = method[(close + 1)..].TrimStart('$', '>');
        if (!rest.StartsWith("g__", StringComparison.Ordinal))
            return "lambda in " + owner;
        var bar = rest.IndexOf('|', StringComparison.Ordinal);
        return bar < 0 ? rest[3..] : rest[3..bar];
    }
}
