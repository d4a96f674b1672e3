using Dataplug.Conformance.Servers;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Core.Tests.Storage;

/// <summary>The snippets of docs/storage.md, run against the S3 server.</summary>
public sealed class StorageDocumentTests
{
    [Fact]
    public async Task Pinned_reads()
    {
        var server = await S3Server.GetAsync();
        var uri = (await server.NewBucketAsync()).WithKey("reads.fastq.gz");
        await using (var store = new S3Store(server.Options))
            await store.PutAsync(uri, new byte[100_000], PutOptions.Overwrite);
        var options = server.Options;
        var text = uri.Value;

        #region pinned
        await using var stores = ObjectStores.Create(options);                                             // or ObjectStores.Default
        PinnedObject reads = await stores.PinAsync(ObjectUri.Parse(text));
        byte[] head = await reads.ReadAsync(new ByteRange(0, 65_536));                                     // one GET, If-Match
        await using Stream all = reads.OpenRead(new ByteRange(0, reads.Size), ReadAheadOptions.Default);   // several GETs at once
        #endregion

        var copy = new MemoryStream();
        await all.CopyToAsync(copy);
        Assert.Equal((65_536, 100_000), (head.Length, copy.Length));
    }

    [Fact]
    public async Task Measured_requests()
    {
        var folder = Directory.CreateTempSubdirectory("dataplug-document-");
        try
        {
            var path = Path.Combine(folder.FullName, "text.txt");
            await File.WriteAllTextAsync(path, "one\ntwo\nthree\n");
            var text = CloudObject.FromFile(RawText.Format, path, new CloudObjectOptions { Metadata = new() { Home = folder.FullName } });
            await text.PreprocessAsync();
            var slice = (await text.PartitionAsync(TextPartition.IntoChunks(1, TextUnit.Lines))).Single();

            #region measured
            using var measured = StoreMetrics.Measure();
            await slice.GetAsync();
            Console.WriteLine($"{measured.Statistics.Reads} GETs, {measured.Statistics.BytesRead} bytes");
            #endregion

            Assert.Equal((1, 14), (measured.Statistics.Reads, measured.Statistics.BytesRead));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
