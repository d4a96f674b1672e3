using Dataplug.Compression;

namespace Dataplug.Core.Tests.Compression;

public sealed class DeflateSamplesTests
{
    public static TheoryData<DeflateKind> Kinds => [.. Enum.GetValues<DeflateKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_kind_unfolds_to_its_content_by_the_reference_by_zlib_and_by_us(DeflateKind kind)
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            var data = GzipObjects.Data(random, 60_000);
            var deflate = DeflateSamples.Compress(data, kind, random);

            Assert.Equal(data, ReferenceInflater.Inflate(deflate));
            var gzip = GzipObjects.Member(deflate, data);
            Assert.Equal(data, GZipSamples.Decompress(gzip));
            Assert.Equal(data, (await GzipRecording.OfAsync(gzip, new GzipScanOptions { MarkSpacing = 1, AccessPointSpacing = 1 })).Output);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes() =>
        Assert.Equal(DeflateSamples.Compress("ACGTACGTACGT"u8, DeflateKind.Dynamic, new Random(7)), DeflateSamples.Compress("ACGTACGTACGT"u8, DeflateKind.Dynamic, new Random(7)));
}
