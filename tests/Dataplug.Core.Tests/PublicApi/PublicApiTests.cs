using Dataplug.Conformance.Servers;
using PublicApiGenerator;

namespace Dataplug.Core.Tests.PublicApi;

public sealed class PublicApiTests
{
    /// <summary>A change of surface is a visible line in review: run with DATAPLUG_APPROVE_API=1 and commit the file.</summary>
    [Fact]
    public void The_public_surface_is_as_approved()
    {
        var approvedPath = Path.Combine(Repository.Root, "tests", "Dataplug.Core.Tests", "PublicApi", "Dataplug.Core.approved.txt");
        var actual = typeof(CloudObject).Assembly.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("DATAPLUG_APPROVE_API") == "1")
            File.WriteAllText(approvedPath, actual);

        Assert.Equal(File.ReadAllText(approvedPath).ReplaceLineEndings("\n"), actual);
    }
}
