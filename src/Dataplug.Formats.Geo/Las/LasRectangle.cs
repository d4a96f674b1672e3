using System.Text.Json.Serialization;

namespace Dataplug.Formats.Geo;

/// <summary>A rectangle of quantised coordinates, as they are stored: all four bounds belong to it. It is empty where a greatest is
/// below its least.</summary>
/// <param name="MinX">The least X.</param>
/// <param name="MinY">The least Y.</param>
/// <param name="MaxX">The greatest X.</param>
/// <param name="MaxY">The greatest Y.</param>
public readonly record struct LasRectangle(int MinX, int MinY, int MaxX, int MaxY)
{
    /// <summary>All coordinates there are.</summary>
    public static LasRectangle Everything { get; } = new(int.MinValue, int.MinValue, int.MaxValue, int.MaxValue);

    /// <summary>No coordinates.</summary>
    public static LasRectangle Empty { get; } = new(0, 0, -1, -1);

    /// <summary>Whether no point can be in it.</summary>
    [JsonIgnore]
    public bool IsEmpty => MaxX < MinX || MaxY < MinY;

    /// <summary>Whether a point is in it.</summary>
    public bool Contains(int x, int y) => x >= MinX && x <= MaxX && y >= MinY && y <= MaxY;

    /// <summary>Whether all of another rectangle is in it.</summary>
    public bool Contains(LasRectangle other) => other.IsEmpty || (Contains(other.MinX, other.MinY) && Contains(other.MaxX, other.MaxY));

    /// <summary>Whether another rectangle has coordinates in common with it.</summary>
    public bool Intersects(LasRectangle other) =>
        !IsEmpty && !other.IsEmpty && other.MinX <= MaxX && other.MaxX >= MinX && other.MinY <= MaxY && other.MaxY >= MinY;

    /// <summary>What it has in common with another.</summary>
    public LasRectangle Intersect(LasRectangle other) =>
        new(Math.Max(MinX, other.MinX), Math.Max(MinY, other.MinY), Math.Min(MaxX, other.MaxX), Math.Min(MaxY, other.MaxY));
}
