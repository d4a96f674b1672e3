namespace Dataplug.Formats.Geo.Laz;

/// <summary>A chunk: points that are compressed by themselves.</summary>
/// <param name="Offset">Where it begins in the object, in bytes.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="FirstPoint">The number of its first point, from 0.</param>
/// <param name="Points">Its points.</param>
public readonly record struct LazChunk(long Offset, long Length, long FirstPoint, long Points);
