namespace Dataplug.Formats.Geo;

/// <summary>The least and greatest quantised coordinates of some points; of none, the greatest are below the least.</summary>
internal readonly record struct LasBounds(int MinX, int MinY, int MinZ, int MaxX, int MaxY, int MaxZ)
{
    public static LasBounds None { get; } = new(int.MaxValue, int.MaxValue, int.MaxValue, int.MinValue, int.MinValue, int.MinValue);

    public static LasBounds Unknown { get; } = new(int.MinValue, int.MinValue, int.MinValue, int.MaxValue, int.MaxValue, int.MaxValue);

    public bool IsEmpty => MaxX < MinX;

    public LasRectangle Rectangle => new(MinX, MinY, MaxX, MaxY);

    public LasBounds Include(int x, int y, int z) =>
        new(Math.Min(MinX, x), Math.Min(MinY, y), Math.Min(MinZ, z), Math.Max(MaxX, x), Math.Max(MaxY, y), Math.Max(MaxZ, z));

    public LasBounds Union(LasBounds other) => new(
        Math.Min(MinX, other.MinX), Math.Min(MinY, other.MinY), Math.Min(MinZ, other.MinZ),
        Math.Max(MaxX, other.MaxX), Math.Max(MaxY, other.MaxY), Math.Max(MaxZ, other.MaxZ));
}
