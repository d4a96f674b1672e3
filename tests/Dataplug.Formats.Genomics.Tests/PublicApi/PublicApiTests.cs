using Dataplug.Conformance;

namespace Dataplug.Formats.Genomics.Tests.PublicApi;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_as_approved() =>
        ApprovedApi.Check(typeof(Fastq).Assembly, "tests/Dataplug.Formats.Genomics.Tests/PublicApi/Dataplug.Formats.Genomics.approved.txt");
}
