using Dataplug.Conformance.Servers;

namespace Dataplug.Conformance.GZip;

/// <summary>The real files in tests/data.</summary>
public static class SampleFiles
{
    /// <summary>A file of tests/data.</summary>
    public static byte[] Read(string path) => File.ReadAllBytes(Path.Combine(Repository.Root, "tests", "data", path));

    /// <summary>The paths of the files in a folder of tests/data, in order.</summary>
    public static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", "data", folder)).Where(path => Path.GetExtension(path) != ".md").Order(StringComparer.Ordinal);
}
