namespace Dataplug.Partitioning;

/// <summary>
/// Writes slices as one line of JSON and reads them back: versioned, round-trip safe, refused when unknown or changed.
/// </summary>
public sealed class SliceSerializer
{
    /// <summary>Creates a serialiser that knows some kinds of slices.</summary>
    /// <param name="kinds">The kinds, with distinct names.</param>
    /// <param name="key">A secret by which slices are signed (HMAC-SHA-256) and without which none is accepted; null for a
    /// checksum (SHA-256), which shows damage but not forgery.</param>
    public SliceSerializer(IEnumerable<SliceKind> kinds, ReadOnlyMemory<byte>? key = null) => throw new NotImplementedException();

    /// <summary>The slice as one line of JSON.</summary>
    public string Serialize(Slice slice) => throw new NotImplementedException();

    /// <summary>Reads a slice.</summary>
    /// <exception cref="InvalidSliceException">Not a slice, of an unknown kind or version, or changed since it was written.</exception>
    public Slice Deserialize(string json) => throw new NotImplementedException();
}
