namespace Dataplug.Reports;

/// <summary>The grid of an axis.</summary>
internal static class Scale
{
    /// <summary>The distance of the grid's lines: 1, 2 or 5 times a power of ten, about five of them.</summary>
    public static double Step(double largest)
    {
        var rough = Math.Max(largest, 1e-9) / 5;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return power * ((rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 });
    }
}
