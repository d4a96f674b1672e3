namespace Dataplug.Conformance.Servers;

/// <summary>Where the sources that the tests run from lie.</summary>
public static class Repository
{
    /// <summary>The folder of <c>Dataplug.sln</c>.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Dataplug.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"Dataplug.sln is nowhere above {AppContext.BaseDirectory}; the tests run from the source tree.");
    }
}
