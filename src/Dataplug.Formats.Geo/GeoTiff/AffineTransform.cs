namespace Dataplug.Formats.Geo;

/// <summary>
/// From pixels to the map, with the six numbers in GDAL's order. Pixel coordinates are those of corners: (0, 0) is the upper left corner
/// of the first pixel, its middle is (0.5, 0.5).
/// </summary>
/// <param name="OriginX">X of the upper left corner.</param>
/// <param name="PixelWidth">How X changes with the column.</param>
/// <param name="RowShear">How X changes with the row; 0 where the raster is not rotated.</param>
/// <param name="OriginY">Y of the upper left corner.</param>
/// <param name="ColumnShear">How Y changes with the column; 0 where the raster is not rotated.</param>
/// <param name="PixelHeight">How Y changes with the row; negative where north is up.</param>
public readonly record struct AffineTransform(double OriginX, double PixelWidth, double RowShear, double OriginY, double ColumnShear, double PixelHeight)
{
    /// <summary>Whether columns go along X and rows along Y.</summary>
    public bool IsAligned => RowShear == 0 && ColumnShear == 0;

    private double Determinant => (PixelWidth * PixelHeight) - (RowShear * ColumnShear);

    internal bool IsUsable => double.IsFinite(OriginX) && double.IsFinite(OriginY) && double.IsFinite(Determinant) && Determinant != 0 && double.IsFinite(1 / Determinant);

    /// <summary>The place on the map of a place among the pixels.</summary>
    public (double X, double Y) ToMap(double column, double row) =>
        (OriginX + (column * PixelWidth) + (row * RowShear), OriginY + (column * ColumnShear) + (row * PixelHeight));

    /// <summary>The place among the pixels of a place on the map.</summary>
    public (double Column, double Row) ToPixel(double x, double y)
    {
        var (dx, dy, d) = (x - OriginX, y - OriginY, Determinant);
        return (((dx * PixelHeight) - (dy * RowShear)) / d, ((dy * PixelWidth) - (dx * ColumnShear)) / d);
    }

    /// <summary>The transform of a window that begins at a pixel.</summary>
    public AffineTransform Translate(double columns, double rows)
    {
        var (x, y) = ToMap(columns, rows);
        return this with { OriginX = x, OriginY = y };
    }

    /// <summary>The transform of the same raster with pixels that are so many times wider and higher.</summary>
    public AffineTransform Scale(double columns, double rows) =>
        new(OriginX, PixelWidth * columns, RowShear * rows, OriginY, ColumnShear * columns, PixelHeight * rows);

    /// <summary>What pixels up to a width and height cover.</summary>
    public RasterBounds BoundsOf(double width, double height)
    {
        var bounds = RasterBounds.Empty;
        foreach (var (column, row) in new[] { (0.0, 0.0), (width, 0), (0, height), (width, height) })
        {
            var (x, y) = ToMap(column, row);
            bounds = bounds.With(x, y);
        }

        return bounds;
    }
}

/// <summary>A rectangle on the map.</summary>
/// <param name="MinX">Its least X (west).</param>
/// <param name="MinY">Its least Y (south).</param>
/// <param name="MaxX">Its greatest X (east).</param>
/// <param name="MaxY">Its greatest Y (north).</param>
public readonly record struct RasterBounds(double MinX, double MinY, double MaxX, double MaxY)
{
    internal static RasterBounds Empty { get; } = new(double.PositiveInfinity, double.PositiveInfinity, double.NegativeInfinity, double.NegativeInfinity);

    internal RasterBounds With(double x, double y) => new(Math.Min(MinX, x), Math.Min(MinY, y), Math.Max(MaxX, x), Math.Max(MaxY, y));

    /// <summary>Reads <c>minX,minY,maxX,maxY</c>.</summary>
    /// <exception cref="PartitionException">The text is no such rectangle.</exception>
    public static RasterBounds Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var numbers = new double[4];
        if (parts.Length != 4)
            throw Bad();
        for (var i = 0; i < 4; i++)
        {
            if (!double.TryParse(parts[i], System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out numbers[i]) || !double.IsFinite(numbers[i]))
                throw Bad();
        }

        var bounds = new RasterBounds(numbers[0], numbers[1], numbers[2], numbers[3]);
        return bounds.MinX < bounds.MaxX && bounds.MinY < bounds.MaxY ? bounds : throw Bad();

        PartitionException Bad() => new(null, $"'{text}' is no bounding box", "Write it as minX,minY,maxX,maxY: four numbers, the least ones first.");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{MinX},{MinY},{MaxX},{MaxY}");
}
