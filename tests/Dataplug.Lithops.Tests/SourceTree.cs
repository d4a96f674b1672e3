namespace Dataplug.Lithops.Tests;

/// <summary>Finds files of the repository from where the tests were built to.</summary>
internal static class SourceTree
{
    public static string PathOf(string relative)
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Dataplug.sln")))
            directory = Path.GetDirectoryName(directory) ?? throw new FileNotFoundException("The tests don't run within the repository: no Dataplug.sln above " + AppContext.BaseDirectory);
        return Path.Combine(directory, relative);
    }
}
