using Dataplug.Conformance.Servers;

namespace Dataplug.Fuzz;

/// <summary>The inputs that mutations start from: a folder per <see cref="InputKind"/>, one input a file.</summary>
internal static class Corpus
{
    /// <summary>The corpus of the repository.</summary>
    public static string Folder => Path.Combine(Repository.Root, "tests", "Dataplug.Fuzz", "corpus");

    /// <summary>The name of a kind's folder.</summary>
    public static string FolderName(InputKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>The files of a kind, in order.</summary>
    public static IReadOnlyList<string> Files(string folder, InputKind kind)
    {
        var path = Path.Combine(folder, FolderName(kind));
        return Directory.Exists(path) ? [.. Directory.EnumerateFiles(path).Order(StringComparer.Ordinal)] : [];
    }
}
