using Dataplug.Storage;

namespace Dataplug.Conformance.Formats;

/// <summary>Objects as local files in a temporary folder.</summary>
public sealed class LocalLawStore : LawStore
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-laws-").FullName;

    public LocalLawStore()
    {
        Requests = new RecordingObjectStore(new FileStore());
        Stores = new ObjectStores().Register("file", () => Requests);
    }

    public override ObjectStores Stores { get; }

    public override RecordingObjectStore Requests { get; }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override ObjectUri NewUri(string name) => ObjectUri.ForFile(Path.Combine(_folder, name));
}
