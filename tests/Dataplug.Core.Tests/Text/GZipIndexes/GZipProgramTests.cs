using System.Globalization;
using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Conformance.Servers;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Core.Tests.Text;

/// <summary>Our indexes read by gztool, indexed_gzip and bgzip, and theirs by us.</summary>
public sealed class GZipProgramTests : IDisposable
{
    private static readonly byte[] Content = NumberedLines.Make(200_000, seed: 21);

    // Points about every 300 kB and inside of members, so that there are windows to get wrong.
    private static readonly GZipTextFormat Format = GZipText.WithOptions(new GZipLineOptions { AccessPointSpacing = 300_000, MarkSpacing = 100_000 });

    // Prints the parts of the content that are asked for (offset and length in turn), through an imported index.
    private const string ReadParts = """
        import indexed_gzip, sys
        f = indexed_gzip.IndexedGzipFile(sys.argv[1], index_file=sys.argv[2])
        numbers = [int(n) for n in sys.argv[3:]]
        for offset, length in zip(numbers[::2], numbers[1::2]):
            f.seek(offset)
            sys.stdout.buffer.write(f.read(length))
        """;

    private const string MakeIndex = """
        import indexed_gzip, sys
        f = indexed_gzip.IndexedGzipFile(sys.argv[1], spacing=int(sys.argv[3]))
        f.build_full_index()
        f.export_index(sys.argv[2])
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-programs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<GZipLayout> Layouts { get; } = [GZipLayout.OneMember, GZipLayout.Smallest, GZipLayout.Stored, GZipLayout.Bgzf, GZipLayout.EmptyMembers, GZipLayout.Flushed];

    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task Gztool_reads_the_right_bytes_and_lines_by_our_index(GZipLayout layout)
    {
        var programs = await InstalledPrograms.GZip;
        var (path, source) = await IndexAsync(layout);
        var index = await ExportAsync(source, GZipIndexKind.Gztool);

        var list = Encoding.UTF8.GetString(await programs.RunAsync("bash", "-c", $"gztool -ll -I '{index}' '{path}' 2>&1"));
        Assert.Contains("Size of index file (v1)", list, StringComparison.Ordinal);
        Assert.Contains($"({Content.Length} Bytes)", list, StringComparison.Ordinal);
        Assert.Contains("Number of lines          : 200000 ", list, StringComparison.Ordinal);
        Assert.True(list.Split(" / ").Length > 4, list);

        foreach (var (offset, length) in Parts(12, 300_000))
        {
            var bytes = await programs.RunAsync("gztool", "-v", "0", "-W", "-I", index, "-b", Text(offset), "-r", Text(length), path);
            Assert.True(Content.AsSpan(offset, length).SequenceEqual(bytes), $"{length} bytes at {offset}");
        }

        foreach (var line in new[] { 0, 1, 77_777, 123_456, 199_990 })
        {
            var lines = await programs.RunAsync("gztool", "-v", "0", "-W", "-I", index, "-L", Text(line + 1), "-R", "10", path);
            Assert.Equal(NumberedLines.Between(Content, line, line + 10), lines);
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task Indexed_gzip_reads_the_right_bytes_by_our_index(GZipLayout layout)
    {
        var programs = await InstalledPrograms.GZip;
        var (path, source) = await IndexAsync(layout);
        var index = await ExportAsync(source, GZipIndexKind.IndexedGzip);
        (int Offset, int Length)[] parts = [.. Parts(40, 400_000), (0, 10), (Content.Length - 5, 5)];

        var bytes = await programs.RunAsync("/usr/bin/python3", ["-c", ReadParts, path, index, .. parts.SelectMany(part => new[] { Text(part.Offset), Text(part.Length) })]);
        Assert.True(parts.SelectMany(part => Content[part.Offset..(part.Offset + part.Length)]).SequenceEqual(bytes));
    }

    [Fact]
    public async Task Bgzip_makes_the_same_index_and_reads_the_right_bytes_by_ours()
    {
        var programs = await InstalledPrograms.GZip;

        // An end-of-file block in the middle too.
        var stored = GZipSamples.Compress(Content.AsSpan(0, 3_000_000), GZipLayout.Bgzf).Concat(GZipSamples.Compress(Content.AsSpan(3_000_000), GZipLayout.Bgzf)).ToArray();
        var (path, source) = await IndexAsync(stored);
        var index = await ExportAsync(source, GZipIndexKind.Bgzip);
        await programs.RunAsync("bgzip", "-r", "-I", path + ".theirs", path);
        Assert.Equal(await File.ReadAllBytesAsync(path + ".theirs"), await File.ReadAllBytesAsync(index));

        foreach (var (offset, length) in Parts(10, 300_000))
        {
            var bytes = await programs.RunAsync("bgzip", "-c", "-b", Text(offset), "-s", Text(length), "-I", index, path);
            Assert.True(Content.AsSpan(offset, length).SequenceEqual(bytes), $"{length} bytes at {offset}");
        }

        var (_, plain) = await IndexAsync(GZipLayout.OneMember);
        await Assert.ThrowsAsync<UnsupportedFormatException>(() => ExportAsync(plain, GZipIndexKind.Bgzip));
    }

    [Theory]
    [InlineData(GZipLayout.OneMember, "-x", false)]
    [InlineData(GZipLayout.OneMember, "-x", true)]
    [InlineData(GZipLayout.OneMember, "-z", false)]
    [InlineData(GZipLayout.OneMember, "-X", false)]
    [InlineData(GZipLayout.Bgzf, "-x", false)]
    [InlineData(GZipLayout.Bgzf, "-x", true)]
    [InlineData(GZipLayout.EmptyMembers, "-x", false)]
    [InlineData(GZipLayout.EmptyMembers, "-z", true)]
    [InlineData(GZipLayout.Smallest, "-x", true)]
    public async Task Indexes_of_gztool_are_imported(GZipLayout layout, string lines, bool verify)
    {
        var programs = await InstalledPrograms.GZip;
        var path = Write(GZipSamples.Compress(Content, layout));
        await programs.RunAsync("gztool", "-v", "0", "-i", lines, "-s", "1", "-I", path + ".gzi", path);

        var index = await ImportAsync(path, path + ".gzi", new GZipImportOptions { Verify = verify }, expectWhole: verify || lines != "-x");
        Assert.Equal("gztool", index.ImportedFrom);
        Assert.InRange(index.LineIndex.AccessPointCount, 5, 1000);
        Assert.Equal(verify || lines != "-x", index.Attributes.GetProperty("verified").GetBoolean());
    }

    [Fact]
    public async Task The_last_line_of_a_text_need_not_end()
    {
        var programs = await InstalledPrograms.GZip;
        var content = Content[..^1];
        var path = Write(GZipSamples.Compress(content, GZipLayout.OneMember));
        await programs.RunAsync("gztool", "-v", "0", "-i", "-x", "-s", "1", "-I", path + ".gzi", path);
        var index = await ImportAsync(path, path + ".gzi", new GZipImportOptions(), expectWhole: false, content);
        Assert.Equal(200_000, index.Lines);
        Assert.False(index.Attributes.GetProperty("endsWithLineFeed").GetBoolean());
    }

    [Theory]
    [InlineData(GZipLayout.OneMember)]
    [InlineData(GZipLayout.Bgzf)]
    [InlineData(GZipLayout.EmptyMembers)]
    [InlineData(GZipLayout.Flushed)]
    public async Task Indexes_of_indexed_gzip_are_imported(GZipLayout layout)
    {
        var programs = await InstalledPrograms.GZip;
        var path = Write(GZipSamples.Compress(Content, layout));
        await programs.RunAsync("/usr/bin/python3", "-c", MakeIndex, path, path + ".gzidx", "300000");

        var index = await ImportAsync(path, path + ".gzidx", new GZipImportOptions { Workers = 3 }, expectWhole: true);
        Assert.Equal("gzidx", index.ImportedFrom);
        Assert.InRange(index.LineIndex.AccessPointCount, 5, 1000);
        Assert.True(index.Members > 0);
    }

    [Fact]
    public async Task Indexes_of_bgzip_are_imported_and_give_the_places_that_preprocessing_gives()
    {
        var programs = await InstalledPrograms.GZip;
        var path = Write(Content, "plain.txt");
        await programs.RunAsync("bgzip", "-k", "-i", path);

        var index = await ImportAsync(path + ".gz", path + ".gz.gzi", new GZipImportOptions { Kind = GZipIndexKind.Bgzip }, expectWhole: true);
        Assert.Equal("gzi", index.ImportedFrom);

        var own = CloudObject.FromFile(GZipText.Format, path + ".gz", Options());
        await own.PreprocessAsync(new PreprocessOptions { Force = true });
        var expected = (await own.GetIndexAsync()).LineIndex;
        Assert.Equal(
            Enumerable.Range(0, expected.AccessPointCount).Select(expected.AccessPoint),
            Enumerable.Range(0, index.LineIndex.AccessPointCount).Select(index.LineIndex.AccessPoint));
        Assert.Equal((expected.MarkCount, expected.Lines, expected.ContentSize), (index.LineIndex.MarkCount, index.Lines, index.UncompressedSize));
    }

    [Theory]
    [InlineData("gzidx", GZipLayout.OneMember)]
    [InlineData("gzidx", GZipLayout.EmptyMembers)]
    [InlineData("gztool", GZipLayout.OneMember)]
    [InlineData("gzi", GZipLayout.Bgzf)]
    public async Task Any_of_their_indexes_makes_the_content_seekable_at_once(string kind, GZipLayout layout)
    {
        var programs = await InstalledPrograms.GZip;
        var path = Write(GZipSamples.Compress(Content, layout));
        var index = path + "." + kind;
        _ = kind switch
        {
            "gzidx" => await programs.RunAsync("/usr/bin/python3", "-c", MakeIndex, path, index, "300000"),
            "gzi" => await programs.RunAsync("bgzip", "-r", "-I", index, path),
            _ => await programs.RunAsync("gztool", "-v", "0", "-i", "-z", "-s", "1", "-I", index, path),
        };
        var requests = new RecordingObjectStore(new FileStore());
        await using var stores = new ObjectStores().Register("file", () => requests);
        await using var file = File.OpenRead(index);
        await using var stream = await GZipObjectStream.OpenAsync(ObjectUri.ForFile(path), file, index, stores);
        Assert.Equal(Content.Length, stream.Length);
        Assert.InRange(requests.Reads.Sum(read => read.Range.Length), 1, new FileInfo(path).Length / 2);
        foreach (var (offset, length) in Parts(15, 200_000))
        {
            var bytes = new byte[length];
            stream.Position = offset;
            await stream.ReadExactlyAsync(bytes);
            Assert.True(Content.AsSpan(offset, length).SequenceEqual(bytes), $"{length} bytes at {offset}");
        }

        var other = Write(GZipSamples.Compress(NumberedLines.Make(200_000, seed: 22), layout), "other.gz");
        file.Position = 0;
        await Assert.ThrowsAsync<CorruptIndexException>(() => GZipObjectStream.OpenAsync(ObjectUri.ForFile(other), file, index, stores));
    }

    private async Task<GZipTextIndex> ImportAsync(string path, string foreign, GZipImportOptions options, bool expectWhole, byte[]? content = null)
    {
        content ??= Content;
        var requests = new RecordingObjectStore(new FileStore());
        await using var stores = new ObjectStores().Register("file", () => requests);
        var source = CloudObject.FromFile(GZipText.Format, path, Options() with { Stores = stores });
        await using (var stream = File.OpenRead(foreign))
            Assert.Equal(PreprocessOutcome.Indexed, (await GZipIndexFile.ImportAsync(source, stream, foreign, options)).Outcome);
        var fetched = requests.Reads.Where(read => read.Uri == source.Uri).Sum(read => read.Range.Length);
        var size = new FileInfo(path).Length;
        Assert.True(expectWhole ? fetched >= size : fetched < size / 2, $"{fetched} of {size} bytes were read");

        var index = await source.GetIndexAsync();
        Assert.Equal((200_000, content.Length), (index.Lines, index.UncompressedSize));
        var pieces = new MemoryStream();
        foreach (var slice in await source.PartitionAsync(GZipTextPartition.ByLines(7_001)))
            pieces.Write(await SliceBytes.ReadAsync(slice));
        Assert.True(content.AsSpan().SequenceEqual(pieces.ToArray()));

        // One after the other in the other direction, so that each begins at its own access point.
        foreach (var slice in (await source.PartitionAsync(GZipTextPartition.IntoSlices(29))).Reverse())
            Assert.Equal(NumberedLines.Between(content, slice.Lines.FirstLine, slice.Lines.FirstLine + slice.Lines.LineCount), await SliceBytes.ReadAsync(slice));

        await using var seekable = new GZipObjectStream(index, stores);
        foreach (var (offset, length) in Parts(10, 200_000))
        {
            var bytes = new byte[Math.Min(length, content.Length - offset)];
            seekable.Position = offset;
            await seekable.ReadExactlyAsync(bytes);
            Assert.True(content.AsSpan(offset, bytes.Length).SequenceEqual(bytes));
        }

        return index;
    }

    private static (int Offset, int Length)[] Parts(int count, int longest)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(Content.Length)).Select(offset => (offset, Math.Min(random.Next(longest) + 1, Content.Length - offset)))];
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private CloudObjectOptions Options() => new() { Metadata = new MetadataOptions { Home = Path.Combine(_folder, "home") } };

    private string Write(byte[] bytes, string name = "text.txt.gz")
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private Task<(string Path, CloudObject<GZipTextIndex> Source)> IndexAsync(GZipLayout layout) => IndexAsync(GZipSamples.Compress(Content, layout));

    private async Task<(string Path, CloudObject<GZipTextIndex> Source)> IndexAsync(byte[] stored)
    {
        var path = Write(stored);
        var source = CloudObject.FromFile(Format, path, Options());
        await source.PreprocessAsync();
        return (path, source);
    }

    private async Task<string> ExportAsync(CloudObject source, GZipIndexKind kind)
    {
        var path = Path.Combine(_folder, "exported." + GZipIndexFile.NameOf(kind));
        await using var file = File.Create(path);
        await GZipIndexFile.ExportAsync(source, kind, file);
        return path;
    }
}
