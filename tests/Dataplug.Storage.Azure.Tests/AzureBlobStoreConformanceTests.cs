using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;

namespace Dataplug.Storage.Tests;

/// <summary>The conformance suite on Azurite.</summary>
public class AzureBlobStoreConformanceTests : RemoteStoreConformance
{
    private AzuriteServer _server = null!;

    protected override int PartSize => 300_000;

    protected override IEnumerable<string> OddKeys => [.. base.OddKeys.Where(key => !key.Contains('\\', StringComparison.Ordinal)), "x//y", "/lead", "//lead", "trail/", "trail//", " lead and trail ", "%2e%2e/x", "a/.b/c", "%5C"];

    protected override async Task<(IObjectStore Store, ObjectUri Container)> CreateAsync()
    {
        _server = await AzuriteServer.GetAsync();
        return (Create(_server.Options), await _server.NewContainerAsync());
    }

    protected virtual IObjectStore Create(AzureBlobOptions options) => new AzureBlobStore(options);

    protected override (IObjectStore Store, ObjectUri Container) At(string address) =>
        (new AzureBlobStore(_server.Options with { EndpointUrl = $"http://{address}/{_server.Account}" }), ObjectUri.ForContainer("az", "container", ""));

    protected override ObjectUri NewContainer() => ObjectUri.ForContainer("az", "new-" + Guid.NewGuid().ToString("N"), "");

    /// <summary>Blobs that the store's own listing does not show. Uncommitted blocks, which no client can throw away and the service
    /// does after a week, are not among them.</summary>
    protected override async Task<int> LeftoversAsync()
    {
        var client = new BlobServiceClient(_server.ConnectionString).GetBlobContainerClient(Container.Container);
        var shown = (await ListAsync("")).Select(info => info.Uri.Key).ToHashSet();
        var left = 0;
        await foreach (var blob in client.GetBlobsAsync(BlobTraits.None, BlobStates.All, null, default))
            left += shown.Contains(blob.Name) || await IsUncommittedAsync(client, blob.Name) ? 0 : 1;
        return left;
    }

    private static async Task<bool> IsUncommittedAsync(BlobContainerClient client, string name) => !await client.GetBlobClient(name).ExistsAsync();
}

/// <summary>The conformance suite on Azurite, as everybody gets it.</summary>
public sealed class ResilientAzureBlobStoreConformanceTests : AzureBlobStoreConformanceTests
{
    protected override IObjectStore Create(AzureBlobOptions options) => new ResilientStore(new AzureBlobStore(options));
}

/// <summary>The conformance suite on Azurite with copies that go through this machine, as those of large objects do.</summary>
public sealed class LargeCopyAzureBlobStoreConformanceTests : AzureBlobStoreConformanceTests
{
    protected override IObjectStore Create(AzureBlobOptions options) => new AzureBlobStore(options, singleCopyLimit: 3);
}
