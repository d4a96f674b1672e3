using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;
using Dataplug.Lithops.Code;
using Dataplug.Lithops.Functions;

namespace Dataplug.Lithops.Worker;

/// <summary>
/// One application's assemblies, apart from all others', and unloadable. What the worker itself has (the framework, Dataplug and what
/// that needs) is shared, unless the application comes with a later version.
/// </summary>
internal sealed class ApplicationContext : AssemblyLoadContext
{
    private readonly Dictionary<string, string> _assemblies;
    private readonly Dictionary<string, string> _natives;
    private readonly Dictionary<string, ShippedFunction> _functions = new(StringComparer.Ordinal);

    public ApplicationContext(string name, IReadOnlyList<(CodeFile File, string Path)> files)
        : base(name, isCollectible: true)
    {
        _assemblies = files.Where(file => file.File.Assembly is not null).ToDictionary(file => file.File.Assembly!, file => file.Path, StringComparer.Ordinal);
        _natives = files.Where(file => file.File.Assembly is null).ToDictionary(file => file.File.Name, file => file.Path, StringComparer.Ordinal);

        // Of its own, for it holds on to the types that it has seen.
        SerializerOptions = new JsonSerializerOptions(ShippedFunction.DefaultSerializerOptions);
    }

    private JsonSerializerOptions SerializerOptions { get; }

    /// <summary>A function of the application, ready to be called. Each call of a lambda gets variables of its own.</summary>
    /// <param name="digest">Its name.</param>
    /// <param name="read">Reads its reference.</param>
    /// <exception cref="FunctionNotFoundException">It isn't there.</exception>
    public async Task<ShippedFunction> BindAsync(string digest, Func<Task<byte[]>> read)
    {
        lock (_functions)
        {
            if (_functions.TryGetValue(digest, out var known))
                return known;
        }

        var reference = FunctionReference.FromJson(await read().ConfigureAwait(false));
        var function = ShippedFunction.Bind(reference, SerializerOptions, LoadFromAssemblyName);
        if (reference.Captured.Count == 0)
        {
            lock (_functions)
                _functions.TryAdd(digest, function);
        }

        return function;
    }

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var name = assemblyName.Name!;
        if (!_assemblies.TryGetValue(name, out var path))
            return null;
        try
        {
            return Default.LoadFromAssemblyName(assemblyName);
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException)
        {
            // The worker doesn't have it, or an earlier version.
            return LoadFromAssemblyPath(path);
        }
    }

    protected override IntPtr LoadUnmanagedDll(string unmanagedDllName)
    {
        foreach (var candidate in (string[])[unmanagedDllName, $"lib{unmanagedDllName}.so", $"{unmanagedDllName}.so", $"{unmanagedDllName}.dll", $"lib{unmanagedDllName}.dylib"])
        {
            if (_natives.TryGetValue(candidate, out var path))
                return LoadUnmanagedDllFromPath(path);
        }

        return IntPtr.Zero;
    }
}
