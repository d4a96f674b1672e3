using Dataplug.Conformance.Storage;
using Dataplug.Storage;

namespace Dataplug.Conformance.Formats;

/// <summary>Objects in a local folder.</summary>
public sealed class FileLawStore : LawStore
{
    private readonly ScratchFolder _folder = new();

    public FileLawStore()
    {
        Requests = new RecordingObjectStore(new FileStore());
        Stores = new ObjectStores().Register("file", () => Requests);
    }

    public override int Cases => 10;

    public override ObjectStores Stores { get; }

    public override RecordingObjectStore Requests { get; }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    protected override ObjectUri NewUri(string name) => ObjectUri.ForFile(Path.Combine(_folder.Path, name));
}
