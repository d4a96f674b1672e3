using Dataplug.Conformance;

namespace Dataplug.Formats.Imzml.Tests.PublicApi;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_as_approved() =>
        ApprovedApi.Check(typeof(Imzml).Assembly, "tests/Dataplug.Formats.Imzml.Tests/PublicApi/Dataplug.Formats.Imzml.approved.txt");
}
