using PublicApiGenerator;

namespace Dataplug.Lithops.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_as_approved()
    {
        var approvedPath = SourceTree.PathOf("tests/Dataplug.Lithops.Tests/PublicApi.approved.txt");
        var actual = typeof(FunctionExecutor).Assembly.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("DATAPLUG_APPROVE_API") == "1")
            File.WriteAllText(approvedPath, actual);

        Assert.Equal(File.ReadAllText(approvedPath).ReplaceLineEndings("\n"), actual);
    }
}
