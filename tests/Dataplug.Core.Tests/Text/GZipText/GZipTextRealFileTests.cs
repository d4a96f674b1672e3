using System.Security.Cryptography;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Text;

namespace Dataplug.Core.Tests.Text;

/// <summary>Real gzip files; the hashes are those of <c>gzip -dc | sha256sum</c>.</summary>
public sealed class GZipTextRealFileTests
{
    private static readonly GZipTextFormat Fine = GZipText.WithOptions(new GZipLineOptions { AccessPointSpacing = 1, MarkSpacing = 1 });

    [Theory]
    [InlineData("gzip/multi.gz", "dbea9325179efe46ea2add94f7b6b745ca983fabb208dc6d34aa064623d7ee23", 2, 2)]
    [InlineData("gzip/good-file.gz", "bc4e03658a441fe2ad2df7cd2197144b87e41696f01e327b380e869cd9b485a0", 1, 733)]
    [InlineData("gzip/file.txt.gz", "45578de3d50c9338f5d485802d708262bf6eb3e6207b541d79a0598012065394", 1, 2)]
    [InlineData("gzip/hello.gz", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", 1, 1)]
    [InlineData("gzip/bgziptest.txt.gz", "4891f856480a90e2f1132555cf4617fd07d1faec1c3b37df0b09c8b3b5ccb1ae", 6, 1)]
    [InlineData("gzip/ls_orchid.gbk.bgz", "c50c6fe01118824862788d57cfe2af5ca2a34c68a5ef2b801fbbc380e6872872", 5, 4657)]
    [InlineData("gzip/ls_orchid.gbk.gz", "c50c6fe01118824862788d57cfe2af5ca2a34c68a5ef2b801fbbc380e6872872", 1, 4657)]
    [InlineData("gzip/wnts.xml.bgz", "17e8c3d4978bb63bca8d93c227738f19ee050020a19c72af47c9609858d8e20d", 8, 7106)]
    public async Task Every_plan_puts_the_file_together_again(string path, string sha256, long members, long lines)
    {
        await using var file = await IndexedFile.CreateAsync(Fine, SampleFiles.Read(path));
        Assert.Equal((members, lines), (file.Index.Members, file.Index.Lines));
        foreach (var strategy in new[]
        {
            GZipTextPartition.IntoSlices(1),
            GZipTextPartition.IntoSlices(7),
            GZipTextPartition.ByLines(100),
            GZipTextPartition.ByLines(1000, LineRemainder.Merge),
            GZipTextPartition.ByBytes(10_000),
        })
        {
            var whole = new MemoryStream();
            foreach (var slice in file.Cut(strategy))
                whole.Write(await SliceBytes.ReadAsync(slice));
            Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(whole.ToArray())));
        }
    }
}
