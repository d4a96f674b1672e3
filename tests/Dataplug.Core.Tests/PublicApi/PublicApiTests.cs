using Dataplug.Conformance;

namespace Dataplug.Core.Tests.PublicApi;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_as_approved() =>
        ApprovedApi.Check(typeof(CloudObject).Assembly, "tests/Dataplug.Core.Tests/PublicApi/Dataplug.Core.approved.txt");
}
