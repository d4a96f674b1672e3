using Dataplug.Conformance.Formats;
using Dataplug.Storage;

namespace Dataplug.Core.Tests.Text;

/// <summary>Objects as files in a temporary folder.</summary>
public sealed class FolderLawStore : LawStore
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-text-laws").FullName;

    public FolderLawStore()
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
