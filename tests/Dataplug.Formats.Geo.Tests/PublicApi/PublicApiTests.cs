using Dataplug.Conformance;

namespace Dataplug.Formats.Geo.Tests.PublicApi;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_as_approved() =>
        ApprovedApi.Check(typeof(Las).Assembly, "tests/Dataplug.Formats.Geo.Tests/PublicApi/Dataplug.Formats.Geo.approved.txt");
}
