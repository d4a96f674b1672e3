using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Conformance.Servers;
using Dataplug.Metadata;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>The whole journey on a real S3 server that answers one request in ten badly.</summary>
public sealed class FastqFaultTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task One_request_in_ten_fails_and_every_byte_is_right(int seed)
    {
        var server = await S3Server.GetAsync();
        await using var proxy = new FaultProxy(server.Endpoint);
        var retry = new RetryOptions { MaxAttempts = 8, BaseDelay = TimeSpan.FromMilliseconds(1), IdleTimeout = TimeSpan.FromSeconds(1) };
        await using var stores = ObjectStores.Create(server.Options with { EndpointUrl = proxy.Endpoint }, retry: retry);
        var bucket = await server.NewBucketAsync();
        var reads = bucket.WithKey("reads.fastq.gz");
        var content = new MemoryStream();
        await FastqGenerator.WriteAsync(content, new FastqGeneratorOptions { Reads = 20_000 });
        await stores.Get(reads).PutAsync(reads, GZipSamples.Compress(content.ToArray(), GZipLayout.OneMember), PutOptions.Overwrite);

        proxy.Script = Fault.Randomly(seed, 0.1, 100_000);
        var home = Directory.CreateTempSubdirectory("dataplug-faults-").FullName;
        try
        {
            // The index is in the bucket too, so that windows are fetched through the same faults.
            var cloud = CloudObject.FromUri(Fastq.GZipWithOptions(new GZipLineOptions { AccessPointSpacing = 100_000, MarkSpacing = 50_000 }), reads.Value, new CloudObjectOptions
            {
                Stores = stores,
                Metadata = new MetadataOptions { Home = home, Location = bucket.WithKey("meta/") },
            });
            await cloud.PreprocessAsync();
            var slices = await cloud.PartitionAsync(FastqPartition.IntoBatches(150));
            var pieces = new byte[slices.Count][];
            await Parallel.ForEachAsync(slices, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (slice, _) =>
            {
                pieces[slice.Index] = await SliceBytes.ReadAsync(slice);
            });

            Assert.Equal(content.ToArray(), pieces.SelectMany(piece => piece));
            Assert.InRange(proxy.FaultCount, 10, int.MaxValue);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }
}
