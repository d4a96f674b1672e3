using Dataplug.Conformance.Servers;

namespace Dataplug.Conformance.GZip;

/// <summary>The real files in tests/data.</summary>
public static class SampleFiles
{
    /// <summary>A file of tests/data.</summary>
    public static byte[] Read(string path) => File.ReadAllBytes(Path.Combine(Repository.Root, "tests", "data", path));
}
