using Amazon.S3;
using Amazon.S3.Model;
using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;
using Dataplug.Storage;

namespace Dataplug.Core.Tests.Storage;

/// <summary>The conformance suite on a real S3 server.</summary>
public class S3StoreConformanceTests : RemoteStoreConformance
{
    private S3Server _server = null!;

    // Ceph 16 knows no condition on the completion.
    protected override bool MayRaceOnCompletion => true;

    protected override IEnumerable<string> OddKeys => [.. base.OddKeys, "a/../b", "./x", "..", "a/./b", "x//y", "trail/", " lead and trail ", "tab\tx", "control\u0001x", "%2e%2e/x", "line\nfeed"];

    protected override async Task<(IObjectStore Store, ObjectUri Container)> CreateAsync()
    {
        _server = await S3Server.GetAsync();
        var bucket = await _server.NewBucketAsync();
        return (Wrap(new S3Store(_server.Options)), bucket);
    }

    protected virtual IObjectStore Wrap(S3Store store) => store;

    protected override (IObjectStore Store, ObjectUri Container) At(string address) =>
        (new S3Store(_server.Options with { EndpointUrl = "http://" + address }), ObjectUri.ForS3("bucket", ""));

    protected override ObjectUri NewContainer() => ObjectUri.ForS3("new-" + Guid.NewGuid().ToString("N"), "");

    protected override async Task<int> LeftoversAsync()
    {
        using var client = new AmazonS3Client(_server.AccessKey, _server.SecretKey, new AmazonS3Config { ServiceURL = _server.Endpoint, ForcePathStyle = true, AuthenticationRegion = "us-east-1" });
        var uploads = await client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = Container.Container });
        return uploads.MultipartUploads?.Count ?? 0;
    }
}

/// <summary>The conformance suite on a real S3 server, as everybody gets it.</summary>
public sealed class ResilientS3StoreConformanceTests : S3StoreConformanceTests
{
    protected override IObjectStore Wrap(S3Store store) => new ResilientStore(store);
}
