using Dataplug.Formats.Imzml.Imaging;

namespace Samples.Metaspace;

/// <summary>
/// The measure of spatial chaos: near 1 for an image of few connected regions, lower the more its bright pixels are strewn. Alexandrov and
/// Bartels, Bioinformatics 29 (2013), 2335, in the form of Palmer et al., Nature Methods 14 (2017), 57 (doi:10.1038/nmeth.4072, Methods).
/// </summary>
internal static class SpatialChaos
{
    /// <summary>How many levels METASPACE looks at.</summary>
    public const int DefaultLevels = 30;

    /// <summary>
    /// 1 − (mean number of regions) ∕ (number of pixels above 0). For each of n levels, max · i ∕ n with i from 0 to n − 1, the pixels above
    /// the level are dilated by their four neighbours and eroded by their eight (neighbours outside of the image count as set), and the
    /// regions connected by four neighbours are counted. These are the steps of METASPACE's engine (ims-cpp's <c>measureOfChaos</c>).
    /// </summary>
    /// <param name="image">The image; pixels without a spectrum are 0.</param>
    /// <param name="levels">How many levels, ≥ 1.</param>
    /// <returns>From 0 to 1. 0 where there is no region at any level, such as for single pixels: METASPACE has 0 there too, by taking 1 for
    /// 0.</returns>
    public static double Measure(IonImage image, int levels = DefaultLevels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        var values = image.Values.Span;
        var positive = 0;
        foreach (var value in values)
            positive += value > 0 ? 1 : 0;
        if (positive == 0)
            return 0;

        var (width, height) = (image.Width, image.Height);
        var above = new bool[values.Length];
        var dilated = new bool[values.Length];
        var regions = new Regions(width, height);
        long sum = 0;
        for (var level = 0; level < levels; level++)
        {
            var threshold = image.Max * level / levels;
            for (var i = 0; i < values.Length; i++)
                above[i] = values[i] > threshold;
            Dilate(above, dilated, width, height);
            Erode(dilated, above, width, height);
            sum += regions.Count(above);
        }

        return sum == 0 ? 0 : Math.Max(0, 1 - ((double)sum / levels / positive));
    }

    private static void Dilate(bool[] from, bool[] to, int width, int height)
    {
        for (int y = 0, i = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++, i++)
                to[i] = from[i] || (x > 0 && from[i - 1]) || (x < width - 1 && from[i + 1]) || (y > 0 && from[i - width]) || (y < height - 1 && from[i + width]);
        }
    }

    private static void Erode(bool[] from, bool[] to, int width, int height)
    {
        for (int y = 0, i = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++, i++)
            {
                var all = true;
                for (var row = Math.Max(y - 1, 0); all && row <= Math.Min(y + 1, height - 1); row++)
                {
                    for (var column = Math.Max(x - 1, 0); all && column <= Math.Min(x + 1, width - 1); column++)
                        all = from[(row * width) + column];
                }

                to[i] = all;
            }
        }
    }

    // Counts regions by filling them, one after the other.
    private sealed class Regions(int width, int height)
    {
        private readonly Stack<int> _border = new();

        public int Count(bool[] set)
        {
            var count = 0;
            for (var i = 0; i < set.Length; i++)
            {
                if (!set[i])
                    continue;
                count++;
                Clear(set, i);
                while (_border.TryPop(out var pixel))
                {
                    if (pixel % width > 0)
                        Clear(set, pixel - 1);
                    if (pixel % width < width - 1)
                        Clear(set, pixel + 1);
                    if (pixel >= width)
                        Clear(set, pixel - width);
                    if (pixel < (height - 1) * width)
                        Clear(set, pixel + width);
                }
            }

            return count;
        }

        private void Clear(bool[] set, int pixel)
        {
            if (!set[pixel])
                return;
            set[pixel] = false;
            _border.Push(pixel);
        }
    }
}
