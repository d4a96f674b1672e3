using System.Buffers.Binary;
using Dataplug.Conformance.GZip;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Text;

namespace Dataplug.Core.Tests.Text;

/// <summary>Indexes in the formats of other programs, good and hostile; without the programs themselves.</summary>
public sealed class GZipIndexFileTests : IDisposable
{
    private const int HeaderLength = 36;

    private static readonly byte[] Content = NumberedLines.Make(100_000, seed: 31);
    private static readonly GZipTextFormat Format = GZipText.WithOptions(new GZipLineOptions { AccessPointSpacing = 400_000, MarkSpacing = 100_000 });

    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-index-file-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(GZipIndexKind.Gztool, GZipLayout.OneMember)]
    [InlineData(GZipIndexKind.IndexedGzip, GZipLayout.OneMember)]
    [InlineData(GZipIndexKind.Gztool, GZipLayout.Bgzf)]
    [InlineData(GZipIndexKind.IndexedGzip, GZipLayout.EmptyMembers)]
    [InlineData(GZipIndexKind.Bgzip, GZipLayout.Bgzf)]
    public async Task An_exported_index_is_imported_again_with_all_its_points(GZipIndexKind kind, GZipLayout layout)
    {
        var source = await IndexedAsync(layout);
        var exported = await ExportAsync(source, kind);
        var report = await ImportAsync(source.Uri.Key, exported, new GZipImportOptions { Force = true, Verify = true });
        Assert.Equal(PreprocessOutcome.Indexed, report.Outcome);
        var index = await CloudObject.FromFile(GZipText.Format, source.Uri.Key, Options()).GetIndexAsync();
        Assert.Equal((GZipIndexFile.NameOf(kind), 100_000, Content.Length), (index.ImportedFrom, index.Lines, index.UncompressedSize));

        var points = 0;
        var reader = await GZipIndexReader.OpenAsync(new MemoryStream(exported), "the.index", null, CancellationToken.None);
        await foreach (var point in reader.ReadPointsAsync(report.Source.Size, CancellationToken.None))
        {
            var own = index.LineIndex.AccessPointBefore(point.ContentOffset);
            var lineFeeds = Content.AsSpan(0, (int)point.ContentOffset).Count((byte)'\n');
            Assert.Equal((point.ContentOffset, lineFeeds), (own.ContentOffset, own.LineFeeds));
            Assert.Equal(point.LineFeeds ?? lineFeeds, own.LineFeeds);
            points++;
        }

        Assert.InRange(points, 2, index.LineIndex.AccessPointCount);
    }

    [Fact]
    public async Task Workers_do_not_change_what_is_imported()
    {
        var source = await IndexedAsync(GZipLayout.OneMember);
        var index = await ExportAsync(source, GZipIndexKind.IndexedGzip);
        var sidecars = new List<byte[]>();
        foreach (var workers in new[] { 1, 2, 7 })
        {
            var report = await ImportAsync(source.Uri.Key, index, new GZipImportOptions { Force = true, Workers = workers });
            sidecars.Add(await File.ReadAllBytesAsync(report.Sidecar.Key));
        }

        Assert.Equal(sidecars[0], sidecars[1]);
        Assert.Equal(sidecars[0], sidecars[2]);
    }

    [Fact]
    public async Task A_good_index_is_not_replaced_unless_asked()
    {
        var source = await IndexedAsync(GZipLayout.OneMember);
        var index = await ExportAsync(source, GZipIndexKind.Gztool);
        Assert.Equal(PreprocessOutcome.Indexed, (await ImportAsync(source.Uri.Key, index, new GZipImportOptions { Force = true })).Outcome);
        Assert.Equal(PreprocessOutcome.AlreadyIndexed, (await ImportAsync(source.Uri.Key, index, new GZipImportOptions())).Outcome);
    }

    [Theory]
    [InlineData(GZipIndexKind.Gztool)]
    [InlineData(GZipIndexKind.IndexedGzip)]
    [InlineData(GZipIndexKind.Bgzip)]
    public async Task An_index_of_another_object_is_refused(GZipIndexKind kind)
    {
        var layout = kind == GZipIndexKind.Bgzip ? GZipLayout.Bgzf : GZipLayout.OneMember;
        var index = await ExportAsync(await IndexedAsync(layout), kind);
        var other = Path.Combine(_folder, "other.txt.gz");
        await File.WriteAllBytesAsync(other, GZipSamples.Compress(NumberedLines.Make(100_000, seed: 32), layout));
        var failure = await Assert.ThrowsAsync<CorruptIndexException>(() => ImportAsync(other, index));
        Assert.Contains("the.index", failure.Message, StringComparison.Ordinal);

        // Nothing is left behind that a good import would stumble over.
        await Assert.ThrowsAsync<NotPreprocessedException>(() => CloudObject.FromFile(GZipText.Format, other, Options()).GetIndexAsync());
    }

    [Theory]
    [InlineData(GZipIndexKind.Gztool)]
    [InlineData(GZipIndexKind.IndexedGzip)]
    [InlineData(GZipIndexKind.Bgzip)]
    public async Task Damaged_indexes_end_in_typed_exceptions_and_never_in_wrong_lines(GZipIndexKind kind)
    {
        var source = await IndexedAsync(kind == GZipIndexKind.Bgzip ? GZipLayout.Bgzf : GZipLayout.OneMember);
        var good = await ExportAsync(source, kind);
        const int Seed = 991;
        var random = new Random(Seed);
        var refused = 0;
        for (var i = 0; i < 60; i++)
        {
            var bad = (byte[])good.Clone();
            switch (i % 3)
            {
                case 0: bad = bad[..random.Next(bad.Length)]; break;
                case 1: bad[random.Next(Math.Min(bad.Length, 120))] ^= (byte)(1 << random.Next(8)); break;
                default:
                    for (var j = 0; j < 20; j++)
                        bad[random.Next(bad.Length)] = (byte)random.Next(256);
                    break;
            }

            try
            {
                await ImportAsync(source.Uri.Key, bad, new GZipImportOptions { Force = true, Verify = true });
                var index = await CloudObject.FromFile(GZipText.Format, source.Uri.Key, Options()).GetIndexAsync();
                Assert.Equal((100_000, Content.Length), (index.Lines, index.UncompressedSize));
                await using var stream = new GZipObjectStream(index);
                var tail = new byte[2_000];
                stream.Position = Content.Length / 2;
                await stream.ReadExactlyAsync(tail);
                Assert.True(Content.AsSpan(Content.Length / 2, 2_000).SequenceEqual(tail), $"case {i}, seed {Seed}");
            }
            catch (DataplugException failure)
            {
                Assert.True(failure is CorruptIndexException or UnsupportedFormatException or CorruptObjectException, $"case {i}, seed {Seed}: {failure}");
                refused++;
            }
        }

        Assert.True(refused > 25, $"only {refused} were refused");
    }

    [Theory]
    [InlineData(20, 0xFFFF_FFFF_FFFF_FFFF)] // a count that can't be
    [InlineData(28, 3UL)] // not completed
    [InlineData(HeaderLength, 5UL)] // the first point is not the start
    public async Task Senseless_numbers_of_gztool_are_refused(int offset, ulong value)
    {
        var source = await IndexedAsync(GZipLayout.OneMember);
        var index = await ExportAsync(source, GZipIndexKind.Gztool);
        BinaryPrimitives.WriteUInt64BigEndian(index.AsSpan(offset), value);
        await Assert.ThrowsAsync<CorruptIndexException>(() => ImportAsync(source.Uri.Key, index, new GZipImportOptions { Force = true }));
    }

    [Fact]
    public async Task A_wrong_line_number_is_found_when_asked_to_verify()
    {
        var source = await IndexedAsync(GZipLayout.OneMember);
        var index = await ExportAsync(source, GZipIndexKind.Gztool);

        // The third point of it: past two points, each with its window.
        var at = HeaderLength;
        for (var i = 0; i < 2; i++)
            at += 32 + BinaryPrimitives.ReadInt32BigEndian(index.AsSpan(at + 20));
        var line = index.AsSpan(at + 24 + BinaryPrimitives.ReadInt32BigEndian(index.AsSpan(at + 20)));
        BinaryPrimitives.WriteInt64BigEndian(line, BinaryPrimitives.ReadInt64BigEndian(line) + 1);
        var failure = await Assert.ThrowsAsync<CorruptIndexException>(() => ImportAsync(source.Uri.Key, index, new GZipImportOptions { Force = true, Verify = true }));
        Assert.Contains("lines end before", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kind_that_was_asked_for_must_be_the_one_that_is_there()
    {
        var source = await IndexedAsync(GZipLayout.OneMember);
        var index = await ExportAsync(source, GZipIndexKind.Gztool);
        await Assert.ThrowsAsync<UnsupportedFormatException>(() => ImportAsync(source.Uri.Key, index, new GZipImportOptions { Force = true, Kind = GZipIndexKind.IndexedGzip }));
        await Assert.ThrowsAsync<UnsupportedFormatException>(() => ImportAsync(source.Uri.Key, "no index at all, a text"u8.ToArray(), new GZipImportOptions { Force = true }));
        await Assert.ThrowsAsync<UnsupportedFormatException>(() => ImportAsync(source.Uri.Key, [], new GZipImportOptions { Force = true }));
    }

    [Fact]
    public async Task An_object_that_is_not_in_gzip_has_nothing_to_export()
    {
        var path = Path.Combine(_folder, "plain.txt");
        await File.WriteAllBytesAsync(path, Content);
        var plain = CloudObject.FromFile(global::Dataplug.Text.RawText.Format, path, Options());
        await plain.PreprocessAsync();
        await Assert.ThrowsAsync<UnsupportedFormatException>(() => GZipIndexFile.ExportAsync(plain, GZipIndexKind.Gztool, Stream.Null));
        await Assert.ThrowsAsync<UnsupportedFormatException>(() => GZipObjectStream.OpenAsync(plain));
    }

    private CloudObjectOptions Options() => new() { Metadata = new MetadataOptions { Home = Path.Combine(_folder, "home") } };

    private async Task<CloudObject> IndexedAsync(GZipLayout layout)
    {
        var path = Path.Combine(_folder, $"{layout}.txt.gz");
        await File.WriteAllBytesAsync(path, GZipSamples.Compress(Content, layout));
        var source = CloudObject.FromFile(Format, path, Options());
        await source.PreprocessAsync();
        return source;
    }

    private static async Task<byte[]> ExportAsync(CloudObject source, GZipIndexKind kind)
    {
        var index = new MemoryStream();
        await GZipIndexFile.ExportAsync(source, kind, index);
        return index.ToArray();
    }

    private Task<PreprocessReport> ImportAsync(string path, byte[] index, GZipImportOptions? options = null) =>
        GZipIndexFile.ImportAsync(CloudObject.FromFile(GZipText.Format, path, Options()), new MemoryStream(index), "the.index", options);
}
