namespace Dataplug.Formats.Geo;

/// <summary>Which stored coordinates are in the cubes of the octree.</summary>
internal sealed class CopcCubes(CopcInfo info, LasHeader header)
{
    /// <summary>Those of a node's cube, and a unit more to all sides: points at its faces are in one of the cubes there, and writers round
    /// before or after they know in which.</summary>
    public LasBounds BoundsOf(int level, int x, int y, int z)
    {
        var side = 2 * info.HalfSize / (1L << level);
        var (minX, maxX) = Along(info.Center.X, x, header.Scale.X, header.Shift.X);
        var (minY, maxY) = Along(info.Center.Y, y, header.Scale.Y, header.Shift.Y);
        var (minZ, maxZ) = Along(info.Center.Z, z, header.Scale.Z, header.Shift.Z);
        return new LasBounds(minX, minY, minZ, maxX, maxY, maxZ);

        (int Min, int Max) Along(double center, int number, double scale, double shift)
        {
            var least = center - info.HalfSize + (number * side);
            var (a, b) = ((least - shift) / scale, (least + side - shift) / scale);

            // What is no number excludes nothing.
            return (Stored(Math.Floor(Math.Min(a, b)) - 1, int.MinValue), Stored(Math.Ceiling(Math.Max(a, b)) + 1, int.MaxValue));
        }
    }

    private static int Stored(double value, int otherwise) => double.IsNaN(value) ? otherwise : (int)Math.Clamp(value, int.MinValue, int.MaxValue);
}
