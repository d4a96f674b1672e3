using Dataplug.Storage;

namespace Dataplug.Conformance.Formats;

/// <summary>Somewhere to put objects for the law tests: a folder, a bucket of a real server. Thrown away at the end.</summary>
public abstract class LawStore : IAsyncDisposable
{
    private int _next;

    /// <summary>The stores; the scheme of the objects goes through <see cref="Requests"/>.</summary>
    public abstract ObjectStores Stores { get; }

    /// <summary>Every request to the objects.</summary>
    public abstract RecordingObjectStore Requests { get; }

    /// <summary>A new catalog folder of its own.</summary>
    public string NewHome()
    {
        var path = Path.Combine(Path.GetTempPath(), "dataplug-laws", Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(path);
        Homes.Add(path);
        return path;
    }

    /// <summary>Writes a new object.</summary>
    public async Task<ObjectUri> PutAsync(byte[] content, string name)
    {
        var uri = NewUri($"{Interlocked.Increment(ref _next)}/{name}");
        await ReplaceAsync(uri, content);
        return uri;
    }

    /// <summary>Writes over an object.</summary>
    public async Task ReplaceAsync(ObjectUri uri, byte[] content) => await Stores.Get(uri).PutAsync(uri, content, PutOptions.Overwrite);

    /// <summary>The bytes of an object as they are now.</summary>
    public async Task<byte[]> GetAsync(ObjectUri uri)
    {
        await using var read = await Stores.Get(uri).OpenReadAsync(uri, new ReadRequest(ReadRange.All));
        var buffer = new MemoryStream();
        await read.Content.CopyToAsync(buffer);
        return buffer.ToArray();
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Stores.DisposeAsync();
        foreach (var home in Homes)
            Directory.Delete(home, recursive: true);
    }

    protected abstract ObjectUri NewUri(string name);

    private List<string> Homes { get; } = [];
}
