using Dataplug.Conformance;

namespace Dataplug.Lithops.Plots.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_as_approved() =>
        ApprovedApi.Check(typeof(JobPlots).Assembly, "tests/Dataplug.Lithops.Plots.Tests/PublicApi.approved.txt");
}
