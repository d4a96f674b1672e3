namespace Dataplug.Formats.Geo;

/// <summary>What is known of the octree of an object.</summary>
public sealed record CopcOctree
{
    /// <summary>The centre of the root's cube, in the units of the coordinate reference system.</summary>
    public required LasVector Center { get; init; }

    /// <summary>Half of the side of that cube.</summary>
    public required double HalfSize { get; init; }

    /// <summary>The distance between points at the root; half of that at each next level.</summary>
    public required double Spacing { get; init; }

    /// <summary>Number of pages of the hierarchy.</summary>
    public required int Pages { get; init; }

    /// <summary>Number of points on each level, from the root's on.</summary>
    public required IReadOnlyList<long> PointsByLevel { get; init; }

    /// <summary>The first level on which, with all above, points are no further apart than a distance; the deepest where none is so fine.</summary>
    /// <param name="resolution">The distance, in the units of the coordinate reference system, greater than 0.</param>
    public int LevelOf(double resolution)
    {
        if (!(resolution > 0))
            throw new ArgumentOutOfRangeException(nameof(resolution), resolution, "A distance is greater than 0.");
        var level = 0;
        for (var spacing = Spacing; level < PointsByLevel.Count - 1 && spacing > resolution; spacing /= 2)
            level++;
        return level;
    }
}
