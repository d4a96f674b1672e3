using System.Globalization;

namespace Dataplug.Reports;

/// <summary>What tables say of a number of measurements.</summary>
/// <param name="Min">The smallest.</param>
/// <param name="Median">The one in the middle.</param>
/// <param name="P95">The smallest that is no less than 95 of 100.</param>
/// <param name="Max">The largest.</param>
internal sealed record Statistics(double Min, double Median, double P95, double Max)
{
    public static Statistics Of(IEnumerable<double> numbers)
    {
        var sorted = numbers.Order().ToArray();
        return new Statistics(sorted[0], (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[(int)Math.Ceiling(0.95 * sorted.Length) - 1], sorted[^1]);
    }

    /// <summary>Three digits, so that a table may hold microseconds and minutes.</summary>
    public static string Show(double number) => number.ToString(number switch { < 1 => "0.000", < 10 => "0.00", < 100 => "0.0", _ => "N0" }, CultureInfo.InvariantCulture);
}
