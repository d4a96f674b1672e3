namespace Dataplug.Formats.Geo.Laz;

/// <summary>Reads a range of an object.</summary>
/// <param name="offset">Where it begins, in bytes.</param>
/// <param name="length">Its bytes, all of which are within the object.</param>
/// <param name="cancellationToken">Stops it.</param>
/// <returns>The bytes: as many as were asked for.</returns>
public delegate ValueTask<ReadOnlyMemory<byte>> LazRangeReader(long offset, int length, CancellationToken cancellationToken);
