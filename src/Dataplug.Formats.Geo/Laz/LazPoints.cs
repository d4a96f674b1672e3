namespace Dataplug.Formats.Geo.Laz;

/// <summary>Where the compressed points of an object are, as its LAS header tells.</summary>
/// <param name="Offset">Where point data begin: the header's "offset to point data".</param>
/// <param name="Count">How many points there are.</param>
/// <param name="End">Where point data end, chunk table included: the object's length, or where the first extended variable length record
/// begins, if there is one behind the points.</param>
public readonly record struct LazPoints(long Offset, long Count, long End)
{
    /// <summary>Where the first chunk begins: behind the place of the chunk table.</summary>
    internal long ChunksOffset => Offset + sizeof(long);
}
