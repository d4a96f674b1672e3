namespace Dataplug.Formats.Geo;

/// <summary>A small picture of points from above: coloured by height and shaded as if the sun stood in the north-west.</summary>
public sealed class LasPreview
{
    /// <summary>The most pixels of a side.</summary>
    public const int MaxSide = 4096;

    private const int FillRounds = 3;
    private const int MostGrowth = 12;

    // From low to high: deep blue, green, yellow, brown, white.
    private static readonly (double R, double G, double B)[] Colours = [(44, 62, 130), (38, 130, 120), (122, 181, 90), (224, 208, 120), (176, 124, 84), (245, 242, 238)];

    private LasPreview(int width, int height, byte[] rgb)
    {
        Width = width;
        Height = height;
        Rgb = rgb;
    }

    /// <summary>Pixels across.</summary>
    public int Width { get; }

    /// <summary>Pixels down.</summary>
    public int Height { get; }

    /// <summary>The pixels in rows from the top (the greatest y), each from the left (the least x): a byte each of red, green and blue. White where
    /// there are no points.</summary>
    public ReadOnlyMemory<byte> Rgb { get; }

    /// <summary>Makes a picture of an object of a sample of its points.</summary>
    /// <param name="source">The object, preprocessed.</param>
    /// <param name="width">Pixels across, 1 to 4096.</param>
    /// <param name="height">Pixels down, 1 to 4096.</param>
    /// <param name="points">About how many points to look at, ≥ 1: blocks of them at even distances over the object.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public static async Task<LasPreview> CreateAsync(CloudObject<LasIndex> source, int width, int height, long points = 2_000_000, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        var index = await source.GetIndexAsync(cancellationToken).ConfigureAwait(false);
        return await CreateAsync(index.Sample(points) with { Stores = source.Options.Stores }, width, height, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes a picture of all points of a slice, which are in memory meanwhile.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="width">Pixels across, 1 to 4096.</param>
    /// <param name="height">Pixels down, 1 to 4096.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public static async Task<LasPreview> CreateAsync(LasSlice slice, int width, int height, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(slice);
        var batches = new List<LasPoints>();
        await foreach (var batch in slice.ReadAsync(cancellationToken).ConfigureAwait(false))
            batches.Add(batch);
        return Draw(batches, width, height);
    }

    /// <summary>Draws points.</summary>
    /// <param name="batches">The points, all of one object.</param>
    /// <param name="width">Pixels across, 1 to 4096.</param>
    /// <param name="height">Pixels down, 1 to 4096.</param>
    public static LasPreview Draw(IReadOnlyList<LasPoints> batches, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(batches);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, MaxSide);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, MaxSide);
        var heights = HeightsOf(batches, width, height);

        // Where points lie far apart, each is drawn about as large as the way to the next.
        var share = heights.Count(z => !double.IsNaN(z)) / (double)heights.Length;
        for (var round = 0; share is > 0 and < 0.25 && round < Math.Min(MostGrowth, 0.6 / Math.Sqrt(share)); round++)
            Fill(heights, width, height, neighbours: 1);
        for (var round = 0; round < FillRounds; round++)
            Fill(heights, width, height, neighbours: 3);
        return new LasPreview(width, height, Paint(heights, width, height));
    }

    /// <summary>Writes the picture as PNG.</summary>
    public void WritePng(Stream destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        PngWriter.Write(destination, Width, Height, Rgb.Span);
    }

    // The highest point of each pixel; NaN where there is none. Pixels are square, the points in the middle.
    private static double[] HeightsOf(IReadOnlyList<LasPoints> batches, int width, int height)
    {
        var heights = new double[width * height];
        Array.Fill(heights, double.NaN);
        var (minX, minY, maxX, maxY) = (double.PositiveInfinity, double.PositiveInfinity, double.NegativeInfinity, double.NegativeInfinity);
        foreach (var batch in batches)
        {
            foreach (var x in batch.X)
                (minX, maxX) = (Math.Min(minX, x), Math.Max(maxX, x));
            foreach (var y in batch.Y)
                (minY, maxY) = (Math.Min(minY, y), Math.Max(maxY, y));
        }

        // Where scales are no numbers, places are none either.
        if (!(double.IsFinite(maxX - minX) && double.IsFinite(maxY - minY)))
            return heights;
        var pixel = Math.Max((maxX - minX) / width, (maxY - minY) / height);
        if (pixel <= 0)
            pixel = 1;
        var (left, top) = ((width - ((maxX - minX) / pixel)) / 2, (height - ((maxY - minY) / pixel)) / 2);
        foreach (var batch in batches)
        {
            var x = batch.X;
            var y = batch.Y;
            var z = batch.Z;
            for (var i = 0; i < x.Length; i++)
            {
                var column = Math.Clamp((int)(left + ((x[i] - minX) / pixel)), 0, width - 1);
                var row = Math.Clamp((int)(top + ((maxY - y[i]) / pixel)), 0, height - 1);
                ref var there = ref heights[(row * width) + column];
                if (!(there >= z[i]) && double.IsFinite(z[i]))
                    there = z[i];
            }
        }

        return heights;
    }

    // Pixels with a number of neighbours get the mean of these.
    private static void Fill(double[] heights, int width, int height, int neighbours)
    {
        var before = (double[])heights.Clone();
        for (var row = 0; row < height; row++)
        {
            for (var column = 0; column < width; column++)
            {
                if (!double.IsNaN(before[(row * width) + column]))
                    continue;
                var (sum, count) = (0.0, 0);
                for (var i = Math.Max(0, row - 1); i <= Math.Min(height - 1, row + 1); i++)
                {
                    for (var j = Math.Max(0, column - 1); j <= Math.Min(width - 1, column + 1); j++)
                    {
                        if (before[(i * width) + j] is var z && !double.IsNaN(z))
                            (sum, count) = (sum + z, count + 1);
                    }
                }

                if (count >= neighbours)
                    heights[(row * width) + column] = sum / count;
            }
        }
    }

    private static byte[] Paint(double[] heights, int width, int height)
    {
        var rgb = new byte[3 * heights.Length];
        Array.Fill(rgb, byte.MaxValue);
        var sorted = heights.Where(z => !double.IsNaN(z)).Order().ToArray();
        if (sorted.Length == 0)
            return rgb;

        // Birds and wells are no measure of the ground.
        var (low, high) = (sorted[sorted.Length / 50], sorted[sorted.Length - 1 - (sorted.Length / 50)]);
        var slopes = new (double X, double Y)[heights.Length];
        for (var row = 0; row < height; row++)
        {
            for (var column = 0; column < width; column++)
                slopes[(row * width) + column] = (Difference(row, column, 0, 1), Difference(row, column, 1, 0));
        }

        // Whatever the units of height and place are, steep is what is steep here.
        var steepness = slopes.Select(slope => Math.Sqrt((slope.X * slope.X) + (slope.Y * slope.Y))).Where(slope => slope > 0).Order().ToArray();
        var unit = steepness.Length == 0 ? 1 : steepness[(int)(steepness.Length * 0.9)];
        for (var i = 0; i < heights.Length; i++)
        {
            if (double.IsNaN(heights[i]))
                continue;
            var (x, y) = (slopes[i].X / unit, slopes[i].Y / unit);

            // Lambert: light from the north-west, 45° high.
            var light = ((0.5 * x) + (0.5 * y) + Math.Sqrt(0.5)) / Math.Sqrt((x * x) + (y * y) + 1);
            var shade = 0.45 + (0.55 * Math.Clamp(light, 0, 1) / Math.Sqrt(0.5));
            var place = high > low ? Math.Clamp((heights[i] - low) / (high - low), 0, 1) * (Colours.Length - 1) : 0;
            var first = Math.Min((int)place, Colours.Length - 2);
            var part = place - first;
            var (from, to) = (Colours[first], Colours[first + 1]);
            rgb[3 * i] = Channel(from.R, to.R);
            rgb[(3 * i) + 1] = Channel(from.G, to.G);
            rgb[(3 * i) + 2] = Channel(from.B, to.B);

            byte Channel(double a, double b) => (byte)Math.Clamp((a + (part * (b - a))) * shade, 0, 255);
        }

        return rgb;

        // Towards the right or downwards, over neighbours that are there.
        double Difference(int row, int column, int down, int right)
        {
            var here = heights[(row * width) + column];
            if (double.IsNaN(here))
                return 0;
            var before = At(row - down, column - right);
            var behind = At(row + down, column + right);
            return double.IsNaN(before) ? double.IsNaN(behind) ? 0 : behind - here : double.IsNaN(behind) ? here - before : (behind - before) / 2;
        }

        double At(int row, int column) => row < 0 || row >= height || column < 0 || column >= width ? double.NaN : heights[(row * width) + column];
    }
}
