namespace Dataplug.Core.Tests.Text;

/// <summary>The files in tests/data.</summary>
internal static class TestData
{
    public static string Folder { get; } = Find();

    public static byte[] Read(string path) => File.ReadAllBytes(Path.Combine(Folder, path));

    public static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Folder, folder)).Where(path => Path.GetExtension(path) != ".md").Order(StringComparer.Ordinal);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var data = Path.Combine(folder.FullName, "tests", "data");
            if (Directory.Exists(data))
                return data;
        }

        throw new DirectoryNotFoundException("There is no tests/data above " + AppContext.BaseDirectory);
    }
}
