using System.Reflection;
using System.Reflection.Emit;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dataplug.Lithops.Functions;

/// <summary>
/// The name of a function that another process can find: a static method, or a lambda with the variables that it captures, of a
/// given build of an assembly. Plain data, JSON-serialisable.
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

    /// <summary>The variables that the lambda captures, with their values when it was submitted; empty for everything else.</summary>
    public IReadOnlyList<CapturedVariable> Captured { get; init; } = [];

    /// <summary>The assemblies of the function and of all types in its signature; null when the reference came from elsewhere.</summary>
    [JsonIgnore]
    internal IReadOnlyCollection<Assembly>? Assemblies { get; init; }

    /// <summary>The name for people: <c>CountReads</c>, <c>lambda in Main</c>.</summary>
    [JsonIgnore]
    public string DisplayName => ReadableName(Method);

    /// <summary>Names the function of a delegate.</summary>
    /// <param name="function">A delegate over a static method, or a lambda or local function.</param>
    /// <param name="serializerOptions">How captured variables are written; null for <see cref="ShippedFunction.DefaultSerializerOptions"/>.</param>
    /// <exception cref="FunctionNotShippableException">The delegate holds state that is no data: an instance, a first argument,
    /// several functions, a captured variable of a type that can't travel; or code that exists only in this process.</exception>
    public static FunctionReference From(Delegate function, JsonSerializerOptions? serializerOptions = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        var method = function.Method;
        var name = Describe(function);
        if (!function.HasSingleTarget)
            throw new FunctionNotShippableException(name, "the delegate calls several functions", "Pass one function.");
        if (method is DynamicMethod || method.DeclaringType is not { } type || method.Module.Assembly.IsDynamic)
            throw new FunctionNotShippableException(name, "the function was generated at run time and exists in this process only", "Use a method of a compiled assembly.");
        var captured = function.Target is { } target ? Capture(name, method, target, serializerOptions ?? ShippedFunction.DefaultSerializerOptions) : [];
        return new FunctionReference
        {
            Assembly = type.Assembly.FullName!,
            ModuleVersionId = type.Module.ModuleVersionId,
            DeclaringType = type.FullName!,
            Method = method.Name,
            Signature = method.ToString()!,
            GenericArguments = method.IsGenericMethod ? [.. method.GetGenericArguments().Select(argument => argument.AssemblyQualifiedName!)] : [],
            DelegateType = function.GetType().AssemblyQualifiedName!,
            Captured = captured,
            Assemblies = AssembliesOf([type, function.GetType(), .. method.IsGenericMethod ? method.GetGenericArguments() : []]),
        };
    }

    /// <summary>The name of a delegate's function, for people, whether or not it can be shipped.</summary>
    internal static string Describe(Delegate function) => ReadableName(function.Method.Name);

    /// <summary>Finds the function in this process.</summary>
    /// <param name="loadAssembly">Finds an assembly by name; null for the usual way.</param>
    /// <param name="serializerOptions">How captured variables are read; null for <see cref="ShippedFunction.DefaultSerializerOptions"/>.</param>
    /// <returns>A delegate of the type that <see cref="DelegateType"/> names, with variables of its own.</returns>
    /// <exception cref="FunctionNotFoundException">There is no such assembly, build, type, method or variable here.</exception>
    public Delegate Resolve(Func<AssemblyName, Assembly>? loadAssembly = null, JsonSerializerOptions? serializerOptions = null)
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
                : method.CreateDelegate(TypeNamed(DelegateType, load), Closure.Restore(DisplayName, type, Captured, serializerOptions ?? ShippedFunction.DefaultSerializerOptions));
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException or TypeLoadException or ArgumentException or MemberAccessException or JsonException or FunctionNotShippableException)
        {
            throw new FunctionNotFoundException(DisplayName, exception.Message, innerException: exception);
        }
    }

    /// <summary>Equal when all parts are.</summary>
    /// <param name="other">The other reference.</param>
    public bool Equals(FunctionReference? other) =>
        other is not null && Assembly == other.Assembly && ModuleVersionId == other.ModuleVersionId && DeclaringType == other.DeclaringType
        && Method == other.Method && Signature == other.Signature && DelegateType == other.DelegateType
        && GenericArguments.SequenceEqual(other.GenericArguments) && Captured.SequenceEqual(other.Captured);

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

    /// <summary>The compiler makes instance methods of lambdas, on a class whose fields are the variables that they capture.</summary>
    private static IReadOnlyList<CapturedVariable> Capture(string name, MethodInfo method, object target, JsonSerializerOptions options)
    {
        var type = target.GetType();
        if (method.IsStatic)
            throw new FunctionNotShippableException(name, $"the delegate is bound to its first argument, of type {type}");
        if (!Closure.IsClosure(type))
            throw new FunctionNotShippableException(name, $"it is an instance method of {type}, and the instance would have to travel with it");
        return Closure.Capture(name, method, target, options);
    }

    private static HashSet<Assembly> AssembliesOf(IEnumerable<Type> types)
    {
        var assemblies = new HashSet<Assembly>();
        var pending = new Stack<Type>(types);
        while (pending.TryPop(out var type))
        {
            assemblies.Add(type.Assembly);
            if (type.HasElementType)
                pending.Push(type.GetElementType()!);
            foreach (var argument in type.GetGenericArguments())
                pending.Push(argument);
        }

        return assemblies;
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
