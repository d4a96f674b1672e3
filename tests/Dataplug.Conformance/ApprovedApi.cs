using System.Reflection;
using Dataplug.Conformance.Servers;
using PublicApiGenerator;

namespace Dataplug.Conformance;

/// <summary>Holds the public surface of a library to a file, so that a change of surface is a visible line in review.</summary>
public static class ApprovedApi
{
    /// <summary>Compares; with <c>DATAPLUG_APPROVE_API=1</c> writes the file first, to be committed.</summary>
    /// <param name="library">The library.</param>
    /// <param name="path">The file, from the repository's root.</param>
    public static void Check(Assembly library, string path)
    {
        var approved = Path.Combine(Repository.Root, path);
        var actual = library.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("DATAPLUG_APPROVE_API") == "1")
            File.WriteAllText(approved, actual);

        Assert.Equal(File.ReadAllText(approved).ReplaceLineEndings("\n"), actual);
    }
}
