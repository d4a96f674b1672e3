using System.Globalization;

namespace Dataplug.Formats.Imzml;

/// <summary>A box of pixels, borders included, in the coordinates of the data set (IMS:1000050 to IMS:1000052).</summary>
/// <param name="MinX">The smallest x.</param>
/// <param name="MinY">The smallest y.</param>
/// <param name="MaxX">The largest x.</param>
/// <param name="MaxY">The largest y.</param>
/// <param name="MinZ">The smallest z.</param>
/// <param name="MaxZ">The largest z.</param>
public readonly record struct PixelArea(int MinX, int MinY, int MaxX, int MaxY, int MinZ = int.MinValue, int MaxZ = int.MaxValue)
{
    /// <summary>Whether a pixel lies in it.</summary>
    public bool Contains(int x, int y, int z) => x >= MinX && x <= MaxX && y >= MinY && y <= MaxY && z >= MinZ && z <= MaxZ;

    /// <summary>Reads <c>x1,y1,x2,y2</c> or <c>x1,y1,z1,x2,y2,z2</c>.</summary>
    /// <exception cref="PartitionException">It is something else.</exception>
    public static PixelArea Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var numbers = new int[parts.Length];
        if (parts.Length is not (4 or 6) || parts.Where((part, i) => !int.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out numbers[i])).Any())
            throw new PartitionException(null, $"'{text}' is no area", "Write x1,y1,x2,y2 or x1,y1,z1,x2,y2,z2, whole numbers, borders included.");
        var half = numbers.Length / 2;
        for (var i = 0; i < half; i++)
        {
            if (numbers[i] > numbers[i + half])
                (numbers[i], numbers[i + half]) = (numbers[i + half], numbers[i]);
        }

        return half == 2 ? new PixelArea(numbers[0], numbers[1], numbers[2], numbers[3]) : new PixelArea(numbers[0], numbers[1], numbers[3], numbers[4], numbers[2], numbers[5]);
    }

    internal static IReadOnlyList<(int X, int Y)> ParsePixels(string text) =>
    [
        .. text.Split([';', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(line =>
            line.Split([',', '\t', ' '], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is [var x, var y]
            && int.TryParse(x, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var column) && int.TryParse(y, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var row)
                ? (column, row)
                : throw new PartitionException(null, $"'{line}' is no pixel", "Write x,y of each pixel, one a line or separated by semicolons.")),
    ];

    internal static IReadOnlyList<double> ParseNumbers(string text) =>
    [
        .. text.Split([',', ';', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part =>
            double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw new PartitionException(null, $"'{part}' is no m/z", "Write numbers separated by commas, e.g. 200,400.5,800.")),
    ];
}
