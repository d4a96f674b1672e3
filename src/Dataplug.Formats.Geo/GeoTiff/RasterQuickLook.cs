namespace Dataplug.Formats.Geo;

/// <summary>A small picture of a raster, for people to look at.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Level">The level that it was made from.</param>
/// <param name="Rgb">Red, green and blue of each pixel, row after row; white where there is no data.</param>
public sealed record RasterQuickLook(int Width, int Height, int Level, ReadOnlyMemory<byte> Rgb)
{
    // Brightness: from the value that 2 % of all are below of to the one that 2 % are above of.
    private const double Cut = 0.02;

    /// <summary>Draws one from the coarsest level that has enough pixels. Reads that level block by block: memory is that of the picture.</summary>
    /// <param name="raster">The object; it is indexed.</param>
    /// <param name="size">The most columns and rows, 1 to 8192.</param>
    /// <param name="bands">Three bands for red, green and blue, or one, from 1; null for the colours that the object says, or its first
    /// bands.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <exception cref="PartitionException">There are no such bands.</exception>
    public static async Task<RasterQuickLook> DrawAsync(CloudObject<GeoTiffIndex> raster, int size = 1024, IReadOnlyList<int>? bands = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(raster);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 8192);
        var index = await raster.GetIndexAsync(cancellationToken).ConfigureAwait(false);
        var full = index.Levels[0];
        var scale = Math.Min(1, Math.Min((double)size / full.Width, (double)size / full.Height));
        var (width, height) = (Math.Max(1, (int)Math.Round(full.Width * scale)), Math.Max(1, (int)Math.Round(full.Height * scale)));
        var level = index.Levels.LastOrDefault(level => level.Width >= width && level.Height >= height) ?? full;
        if (bands is not null && bands.Count is not (1 or 3))
            throw new PartitionException(raster.Uri.Display, $"{bands.Count} bands are no picture", "Choose one band, or three for red, green and blue.");

        // Alpha, where it is not among the colours, is read too: it says where there is no data.
        var count = full.Layout.Bands;
        var colors = bands ?? (level.Layout.Photometric is 2 or 6 && count >= 3 ? [1, 2, 3] : level.Layout.Photometric is 0 or 1 && count == 3 ? [1, 2, 3] : [1]);
        var slice = (await raster.PartitionAsync(
            GeoTiffPartition.IntoWindows(1, new RasterSelection { Level = level.Number, Bands = count <= 4 && bands is null ? null : colors }), cancellationToken).ConfigureAwait(false)).Single();
        var (values, valid) = (new float[colors.Count][], new bool[width * height]);
        for (var i = 0; i < values.Length; i++)
            values[i] = new float[width * height];
        IReadOnlyList<int> colorMap = [];
        await foreach (var block in slice.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            colorMap = block.ColorMap;
            Sample(block);
        }

        return new RasterQuickLook(width, height, level.Number, colorMap.Count > 0 && colors.Count == 1 ? Paint(values[0], valid, colorMap) : Stretch(values, valid, level.Layout));

        // Of each pixel of the picture the pixel in the middle of what it covers.
        void Sample(Raster block)
        {
            var of = colors.Select(color => block.BandNumbers.Index().First(band => band.Item == color).Index).ToArray();
            for (var y = First(block.Window.Row, height, level.Height); y < height && At(y, height, level.Height) < block.Window.EndRow; y++)
            {
                var row = At(y, height, level.Height) - block.Window.Row;
                for (var x = First(block.Window.Column, width, level.Width); x < width && At(x, width, level.Width) < block.Window.EndColumn; x++)
                {
                    var column = At(x, width, level.Width) - block.Window.Column;
                    var isValid = true;
                    for (var i = 0; i < of.Length; i++)
                    {
                        var value = (float)block[of[i], row, column];
                        isValid &= float.IsFinite(value) && block.IsValid(of[i], row, column);
                        values[i][(y * width) + x] = value;
                    }

                    valid[(y * width) + x] = isValid;
                }
            }
        }

        static int At(int place, int small, int large) => (int)(((2L * place) + 1) * large / (2L * small));

        static int First(int from, int small, int large)
        {
            var place = (int)Math.Max(0, ((long)from * small / large) - 1);
            while (place < small && At(place, small, large) < from)
                place++;
            return place;
        }
    }

    /// <summary>Writes it as PNG.</summary>
    /// <param name="destination">Takes the file.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    public async Task WritePngAsync(Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using var picture = new MemoryStream();
        PngWriter.Write(picture, Width, Height, Rgb.Span, isSmooth: false);
        await destination.WriteAsync(picture.GetBuffer().AsMemory(0, (int)picture.Length), cancellationToken).ConfigureAwait(false);
    }

    private static byte[] Paint(float[] values, bool[] valid, IReadOnlyList<int> colorMap)
    {
        var rgb = new byte[values.Length * 3];
        for (var i = 0; i < values.Length; i++)
        {
            for (var j = 0; j < 3; j++)
                rgb[(3 * i) + j] = valid[i] && (3 * (int)values[i]) + j < colorMap.Count ? (byte)(colorMap[(3 * (int)values[i]) + j] >> 8) : (byte)255;
        }

        return rgb;
    }

    private static byte[] Stretch(float[][] bands, bool[] valid, RasterLayout layout)
    {
        var rgb = new byte[valid.Length * 3];
        Array.Fill(rgb, (byte)255);
        for (var color = 0; color < 3; color++)
        {
            var values = bands[bands.Length == 3 ? color : 0];
            var sorted = values.Where((_, i) => valid[i]).ToArray();
            if (sorted.Length == 0)
                break;
            Array.Sort(sorted);
            var (low, high) = (sorted[(int)((sorted.Length - 1) * Cut)], sorted[(int)((sorted.Length - 1) * (1 - Cut))]);

            // Pictures of colours are as they are meant to be.
            if (layout.Photometric is 2 or 6 && layout.Type == RasterType.UInt8 && bands.Length == 3)
                (low, high) = (0, 255);
            for (var i = 0; i < values.Length; i++)
            {
                if (!valid[i])
                    continue;
                var light = high > low ? Math.Clamp(((double)values[i] - low) / ((double)high - low), 0, 1) : 0.5;
                rgb[(3 * i) + color] = (byte)Math.Round(255 * (layout.Photometric == 0 ? 1 - light : light));
            }
        }

        return rgb;
    }
}
