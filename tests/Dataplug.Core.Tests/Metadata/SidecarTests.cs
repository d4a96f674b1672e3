using System.Text;
using System.Text.Json;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;
using Dataplug.Metadata;
using Dataplug.Storage;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Metadata;

public sealed class SidecarTests
{
    private static readonly ObjectUri Place = ObjectUri.Parse("mem://meta/a.dpi");
    private static readonly SidecarHeader Header = new("toy", 1, new SourceIdentity(ObjectUri.Parse("s3://b/k"), "\"e\"", 5), "{}");

    [Fact]
    public async Task What_was_written_is_read_back()
    {
        var reader = await OpenAsync(await SampleAsync());
        Assert.Equal(Header, reader.Header);
        Assert.Equal("""{"reads":3,"name":"Zürich"}""", reader.Attributes.GetRawText());
        Assert.Equal(["offsets", "windows", "note", "empty", "none"], reader.Sections);
        Assert.Equal((long[])[0, 100, 250, 90, long.MaxValue], await reader.ReadColumnAsync("offsets"));
        Assert.Equal("a note", Encoding.UTF8.GetString(await reader.ReadSectionAsync("note")));
        Assert.Empty(await reader.ReadSectionAsync("empty"));
        Assert.Empty(await reader.ReadColumnAsync("none"));
        Assert.Equal(0, (await reader.ReadBlobTableAsync("no-blobs")).Count);
    }

    [Fact]
    public async Task Every_blob_is_one_range_read_of_its_own_bytes()
    {
        var (stores, store) = Stores(await SampleAsync());
        var blobs = await (await SidecarReader.OpenAsync(stores, Place)).ReadBlobTableAsync("windows");
        Assert.Equal(3, blobs.Count);
        string[] expected = ["first window", "", "third"];
        for (var i = 0; i < 3; i++)
        {
            store.Clear();
            Assert.Equal(expected[i], Encoding.ASCII.GetString((await blobs[i].LoadAsync(stores)).Span));
            Assert.Equal(expected[i].Length, store.Reads.Sum(read => read.Range.Length));
            Assert.Equal(expected[i].Length > 0 ? 1 : 0, store.Reads.Count);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => blobs[3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => blobs[-1]);
    }

    [Fact]
    public async Task A_blob_on_board_needs_no_read_and_is_checked_all_the_same()
    {
        var (stores, store) = Stores(await SampleAsync());
        var inlined = await (await (await SidecarReader.OpenAsync(stores, Place)).ReadBlobTableAsync("windows"))[0].InlineAsync(stores);
        store.Clear();
        Assert.Equal("first window", Encoding.ASCII.GetString((await inlined.LoadAsync(stores)).Span));
        Assert.Empty(store.Reads);
        foreach (var bad in (BlobReference[])
        [
            inlined with { Inline = Convert.ToBase64String("First window"u8) },
            inlined with { Inline = "?" },
            inlined with { Length = 11 },
            inlined with { Length = -1 },
            inlined with { Length = int.MaxValue },
            inlined with { Inline = null },
        ])
        {
            await Assert.ThrowsAsync<CorruptIndexException>(() => bad.LoadAsync(stores));
        }
    }

    [Fact]
    public async Task A_blob_of_a_sidecar_that_was_made_anew_is_refused()
    {
        var (stores, _) = Stores(await SampleAsync());
        var blob = (await (await SidecarReader.OpenAsync(stores, Place)).ReadBlobTableAsync("windows"))[0];
        await stores.Get(Place).PutAsync(Place, new byte[1000], PutOptions.Overwrite);
        await Assert.ThrowsAsync<CorruptIndexException>(() => blob.LoadAsync(stores));
        await stores.Get(Place).PutAsync(Place, new byte[10], PutOptions.Overwrite);
        await Assert.ThrowsAsync<CorruptIndexException>(() => blob.LoadAsync(stores));
        await stores.Get(Place).DeleteAsync([Place]);
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => blob.LoadAsync(stores));
    }

    [Fact]
    public async Task The_same_input_gives_the_same_bytes() => Assert.Equal(await SampleAsync(), await SampleAsync());

    [Fact]
    public async Task The_bytes_are_those_of_the_specification()
    {
        var plain = new PlainSidecar { Attributes = """{"reads":3,"name":"Zürich"}""" };
        plain.Sections.Add(new() { Kind = 1, Name = "offsets", Count = 5, Content = PlainSidecar.Varints(0, 100, 150, -160, long.MaxValue - 90) });
        var windows = new[] { "first window", "", "third" }.Select(Encoding.ASCII.GetBytes).ToArray();
        plain.Sections.Add(new()
        {
            Kind = 2,
            Name = "windows",
            Count = 3,
            Data = [.. windows.SelectMany(w => w)],
            Content = [12, 0, 5, .. windows.SelectMany(w => BitConverter.GetBytes(System.IO.Hashing.XxHash3.HashToUInt64(w)))],
        });
        plain.Sections.Add(new() { Kind = 0, Name = "note", Content = "a note"u8.ToArray() });
        plain.Sections.Add(new() { Kind = 0, Name = "empty", Content = [] });
        plain.Sections.Add(new() { Kind = 1, Name = "none", Content = [] });
        Assert.Equal(plain.ToArray(), await SampleAsync());
    }

    [Fact]
    public async Task The_walk_through_in_the_specification_is_a_real_sidecar()
    {
        var actual = await WriteAsync(
            async writer =>
            {
                writer.SetAttributes(JsonDocument.Parse("""{"lines":3}""").RootElement);
                await writer.WriteColumnAsync("offsets", new long[] { 0, 4, 9 });
                await writer.WriteBlobAsync("windows", "hi"u8.ToArray());
            },
            new SidecarHeader("toy", 1, new SourceIdentity(ObjectUri.Parse("s3://b/k"), "\"e\"", 14), "{}"));
        var specification = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "index-format.md"));

        // Lines of the hex dump: eight digits of offset, the bytes, two spaces, what they are.
        var hex = string.Concat(System.Text.RegularExpressions.Regex.Matches(specification, "^[0-9a-f]{8}  ((?:[0-9a-f]{2} ?)+)", System.Text.RegularExpressions.RegexOptions.Multiline)
            .Select(line => line.Groups[1].Value.Replace(" ", "", StringComparison.Ordinal)));
        Assert.Equal(Convert.ToHexStringLower(actual), hex);
    }

    [Fact]
    public async Task A_small_sidecar_opens_and_loads_with_one_request()
    {
        var (stores, store) = Stores(await SampleAsync());
        var reader = await SidecarReader.OpenAsync(stores, Place);
        await reader.ReadColumnAsync("offsets");
        await reader.ReadBlobTableAsync("windows");
        Assert.Single(store.Reads);
        Assert.Equal(0, store.Heads);
    }

    [Fact]
    public async Task A_large_sidecar_opens_with_its_tail_and_columns_are_ranges_pinned_to_its_version()
    {
        var random = new Random(1);
        var large = new byte[300_000];
        random.NextBytes(large);
        var values = Enumerable.Range(0, 40_000).Select(_ => random.NextInt64()).ToArray();
        var bytes = await WriteAsync(async writer =>
        {
            await writer.WriteSectionAsync("large", large);
            await writer.WriteColumnAsync("values", values);
        });
        var (stores, store) = Stores(bytes);
        var reader = await SidecarReader.OpenAsync(stores, Place);
        Assert.Equal([65536], store.Reads.Select(read => read.Range.Length));
        Assert.Equal(large, await reader.ReadSectionAsync("large"));
        Assert.Equal(values, await reader.ReadColumnAsync("values"));
        Assert.Equal(3, store.Reads.Count);
        Assert.InRange(store.Reads.Sum(read => read.Range.Length), bytes.Length - 1000, bytes.Length + 66_000);

        await stores.Get(Place).PutAsync(Place, bytes, PutOptions.Overwrite);
        await Assert.ThrowsAsync<StaleIndexException>(() => reader.ReadSectionAsync("large"));
    }

    [Fact]
    public async Task Attributes_larger_than_the_tail_take_one_more_request()
    {
        var random = new Random(2);
        var names = Enumerable.Range(0, 20_000).ToDictionary(i => $"contig{i}", _ => random.NextInt64());
        var bytes = await WriteAsync(writer =>
        {
            writer.SetAttributes(JsonSerializer.SerializeToElement(names));
            return Task.CompletedTask;
        });
        var (stores, store) = Stores(bytes);
        var reader = await SidecarReader.OpenAsync(stores, Place);
        Assert.Equal(names["contig777"], reader.Attributes.GetProperty("contig777").GetInt64());
        Assert.Equal(2, store.Reads.Count);
    }

    [Fact]
    public async Task The_front_alone_tells_what_the_sidecar_is()
    {
        var (stores, store) = Stores(await SampleAsync());
        Assert.Equal(Header, await SidecarReader.ReadHeaderAsync(stores, Place));
        Assert.InRange(Assert.Single(store.Reads).Range.Length, 1, 4096);

        var parameters = $$"""{"text":"{{new string('x', 6000)}}"}""";
        var long_ = await WriteAsync(_ => Task.CompletedTask, Header with { Parameters = parameters });
        Assert.Equal(parameters, (await SidecarReader.ReadHeaderAsync(Stores(long_).Stores, Place)).Parameters);
    }

    [Fact]
    public async Task No_flipped_bit_goes_unnoticed_or_ends_in_another_exception()
    {
        var good = await SampleAsync();
        var expected = await DumpAsync(good);
        for (var i = 0; i < good.Length; i++)
        {
            foreach (var flip in (byte[])[0x01, 0x80, 0xff])
            {
                var bad = good.ToArray();
                bad[i] ^= flip;
                Assert.Null(await TryDumpAsync(bad));
            }
        }

        Assert.Equal(expected, await TryDumpAsync(good));
    }

    [Fact]
    public async Task A_sidecar_cut_anywhere_is_refused()
    {
        var good = await SampleAsync();
        for (var length = 0; length < good.Length; length++)
        {
            Assert.Null(await TryDumpAsync(good[..length]));
            Assert.Null(await TryDumpAsync(good[length..] is { Length: > 0 } rest && length > 0 ? rest : []));
        }
    }

    [Property(MaxTest = 300)]
    public void Foreign_bytes_are_refused(byte[] bytes) => Assert.Null(TryDumpAsync(bytes).GetAwaiter().GetResult());

    [Fact]
    public async Task Promises_that_can_not_be_kept_are_refused_before_memory_is_taken()
    {
        // Each of these has good checksums: they are made by someone hostile, not by damage.
        foreach (var hostile in (Action<PlainSidecar>[])
        [
            s => s.Sections.Add(new() { Kind = 0, Name = "x", Content = [1], ContentLength = long.MaxValue }),
            s => s.Sections.Add(new() { Kind = 0, Name = "x", Content = [1], ContentLength = ulong.MaxValue }),
            s => s.Sections.Add(new() { Kind = 0, Name = "x", Content = [1], ContentLength = 200 << 20 }),
            s => s.Sections.Add(new() { Kind = 0, Name = "x", Content = [1], ContentLength = 2 }),
            s => s.Sections.Add(new() { Kind = 0, Name = "x", Content = [1, 2], ContentLength = 1 }),
            s => s.Sections.Add(new() { Kind = 0, Name = "x", Content = [1], StoredLength = long.MaxValue }),
            s => s.Sections.Add(new() { Kind = 0, Name = "x", Content = [1], Offset = long.MaxValue }),
            s => s.Sections.Add(new() { Kind = 0, Name = "x", Content = [1], Offset = 0 }),
            s => s.Sections.Add(new() { Kind = 0, Name = "x", Content = [1], Frame = [1, 2, 3] }),
            s => s.Sections.Add(new() { Kind = 0, Name = "x", Content = [1], Frame = [] }),
            s => s.Sections.Add(new() { Kind = 0, Name = "x", Content = new byte[300 << 20], Frame = [1, 2, 3, 4, 5, 6, 7, 8] }),
            s => s.Sections.Add(new() { Kind = 0, Name = "", Content = [1] }),
            s => s.Sections.Add(new() { Kind = 0, Name = "\n", Content = [1] }),
            s => s.Sections.Add(new() { Kind = 3, Name = "x", Content = [1] }),
            s => s.Sections.Add(new() { Kind = 0, Name = "x", Content = [1], Count = 1 }),
            s => s.Sections.Add(new() { Kind = 1, Name = "x", Content = [1], Count = 2 }),
            s => s.Sections.Add(new() { Kind = 1, Name = "x", Content = [1], Count = 1UL << 60 }),
            s => s.Sections.Add(new() { Kind = 1, Name = "x", Content = [1, 1], Count = 1 }),
            s => s.Sections.Add(new() { Kind = 2, Name = "x", Content = [1, 0, 0, 0, 0, 0, 0, 0, 0], Count = 1 }),
            s => s.Sections.Add(new() { Kind = 2, Name = "x", Data = [1], Content = [1], Count = 1 }),
            s => s.Sections.Add(new() { Kind = 0, Name = "x", Data = [1], Content = [1] }),
            s => s.Sections.AddRange([new() { Kind = 0, Name = "x", Content = [1] }, new() { Kind = 0, Name = "x", Content = [1] }]),
            s => s.Version = 2,
            s => s.Version = 0,
            s => s.DirectoryLength = uint.MaxValue,
            s => s.DirectoryLength = 16 << 20,
            s => s.DirectoryLength = 3,
            s => s.DirectoryOffset = ulong.MaxValue,
            s => s.DirectoryOffset = 0,
            s => s.Directory = [],
            s => s.Directory = [255, 255, 255, 255],
            s => s.Directory = new byte[12],
            s => s.Attributes = "[]",
            s => s.Attributes = "{",
            s => s.Attributes = new string('[', 1000),
            s => s.Header = "{}",
            s => s.Header = "null",
            s => s.Header = s.Header.Replace("5", "-5", StringComparison.Ordinal),
            s => s.Header = s.Header.Replace("\"version\":1", "\"version\":1e99", StringComparison.Ordinal),
            s => s.Header = s.Header.Replace("s3://b/k", "", StringComparison.Ordinal),
            s => s.Header = s.Header.Replace("{}", "[]", StringComparison.Ordinal),
            s => s.EndHeader = s.Header.Replace("5", "6", StringComparison.Ordinal),
        ])
        {
            var sidecar = new PlainSidecar();
            hostile(sidecar);
            var bytes = sidecar.ToArray();
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Null(await TryDumpAsync(bytes));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64L << 20);
        }

        Assert.NotNull(await TryDumpAsync(new PlainSidecar().ToArray()));
    }

    [Fact]
    public async Task A_bomb_is_held_to_the_limit_of_a_section()
    {
        // 256 MiB of zeros are what the format allows, in about 8 KiB; one byte more is not.
        var bomb = new byte[(256 << 20) + 1];
        var sidecar = new PlainSidecar();
        sidecar.Sections.Add(new() { Kind = 0, Name = "x", Content = bomb });
        var refused = await Assert.ThrowsAsync<CorruptIndexException>(async () => await OpenAsync(sidecar.ToArray()));
        Assert.Equal(Place.Value, refused.ObjectName);
    }

    [Fact]
    public async Task A_presigned_url_leaves_no_secret_in_the_sidecar()
    {
        var signed = ObjectUri.Parse("https://b.s3.example/data.gz?versionId=7&token=hunter2&X-Amz-Credential=AKIA%2Fx&X-Amz-Signature=abcdef");
        var bytes = await WriteAsync(_ => Task.CompletedTask, Header with { Source = new SourceIdentity(signed, "\"e\"", 5) });
        var text = Encoding.Latin1.GetString(bytes);
        foreach (var secret in (string[])["hunter2", "AKIA", "abcdef", "versionId"])
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        var reader = await OpenAsync(bytes);
        Assert.Equal("https://b.s3.example/data.gz", reader.Header.Source.Uri.Value);

        // Another signature of the same object is the same name; another version of it is not.
        var renewed = ObjectUri.Parse("https://b.s3.example/data.gz?X-Amz-Signature=123456&versionId=7&token=hunter2&X-Amz-Credential=B");
        Assert.Equal(SourceName.Of(signed), SourceName.Of(renewed));
        Assert.Equal(SourceName.Of(signed), reader.SourceName);
        Assert.NotEqual(SourceName.Of(signed), SourceName.Of(ObjectUri.Parse("https://b.s3.example/data.gz?versionId=8&token=hunter2")));
        Assert.NotEqual(SourceName.Of(signed), SourceName.Of(ObjectUri.Parse("https://b.s3.example/data.gz")));
        Assert.NotEqual(
            SourceName.Of(ObjectUri.Parse("https://host/x?st=1")),
            SourceName.Of(ObjectUri.Parse("https://host/x?st=2")));
    }

    [Fact]
    public async Task A_writer_refuses_what_a_reader_would()
    {
        await using var writer = new SidecarWriter(new MemoryStream(), Header);
        await writer.WriteSectionAsync("a", new byte[1]);
        await Assert.ThrowsAsync<ArgumentException>(async () => await writer.WriteSectionAsync("a", new byte[1]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await writer.WriteSectionAsync("", new byte[1]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await writer.WriteColumnAsync("ä", new long[1]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await writer.WriteBlobAsync("a", new byte[1]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await writer.WriteBlobAsync("b", new byte[(16 << 20) + 1]));
        await writer.WriteBlobAsync("c", new byte[1]);
        await writer.WriteBlobAsync("d", new byte[1]);
        await Assert.ThrowsAsync<ArgumentException>(async () => await writer.WriteBlobAsync("c", new byte[1]));
        writer.SetAttributes(JsonDocument.Parse("{}").RootElement);
        Assert.Throws<InvalidOperationException>(() => writer.SetAttributes(JsonDocument.Parse("{}").RootElement));
        await writer.CompleteAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.WriteSectionAsync("z", new byte[1]));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.CompleteAsync());
        Assert.Throws<ArgumentException>(() => new SidecarWriter(new MemoryStream(), Header with { Parameters = "[]" }));
        Assert.Throws<ArgumentException>(() => new SidecarWriter(new MemoryStream(), Header with { Parameters = "" }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SidecarWriter(new MemoryStream(), Header with { FormatVersion = 0 }));
    }

    [Fact]
    public async Task Asking_for_a_section_that_is_not_there_or_of_another_kind_says_so()
    {
        var reader = await OpenAsync(await SampleAsync());
        Assert.False(reader.HasSection("x"));
        await Assert.ThrowsAsync<CorruptIndexException>(() => reader.ReadSectionAsync("x"));
        await Assert.ThrowsAsync<CorruptIndexException>(() => reader.ReadColumnAsync("note"));
        await Assert.ThrowsAsync<CorruptIndexException>(() => reader.ReadBlobTableAsync("note"));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => SidecarReader.OpenAsync(Stores([]).Stores, ObjectUri.Parse("mem://meta/none.dpi")));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => SidecarReader.OpenAsync(Stores([]).Stores, ObjectUri.Parse("mem://nowhere/none.dpi")));
    }

    internal static Task<byte[]> SampleAsync() => WriteAsync(async writer =>
    {
        writer.SetAttributes(JsonDocument.Parse("""{ "reads": 3, "name": "Zürich" }""").RootElement);
        await writer.WriteColumnAsync("offsets", new long[] { 0, 100, 250, 90, long.MaxValue });
        await writer.WriteBlobAsync("windows", "first window"u8.ToArray());
        await writer.WriteBlobAsync("windows", ReadOnlyMemory<byte>.Empty);
        await writer.WriteBlobAsync("windows", "third"u8.ToArray());
        await writer.WriteSectionAsync("note", "a note"u8.ToArray());
        await writer.WriteSectionAsync("empty", ReadOnlyMemory<byte>.Empty);
        await writer.WriteColumnAsync("none", ReadOnlyMemory<long>.Empty);
    });

    private static async Task<byte[]> WriteAsync(Func<SidecarWriter, Task> write, SidecarHeader? header = null)
    {
        var stream = new MemoryStream();
        await using var writer = new SidecarWriter(stream, header ?? Header);
        await write(writer);
        await writer.CompleteAsync();
        return stream.ToArray();
    }

    private static (ObjectStores Stores, RecordingObjectStore Store) Stores(byte[] sidecar)
    {
        var memory = new MemoryObjectStore("meta");
        memory.PutAsync(Place, sidecar, PutOptions.Overwrite).GetAwaiter().GetResult();
        var recording = new RecordingObjectStore(memory);
        return (MemoryObjectStore.Stores(recording), recording);
    }

    private static Task<SidecarReader> OpenAsync(byte[] sidecar) => SidecarReader.OpenAsync(Stores(sidecar).Stores, Place);

    // Everything that can be read of a sidecar, as text.
    private static async Task<string> DumpAsync(byte[] sidecar)
    {
        var (stores, _) = Stores(sidecar);
        var reader = await SidecarReader.OpenAsync(stores, Place);
        var dump = new StringBuilder().Append(reader.Header).Append(reader.Attributes.GetRawText());
        foreach (var section in reader.Sections)
        {
            dump.Append(section);
            try
            {
                dump.Append(Convert.ToHexString(await reader.ReadSectionAsync(section)));
                continue;
            }
            catch (CorruptIndexException e) when (e.Problem.Contains("holds", StringComparison.Ordinal))
            {
            }

            try
            {
                dump.AppendJoin(',', await reader.ReadColumnAsync(section));
            }
            catch (CorruptIndexException e) when (e.Problem.Contains("holds Blobs", StringComparison.Ordinal))
            {
                var blobs = await reader.ReadBlobTableAsync(section);
                for (var i = 0; i < blobs.Count; i++)
                    dump.Append(Convert.ToHexString((await blobs[i].LoadAsync(stores)).Span));
            }
        }

        return dump.ToString();
    }

    // Null when it was refused as it should be; any other exception fails the test.
    private static async Task<string?> TryDumpAsync(byte[] sidecar)
    {
        try
        {
            return await DumpAsync(sidecar);
        }
        catch (CorruptIndexException e)
        {
            Assert.Equal(Place.Value, e.ObjectName);
            Assert.NotNull(e.Cure);
            return null;
        }
    }
}
