namespace Dataplug.Formats.Geo.Laz;

/// <summary>A broken rule found deep inside a chunk, where nobody knows which object the chunk is from. It never leaves this folder:
/// whoever does know makes a <see cref="CorruptObjectException"/> of it.</summary>
#pragma warning disable CA1032, CA1064 // Internal to the decoder, and always thrown with its place.
internal sealed class LazDataException(long position, string problem) : Exception(problem)
{
    /// <summary>Bytes from the chunk's start to where it was noticed.</summary>
    public long Position { get; } = position;
}
