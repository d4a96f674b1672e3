using Dataplug.Metadata;
using Dataplug.Storage;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Metadata;

public sealed class SidecarPlaceTests
{
    private static readonly MetadataOptions Home = new() { Home = "/home/someone/dataplug" };

    [Theory]
    [InlineData("s3://genomics/run 1/SRR.fastq.gz", "s3://genomics.meta/run 1/SRR.fastq.gz.fastq-gzip.dpi")]
    [InlineData("mem://genomics/a", "mem://genomics.meta/a.fastq-gzip.dpi")]
    public void The_meta_bucket_is_named_after_the_objects_own(string source, string expected)
    {
        var place = Of(source, Home with { UseMetaBucket = true });
        Assert.Equal(expected, place.Uri.Value);
        Assert.True(place.IsShared);
    }

    [Theory]
    [InlineData("s3://meta/", "s3://genomics/a/b.gz", "s3://meta/s3/genomics/a/b.gz.fastq-gzip.dpi")]
    [InlineData("s3://meta/team", "s3://genomics/a/b.gz", "s3://meta/team/s3/genomics/a/b.gz.fastq-gzip.dpi")]
    [InlineData("s3://meta/", "/data/b.gz", "s3://meta/file/data/b.gz.fastq-gzip.dpi")]
    [InlineData("s3://meta/", "https://host:8080/b.gz?X-Amz-Signature=x", "s3://meta/https/host:8080/b.gz.fastq-gzip.dpi")]
    [InlineData("/meta", "s3://genomics/a/b.gz", "file:///meta/s3/genomics/a/b.gz.fastq-gzip.dpi")]
    [InlineData("/meta", "s3://genomics/../../etc//./x%", "file:///meta/s3/genomics/%252E%252E/%252E%252E/etc/%25/%252E/x%2525.fastq-gzip.dpi")]
    public void A_shared_location_keeps_objects_of_all_places_apart(string location, string source, string expected)
    {
        var place = Of(source, Home with { Location = ObjectUri.Parse(location), UseMetaBucket = true });
        Assert.Equal(expected, place.Uri.Value);
        Assert.True(place.IsShared);
        Assert.Equal(expected + ".lease", place.Lease.Value);
    }

    [Theory]
    [InlineData("s3://genomics/run 1/SRR.fastq.gz", "SRR.fastq.gz")]
    [InlineData("https://host/näh.gz?sig=x", "n_")]
    [InlineData("s3://b/dir/", "object")]
    [InlineData("s3://b/.hidden", "_hidden")]
    public void In_the_home_folder_names_are_readable_and_told_apart_by_a_digest(string source, string beginning)
    {
        var place = Of(source, Home);
        Assert.False(place.IsShared);
        Assert.StartsWith("/home/someone/dataplug/indexes/" + beginning, place.Uri.Key, StringComparison.Ordinal);
        Assert.EndsWith(".fastq-gzip.dpi", place.Uri.Key, StringComparison.Ordinal);
    }

    [Fact]
    public void Objects_without_a_bucket_keep_their_index_at_home() =>
        Assert.False(Of("/data/x.gz", Home with { UseMetaBucket = true }).IsShared);

    [Fact]
    public void A_web_server_can_not_hold_indexes() =>
        Assert.Throws<InvalidUriException>(() => Of("s3://b/k", Home with { Location = ObjectUri.Parse("https://host/meta/") }));

    [Property(MaxTest = 300)]
    public void Two_objects_never_share_a_place(string first, string second)
    {
        foreach (var options in (MetadataOptions[])[Home, Home with { UseMetaBucket = true }, Home with { Location = ObjectUri.Parse("s3://m/") }, Home with { Location = ObjectUri.Parse("/m") }])
        {
            var a = SidecarPlace.Of(SourceName.Of(ObjectUri.ForS3("b", Clean(first))), "f", options);
            var b = SidecarPlace.Of(SourceName.Of(ObjectUri.ForS3("b", Clean(second))), "f", options);
            Assert.Equal(Clean(first) == Clean(second), a.Uri == b.Uri);
            if (options.Location is { Scheme: "file" })
                Assert.StartsWith("/m/s3/b/", a.Uri.Key, StringComparison.Ordinal);
        }

        static string Clean(string? text) => (text ?? "").Replace("\0", "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(300, 1)]
    [InlineData(200, 5)]
    [InlineData(100, 10)]
    public void Long_names_stay_within_the_limits_of_file_systems_and_S3(int segment, int segments)
    {
        var key = string.Join('/', Enumerable.Repeat(new string('é', segment / 2), segments));
        foreach (var options in (MetadataOptions[])[Home, Home with { UseMetaBucket = true }, Home with { Location = ObjectUri.Parse("s3://m/") }])
        {
            var place = SidecarPlace.Of(SourceName.Of(ObjectUri.ForS3("b", key)), "fastq-gzip", options);
            Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(place.Lease.Key), 1, 1024);
            Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(place.Lease.Name), 1, 255);
            var other = SidecarPlace.Of(SourceName.Of(ObjectUri.ForS3("b", key + "x")), "fastq-gzip", options);
            Assert.NotEqual(place.Uri, other.Uri);
        }
    }

    [Fact]
    public void The_home_folder_is_that_of_the_options_the_environment_or_the_user()
    {
        var before = Environment.GetEnvironmentVariable(DataplugHome.Variable);
        try
        {
            Environment.SetEnvironmentVariable(DataplugHome.Variable, "/from/environment");
            Assert.Equal("/from/options", DataplugHome.Of(new MetadataOptions { Home = "/from/options" }).Path);
            Assert.Equal("/from/environment", DataplugHome.Of(new MetadataOptions()).Path);
            Environment.SetEnvironmentVariable(DataplugHome.Variable, null);
            Assert.EndsWith("/dataplug", DataplugHome.Of(new MetadataOptions()).Path, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable(DataplugHome.Variable, before);
        }
    }

    private static SidecarPlace Of(string source, MetadataOptions options) => SidecarPlace.Of(SourceName.Of(ObjectUri.Parse(source)), "fastq-gzip", options);
}
