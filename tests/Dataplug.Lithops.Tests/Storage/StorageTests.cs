using System.Globalization;
using System.Text;
using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;
using Dataplug.Storage;

namespace Dataplug.Lithops.Tests;

/// <summary>One program on files, S3, Azure Blob Storage and Redis; which one, only its configuration says.</summary>
public sealed class StorageTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public static TheoryData<string, string> Configurations
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var kind in ConfiguredStorage.Kinds)
            {
                foreach (var way in (string[])["dataplug.json", "dataplug.yaml", "dataplug.yml"])
                    all.Add(kind, way);
            }

            return all;
        }
    }

    public static TheoryData<string> Kinds => [.. ConfiguredStorage.Kinds];

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [MemberData(nameof(Configurations))]
    public async Task The_same_program_runs_wherever_its_configuration_says(string kind, string fileName)
    {
        var place = await ConfiguredStorage.CreateAsync(kind, _scratch.Path);
        _scratch.Write(fileName, Encoding.UTF8.GetBytes(fileName.EndsWith(".json", StringComparison.Ordinal) ? place.Json : place.Yaml));
        await using var storage = Storage.Open(StorageOptions.Load(_scratch.Path, _ => null));

        Assert.Equal(["words/0 10", "words/1 10", "words/2 10", "total 30"], await CountWordsAsync(storage));
        Assert.StartsWith(kind + "://", storage.Location.Value, StringComparison.Ordinal);
        Assert.StartsWith(ObjectUri.Parse(place.Location).Value, storage.Location.Value, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Everything_that_a_storage_does_it_does_on_every_store(string kind)
    {
        await using var storage = await OpenAsync(kind);
        Assert.Empty(await KeysAsync(storage));
        Assert.False(await storage.ExistsAsync("a/one"));

        var one = await storage.PutAsync("a/one", "0123456789"u8.ToArray(), PutOptions.CreateOnly);
        await Assert.ThrowsAsync<PreconditionFailedException>(() => storage.PutAsync("a/one", new byte[1], PutOptions.CreateOnly));
        await storage.PutAsync("a/two é+%20", new MemoryStream("two"u8.ToArray()));
        await storage.PutAsync("b", Array.Empty<byte>());
        Assert.Equal("0123456789", Encoding.ASCII.GetString(await storage.GetAsync("a/one")));
        Assert.Equal("345", Encoding.ASCII.GetString(await storage.GetAsync("a/one", ReadRange.Bounded(3, 3))));
        Assert.Equal("89", Encoding.ASCII.GetString(await storage.GetAsync("a/one", ReadRange.Suffix(2))));
        Assert.Empty(await storage.GetAsync("b"));
        await Assert.ThrowsAsync<RangeNotSatisfiableException>(() => storage.GetAsync("a/one", ReadRange.Bounded(10, 1)));
        var many = await storage.GetManyAsync("a/one", [new ByteRange(8, 2), new ByteRange(0, 1)]);
        Assert.Equal(["89", "0"], many.Select(bytes => Encoding.ASCII.GetString(bytes.Span)));
        await using (var stream = await storage.OpenReadAsync("a/one"))
            Assert.Equal("0123456789", await new StreamReader(stream).ReadToEndAsync());

        Assert.Equal(one.ETag, (await storage.HeadAsync("a/one")).ETag);
        Assert.True(await storage.ExistsAsync("a/one"));
        Assert.Equal(["a/one", "a/two é+%20", "b"], await KeysAsync(storage));
        Assert.Equal(["a/one", "a/two é+%20"], await KeysAsync(storage, "a/"));
        Assert.Equal(["a/two é+%20"], await KeysAsync(storage, "a/t"));

        await storage.CopyAsync("a/one", "c/copy");
        Assert.Equal("0123456789", Encoding.ASCII.GetString(await storage.GetAsync("c/copy")));
        await storage.DeleteAsync("a/one");
        await storage.DeleteAsync(["never", "b"]);
        Assert.Equal(["a/two é+%20", "c/copy"], await KeysAsync(storage));
        Assert.Equal(1, await storage.DeleteAllAsync("a/"));
        Assert.Equal(["c/copy"], await KeysAsync(storage));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => storage.GetAsync("a/one"));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => storage.OpenReadAsync("a/one"));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => storage.CopyAsync("a/one", "d"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Files_go_up_in_parts_and_come_back(string kind)
    {
        await using var storage = await OpenAsync(kind);
        var content = new byte[(13 << 20) + 17];
        new Random(7).NextBytes(content);
        var source = _scratch.Write("source", content).Key;
        var info = await storage.UploadFileAsync(source, "files/large", new PutOptions { ContentType = "application/x-test" }, new UploadOptions { PartSize = 5 << 20, Parallelism = 2 });
        Assert.Equal(content.Length, info.Size);
        Assert.Equal("application/x-test", (await storage.HeadAsync("files/large")).ContentType);
        var target = Path.Combine(_scratch.Path, "new folder", "target");
        Assert.Equal(info.ETag, (await storage.DownloadFileAsync("files/large", target)).ETag);
        Assert.True(content.AsSpan().SequenceEqual(File.ReadAllBytes(target)), "the file came back as another");

        await storage.PutAsync("files/empty", Array.Empty<byte>());
        await storage.DownloadFileAsync("files/empty", target);
        Assert.Empty(File.ReadAllBytes(target));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => storage.DownloadFileAsync("files/none", target));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => storage.UploadFileAsync(target + "-none", "files/none"));
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => storage.DownloadFileAsync("files/large", target, stop.Token));
        Assert.Equal(["target"], Directory.GetFiles(Path.GetDirectoryName(target)!).Select(Path.GetFileName));
        Assert.Empty(File.ReadAllBytes(target));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("../a")]
    [InlineData("a/../../b")]
    [InlineData("a/./b")]
    [InlineData("a.")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData(".dataplug~x")]
    public async Task Keys_that_not_every_store_can_hold_are_refused_everywhere(string key)
    {
        await using var storage = await OpenAsync("file");
        await Assert.ThrowsAsync<InvalidUriException>(async () => await storage.PutAsync(key, new byte[1]));
        await Assert.ThrowsAsync<InvalidUriException>(async () => await storage.GetAsync(key));
        await Assert.ThrowsAsync<InvalidUriException>(async () => await storage.DeleteAsync(key));
        Assert.False(Directory.Exists(storage.Location.Key));
    }

    [Theory]
    [InlineData("../")]
    [InlineData("/")]
    [InlineData("a/../b")]
    public async Task Prefixes_do_not_lead_out_of_the_storage(string prefix)
    {
        await using var storage = await OpenAsync("file");
        await Assert.ThrowsAsync<InvalidUriException>(() => KeysAsync(storage, prefix));
        await Assert.ThrowsAsync<InvalidUriException>(() => storage.DeleteAllAsync(prefix));
    }

    [Fact]
    public async Task Keys_that_are_too_long_are_refused()
    {
        await using var storage = await OpenAsync("file");
        Assert.Throws<InvalidUriException>(() => storage.UriOf(new string('a', 256)));
        Assert.Throws<InvalidUriException>(() => storage.UriOf(string.Join('/', Enumerable.Repeat("123456789", 103))));
        Assert.EndsWith("/" + new string('a', 255), storage.UriOf(new string('a', 255)).Key, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_snippet_of_the_document()
    {
        var options = new StorageOptions { Location = Path.Combine(_scratch.Path, "document") };
        var path = _scratch.Write("reads.fastq.gz", new byte[1000]).Key;
        byte[] counts = [1, 2, 3];
        var listed = 0L;

        #region storage
        await using var storage = Storage.Open(options);                   // or Storage.Open(): environment, dataplug.json
        await storage.PutAsync("runs/1/counts", counts);
        byte[] first = await storage.GetAsync("runs/1/counts", ReadRange.Bounded(0, 2));
        await storage.UploadFileAsync(path, "runs/1/reads.fastq.gz");      // in parts, several at once
        await foreach (var item in storage.ListAsync("runs/1/"))
            listed += item.Info.Size;
        #endregion

        Assert.Equal([1, 2], first);
        Assert.Equal(1003, listed);
    }

    // The program: knows no store.
    private static async Task<List<string>> CountWordsAsync(Storage storage)
    {
        for (var i = 0; i < 3; i++)
            await storage.PutAsync($"words/{i}", Encoding.UTF8.GetBytes(string.Join(' ', Enumerable.Repeat("word", 10))));
        var total = 0;
        var report = new List<string>();
        await foreach (var item in storage.ListAsync("words/"))
        {
            await using var text = await storage.OpenReadAsync(item.Key);
            var count = (await new StreamReader(text).ReadToEndAsync()).Split(' ').Length;
            report.Add($"{item.Key} {count}");
            total += count;
        }

        await storage.PutAsync("total", Encoding.UTF8.GetBytes(total.ToString(CultureInfo.InvariantCulture)));
        report.Add("total " + Encoding.UTF8.GetString(await storage.GetAsync("total")));
        return report;
    }

    private static async Task<List<string>> KeysAsync(Storage storage, string prefix = "")
    {
        var keys = new List<string>();
        await foreach (var item in storage.ListAsync(prefix))
            keys.Add(item.Key);
        return keys;
    }

    private async Task<Storage> OpenAsync(string kind)
    {
        var place = await ConfiguredStorage.CreateAsync(kind, _scratch.Path);
        return Storage.Open(StorageOptions.Load(Directory.CreateDirectory(Path.Combine(_scratch.Path, "config")).FullName, Variables(place)));

        // The variables that the stores themselves read are those of the process; so here their keys are in a file.
        Func<string, string?> Variables(ConfiguredStorage storage)
        {
            var file = _scratch.Write("config.json", Encoding.UTF8.GetBytes(storage.Json)).Key;
            return name => name == "DATAPLUG_CONFIG" ? file : null;
        }
    }
}
