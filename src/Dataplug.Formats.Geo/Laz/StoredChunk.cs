namespace Dataplug.Formats.Geo;

/// <summary>A chunk of compressed points as the index knows it.</summary>
/// <param name="Offset">Where it begins in the object, in bytes.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="FirstPoint">The number of its first point, counted in the order of chunks, from 0.</param>
/// <param name="Points">Its points.</param>
/// <param name="Level">The level of its node in the octree; 0 where there is no octree.</param>
/// <param name="Bounds">Where its points are; bounds that no point is outside of where nobody looked.</param>
/// <param name="ByReturn">Number of points of each return number, 0 to 15; null where nobody counted, in which case <paramref name="Bounds"/> may be too large.</param>
internal sealed record StoredChunk(long Offset, long Length, long FirstPoint, long Points, int Level, LasBounds Bounds, long[]? ByReturn)
{
    public long End => Offset + Length;

    public long EndPoint => FirstPoint + Points;
}
