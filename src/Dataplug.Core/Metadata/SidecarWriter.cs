using System.Text.Json;

namespace Dataplug.Metadata;

/// <summary>
/// Writes an index sidecar front to back with bounded memory. The same input gives the same bytes (law 6): no times, no
/// random numbers.
/// </summary>
public sealed class SidecarWriter : IAsyncDisposable
{
    /// <summary>Begins a sidecar on a stream that need not be seekable.</summary>
    public SidecarWriter(Stream destination, SidecarHeader header) => throw new NotImplementedException();

    /// <summary>The header that was given.</summary>
    public SidecarHeader Header => throw new NotImplementedException();

    /// <summary>Sets the object's attributes; the value must be a JSON object. At most once.</summary>
    public void SetAttributes(JsonElement attributes) => throw new NotImplementedException();

    /// <summary>Writes a section: bytes that are read back as a whole.</summary>
    public ValueTask WriteSectionAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Writes a column of 64-bit numbers (delta, zigzag, varint, zstd): cheap for numbers that rise slowly.</summary>
    public ValueTask WriteColumnAsync(string name, ReadOnlyMemory<long> values, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Adds a blob to a section of blobs, each addressable by itself. Blobs of one section are written one after
    /// another, before any other section is begun.</summary>
    public ValueTask WriteBlobAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Writes directory and trailer. Without it the sidecar is incomplete and no reader accepts it.</summary>
    public ValueTask CompleteAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
