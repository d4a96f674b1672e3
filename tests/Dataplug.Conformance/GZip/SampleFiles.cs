namespace Dataplug.Conformance.GZip;

/// <summary>Real files: those in tests/data, and more of them where a folder ../shared/data lies beside the repository.</summary>
public static class SampleFiles
{
    private static readonly DirectoryInfo Repository = FindRepository();

    /// <summary>A file of tests/data.</summary>
    public static byte[] Read(string path) => File.ReadAllBytes(Path.Combine(Repository.FullName, "tests", "data", path));

    /// <summary>A file that is too large for tests/data; null, and a note on the console, where it is absent.</summary>
    public static byte[]? TryReadShared(string path)
    {
        for (var folder = Repository; folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, "shared", "data", path);
            if (File.Exists(file))
                return File.ReadAllBytes(file);
        }

        Console.WriteLine($"Not run: the real file shared/data/{path} is absent.");
        return null;
    }

    private static DirectoryInfo FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Dataplug.sln")))
                return folder;
        }

        throw new DirectoryNotFoundException("There is no Dataplug.sln above " + AppContext.BaseDirectory);
    }
}
