using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Conformance.Storage;

/// <summary>A folder that is gone after the test.</summary>
public sealed class ScratchFolder : IDisposable
{
    private const int DeleteTries = 100;

    public ScratchFolder() => Directory.CreateDirectory(Path);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "dataplug-tests", Guid.NewGuid().ToString("N"));

    /// <summary>A folder for the catalog below it.</summary>
    public string Home => System.IO.Path.Combine(Path, "home");

    /// <summary>Writes a file below it.</summary>
    public ObjectUri Write(string name, ReadOnlySpan<byte> content)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return ObjectUri.ForFile(path);
    }

    /// <summary>Options with the home folder in it.</summary>
    public CloudObjectOptions Options(ObjectStores? stores = null, MetadataOptions? metadata = null) => new()
    {
        Stores = stores ?? ObjectStores.Default,
        Metadata = (metadata ?? new MetadataOptions()) with { Home = Home },
    };

    /// <summary>Deletes the folder; a process that was given up may still write there for a moment.</summary>
    public void Dispose()
    {
        for (var tries = 1; Directory.Exists(Path); tries++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (IOException) when (tries < DeleteTries)
            {
                Thread.Sleep(50);
            }
        }
    }
}
