using Dataplug.Conformance;

namespace Dataplug.Storage.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_as_approved() =>
        ApprovedApi.Check(typeof(RedisObjectStores).Assembly, "tests/Dataplug.Storage.Redis.Tests/PublicApi.approved.txt");
}
