using Dataplug.Conformance;

namespace Dataplug.Storage.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_as_approved() =>
        ApprovedApi.Check(typeof(AzureObjectStores).Assembly, "tests/Dataplug.Storage.Azure.Tests/PublicApi.approved.txt");
}
