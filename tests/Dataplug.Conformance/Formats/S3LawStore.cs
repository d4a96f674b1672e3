using Dataplug.Conformance.Servers;
using Dataplug.Storage;

namespace Dataplug.Conformance.Formats;

/// <summary>Objects in a bucket of their own on a real S3 server.</summary>
public sealed class S3LawStore : LawStore
{
    private readonly ObjectUri _bucket;
    private readonly S3Store _store;

    private S3LawStore(S3Server server, ObjectUri bucket)
    {
        _bucket = bucket;
        _store = new S3Store(server.Options);
        Requests = new RecordingObjectStore(_store);
        Stores = ObjectStores.Create().Register("s3", () => Requests);
    }

    public override int Cases => 6;

    public override ObjectStores Stores { get; }

    public override RecordingObjectStore Requests { get; }

    public static async Task<LawStore> CreateAsync()
    {
        var server = await S3Server.GetAsync();
        return new S3LawStore(server, await server.NewBucketAsync());
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _store.DisposeAsync();
    }

    protected override ObjectUri NewUri(string name) => _bucket.WithKey(name);
}
