using System.Text.Json;
using Dataplug.Storage;

namespace Dataplug.Metadata;

/// <summary>
/// Reads an index sidecar by ranges: opening it fetches the trailer, directory and header (kilobytes); sections and columns
/// are fetched when asked for.
/// </summary>
public sealed class SidecarReader
{
    private SidecarReader() => throw new NotImplementedException();

    /// <summary>What the sidecar says of itself.</summary>
    public SidecarHeader Header => throw new NotImplementedException();

    /// <summary>The attributes of the object: a JSON object, empty when the format has none.</summary>
    public JsonElement Attributes => throw new NotImplementedException();

    /// <summary>Opens a sidecar.</summary>
    /// <exception cref="CorruptIndexException">Not a sidecar, damaged, or of an unknown version.</exception>
    /// <exception cref="ObjectNotFoundException">There is none.</exception>
    public static Task<SidecarReader> OpenAsync(ObjectStores stores, ObjectUri sidecar, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Whether a section is there.</summary>
    public bool HasSection(string name) => throw new NotImplementedException();

    /// <summary>Reads and checks one section.</summary>
    public Task<byte[]> ReadSectionAsync(string name, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Reads and checks one column of 64-bit numbers.</summary>
    public Task<long[]> ReadColumnAsync(string name, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Reads where the blobs of a section are, not the blobs.</summary>
    public Task<BlobTable> ReadBlobTableAsync(string name, CancellationToken cancellationToken = default) => throw new NotImplementedException();
}
