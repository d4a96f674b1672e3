using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>A place in the content of a gzip object, as error messages give it.</summary>
/// <param name="Uri">The object.</param>
/// <param name="CompressedOffset">Bytes from the start of the stored object to the last mark at or before the place.</param>
/// <param name="ContentOffset">Bytes of decompressed content before the place.</param>
public readonly record struct GZipPlace(ObjectUri Uri, long CompressedOffset, long ContentOffset);
