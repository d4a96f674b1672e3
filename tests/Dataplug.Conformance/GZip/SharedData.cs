using Dataplug.Conformance.Servers;

namespace Dataplug.Conformance.GZip;

/// <summary>The large collection of real files that may lie beside the repository in <c>../shared/data</c>.</summary>
public static class SharedData
{
    internal const string Reason = "the collection of real files, ../shared/data, is not beside this repository";

    /// <summary>The folder; null where it is absent.</summary>
    public static string? Folder { get; } = Find();

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(Repository.Root); folder is not null; folder = folder.Parent)
        {
            var data = Path.Combine(folder.FullName, "shared", "data");
            if (File.Exists(Path.Combine(data, "MANIFEST.tsv")))
                return data;
        }

        return null;
    }
}

/// <summary>A test that needs <see cref="SharedData"/>, and is reported as skipped without it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute() => Skip = SharedData.Folder is null ? SharedData.Reason : null!;
}

/// <summary>Tests that need <see cref="SharedData"/>, and are reported as skipped without it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedDataTheoryAttribute : TheoryAttribute
{
    public SharedDataTheoryAttribute() => Skip = SharedData.Folder is null ? SharedData.Reason : null!;
}
