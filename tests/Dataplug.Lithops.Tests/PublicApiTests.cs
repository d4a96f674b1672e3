using Dataplug.Conformance;

namespace Dataplug.Lithops.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_as_approved() =>
        ApprovedApi.Check(typeof(FunctionExecutor).Assembly, "tests/Dataplug.Lithops.Tests/PublicApi.approved.txt");
}
