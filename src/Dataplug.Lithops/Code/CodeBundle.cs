namespace Dataplug.Lithops.Code;

/// <summary>The files of an application that a worker needs. Named by the SHA-256 of its JSON.</summary>
internal sealed record CodeBundle
{
    /// <summary>The files, in the order of their names.</summary>
    public required IReadOnlyList<CodeFile> Files { get; init; }

    /// <summary>The builds of Dataplug's own assemblies that the application runs with; the worker has to have the same.</summary>
    public required IReadOnlyDictionary<string, Guid> Runtime { get; init; }

    /// <summary>The assemblies that client and worker share, and that no bundle replaces.</summary>
    public static IReadOnlyDictionary<string, Guid> ThisRuntime { get; } = new SortedDictionary<string, Guid>(StringComparer.Ordinal)
    {
        ["Dataplug.Core"] = typeof(DataplugException).Module.ModuleVersionId,
        ["Dataplug.Lithops"] = typeof(FunctionExecutor).Module.ModuleVersionId,
    };
}

/// <summary>One of them.</summary>
/// <param name="Name">Its name, without folders.</param>
/// <param name="Digest">The SHA-256 of its content.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Assembly">The assembly's simple name; null for a native library.</param>
internal sealed record CodeFile(string Name, string Digest, long Size, string? Assembly);
