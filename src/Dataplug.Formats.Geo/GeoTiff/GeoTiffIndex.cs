using System.Text.Json;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>The index of a raster: its levels and where their blocks are. 16 bytes of memory a block.</summary>
public sealed class GeoTiffIndex : ObjectIndex
{
    /// <summary>The most blocks of one image.</summary>
    public const int MaxBlocks = 1 << 26;

    /// <summary>The most bytes of a block, decompressed.</summary>
    public const long MaxBlockBytes = 1 << 30;

    /// <summary>Blocks in a page of the table of blocks that slices of many blocks read.</summary>
    public const int BlocksPerPage = 1 << 17;

    /// <summary>The most slices of a plan.</summary>
    public const int MaxSlices = 1 << 20;

    internal const long MaxStoredBlockBytes = 1 << 30;

    /// <summary>The table of so few blocks fits into a slice whatever they are.</summary>
    internal const int AlwaysInline = 64;

    // A slice is at most 4096 characters: two tables on board, or a few references to pages.
    private const int InlineLength = 1300;
    private const int MaskInlineLength = 500;
    private const int MaxInlineBlocks = 1 << 16;
    private const int MaxPages = 4;
    private const int MaxRuns = 6;

    private readonly StoredLevel[] _levels;

    private GeoTiffIndex(SidecarReader sidecar, GeoTiffAttributes image, RasterStructure structure, StoredLevel[] levels)
        : base(sidecar)
    {
        Image = image;
        Georeference = structure.Georeference;
        Metadata = structure.Metadata;
        _levels = levels;
        Levels = [.. levels.Select((level, i) => LevelAt(i, level.Layout, level.Mask is not null))];
    }

    /// <summary>The attributes, typed.</summary>
    public GeoTiffAttributes Image { get; }

    /// <summary>Where the raster is on the map.</summary>
    public Georeference Georeference { get; }

    /// <summary>GDAL's metadata, at most 1000 items.</summary>
    public IReadOnlyList<GdalMetadataItem> Metadata { get; }

    /// <summary>The full resolution and the overviews, from fine to coarse.</summary>
    public IReadOnlyList<RasterLevel> Levels { get; }

    /// <summary>The coarsest level that is not coarser than a resolution; the full resolution where all are.</summary>
    /// <param name="resolution">Map units a pixel, or pixels of the full resolution where there is no map.</param>
    public RasterLevel LevelFor(double resolution) => Levels.LastOrDefault(level => level.Resolution <= resolution * (1 + 1e-6)) ?? Levels[0];

    /// <summary>The pixels that meet a rectangle on the map.</summary>
    /// <param name="bounds">The rectangle, in the raster's coordinate system.</param>
    /// <param name="level">The level.</param>
    /// <exception cref="PartitionException">The raster has no map, or is elsewhere.</exception>
    public RasterWindow WindowOf(RasterBounds bounds, int level = 0)
    {
        var at = LevelAt(level);
        if (at.Transform is not { } transform)
            throw new PartitionException(Source.Uri.Display, "the raster has no transform to a map, so that there are no bounding boxes", "Cut it by pixels: windows, size, blocks.");
        var (left, top, right, bottom) = (double.PositiveInfinity, double.PositiveInfinity, double.NegativeInfinity, double.NegativeInfinity);
        foreach (var (x, y) in new[] { (bounds.MinX, bounds.MinY), (bounds.MinX, bounds.MaxY), (bounds.MaxX, bounds.MinY), (bounds.MaxX, bounds.MaxY) })
        {
            var (column, row) = transform.ToPixel(x, y);
            (left, right, top, bottom) = (Math.Min(left, column), Math.Max(right, column), Math.Min(top, row), Math.Max(bottom, row));
        }

        // Edges that are those of pixels but for rounding take no pixel more.
        const double Slack = 1e-6;
        var (startColumn, startRow) = (Math.Max(0, Math.Floor(left + Slack)), Math.Max(0, Math.Floor(top + Slack)));
        var (endColumn, endRow) = (Math.Min(at.Width, Math.Ceiling(right - Slack)), Math.Min(at.Height, Math.Ceiling(bottom - Slack)));
        return endColumn > startColumn && endRow > startRow
            ? new RasterWindow((int)startColumn, (int)startRow, (int)(endColumn - startColumn), (int)(endRow - startRow))
            : throw new PartitionException(Source.Uri.Display, $"the bounding box {bounds} is outside of the raster, which covers {transform.BoundsOf(at.Width, at.Height)}", "Choose one within it; the coordinates are those of the raster's own system.");
    }

    /// <summary>The pixels that meet a rectangle of longitudes and latitudes.</summary>
    /// <param name="bounds">West, south, east, north, in degrees.</param>
    /// <param name="level">The level.</param>
    /// <exception cref="PartitionException">The raster has no map, or one that longitudes and latitudes are not transformed to, or is elsewhere.</exception>
    public RasterWindow WindowOfLonLat(RasterBounds bounds, int level = 0) => WindowOf(CoordinateSystems.FromLonLat(bounds, Georeference.Epsg, Source.Uri.Display), level);

    /// <summary>Slices of windows, one each, in their order. For strategies of your own.</summary>
    /// <param name="windows">The windows, within the level.</param>
    /// <param name="level">The level: 0 the full resolution.</param>
    /// <param name="bands">The bands, from 1, each once; null for all.</param>
    /// <exception cref="PartitionException">There is no such level, window or band, or there are too many windows.</exception>
    public IReadOnlyList<GeoTiffSlice> Cut(IEnumerable<RasterWindow> windows, int level = 0, IReadOnlyList<int>? bands = null)
    {
        ArgumentNullException.ThrowIfNull(windows);
        var at = LevelAt(level);
        var stored = _levels[level];
        if (bands is not null && (bands.Count == 0 || bands.Distinct().Count() != bands.Count || bands.Any(band => band < 1 || band > stored.Layout.Bands)))
            throw new PartitionException(Source.Uri.Display, $"bands {string.Join(",", bands)} are not bands of the raster, which has {stored.Layout.Bands}", "Write their numbers from 1, each once.");
        if (bands is not null && bands.Count > 256)
            throw new PartitionException(Source.Uri.Display, $"{bands.Count} bands can't be listed in a slice", "Take all bands, or at most 256.");
        var isAll = bands is null || bands.SequenceEqual(Enumerable.Range(1, stored.Layout.Bands));
        var chosen = isAll ? null : bands!.ToArray();
        var slices = new List<GeoTiffSlice>();
        foreach (var window in windows)
        {
            if (!window.IsInside(at.Width, at.Height))
                throw new PartitionException(Source.Uri.Display, $"the window {window} is not inside of level {level}, which has {at.Width} x {at.Height} pixels");
            if (slices.Count == MaxSlices)
                throw new PartitionException(Source.Uri.Display, $"there would be more than {MaxSlices} slices", "Cut larger windows.");
            slices.Add(new GeoTiffSlice
            {
                Source = Source,
                Index = slices.Count,
                Count = 0,
                Level = level,
                Window = window,
                Bands = chosen,
                Layout = stored.Layout,
                Blocks = SetOf(stored.Layout, stored.Table, window, chosen, InlineLength),
                Mask = stored.Mask,
                MaskBlocks = stored.Mask is null ? null : SetOf(stored.Mask, stored.MaskTable!, window, null, MaskInlineLength),
                Profile = stored.Profile,
                Transform = at.Transform?.Translate(window.Column, window.Row),
                Epsg = Georeference.Epsg,
                IsPixelPoint = Georeference.IsPixelPoint,
            });
        }

        for (var i = 0; i < slices.Count; i++)
            slices[i] = slices[i] with { Count = slices.Count };
        return slices;
    }

    internal RasterLevel LevelOf(RasterSelection? selection) =>
        selection is null ? Levels[0]
        : selection.Level is { } level ? LevelAt(level)
        : selection.Resolution is { } resolution ? LevelFor(resolution)
        : Levels[0];

    internal static async Task<GeoTiffIndex> LoadAsync(SidecarReader sidecar, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sidecar);
        var name = sidecar.Header.Source.Uri.Display;
        GeoTiffAttributes attributes;
        RasterStructure structure;
        try
        {
            attributes = sidecar.Attributes.Deserialize(GeoTiffIndexJson.Default.GeoTiffAttributes)!;
            structure = JsonSerializer.Deserialize(await sidecar.ReadSectionAsync(RasterContent.StructureSection, cancellationToken).ConfigureAwait(false), GeoTiffIndexJson.Default.RasterStructure)!;
        }
        catch (JsonException failure)
        {
            throw new CorruptIndexException(name, "the index's attributes or levels are not those of a GeoTIFF", innerException: failure);
        }

        if (structure.Levels.Count == 0 || structure.Levels.Any(level => level.Layout.Contradiction() is not null || level.Mask?.Contradiction() is not null))
            throw new CorruptIndexException(name, "the levels of an index of a GeoTIFF are none");
        var levels = new StoredLevel[structure.Levels.Count];
        for (var i = 0; i < levels.Length; i++)
        {
            var (layout, mask) = structure.Levels[i];
            var profile = await sidecar.ReadBlobTableAsync(RasterContent.Profile(i), cancellationToken).ConfigureAwait(false);
            if (profile.Count != 1)
                throw new CorruptIndexException(name, "the tags of an index of a GeoTIFF are missing");
            levels[i] = new StoredLevel(
                layout, await LoadTableAsync(i, layout, isMask: false).ConfigureAwait(false), mask,
                mask is null ? null : await LoadTableAsync(i, mask, isMask: true).ConfigureAwait(false), profile[0]);
        }

        return new GeoTiffIndex(sidecar, attributes, structure, levels);

        async Task<StoredTable> LoadTableAsync(int level, RasterLayout layout, bool isMask)
        {
            var offsets = await sidecar.ReadColumnAsync(RasterContent.Offsets(level, isMask), cancellationToken).ConfigureAwait(false);
            var lengths = await sidecar.ReadColumnAsync(RasterContent.Lengths(level, isMask), cancellationToken).ConfigureAwait(false);
            var size = sidecar.Header.Source.Size;
            if (offsets.Length != layout.BlockCount || lengths.Length != offsets.Length || offsets.Zip(lengths).Any(block => block.First < 0 || block.Second < 0 || block.First > size || block.Second > size - block.First))
                throw new CorruptIndexException(name, "the table of blocks of an index of a GeoTIFF is damaged");
            var pages = sidecar.HasSection(RasterContent.Pages(level, isMask)) ? await sidecar.ReadBlobTableAsync(RasterContent.Pages(level, isMask), cancellationToken).ConfigureAwait(false) : null;
            if (offsets.Length > AlwaysInline && pages?.Count != (offsets.Length + BlocksPerPage - 1) / BlocksPerPage)
                throw new CorruptIndexException(name, "pages of the table of blocks of an index of a GeoTIFF are missing");
            return new StoredTable(offsets, lengths, pages);
        }
    }

    private RasterLevel LevelAt(int level) =>
        level >= 0 && level < Levels.Count
            ? Levels[level]
            : throw new PartitionException(Source.Uri.Display, $"there is no level {level}; the raster has {Levels.Count}, from 0, the full resolution", "'dataplug inspect' shows the levels.");

    private RasterLevel LevelAt(int number, RasterLayout layout, bool hasMask)
    {
        var whole = _levels[0].Layout;
        var (columns, rows) = ((double)whole.Width / layout.Width, (double)whole.Height / layout.Height);
        var transform = Georeference.Transform?.Scale(columns, rows);
        return new RasterLevel(number, layout, hasMask, transform, transform is { } t ? Math.Max(Math.Sqrt((t.PixelWidth * t.PixelWidth) + (t.ColumnShear * t.ColumnShear)), Math.Sqrt((t.PixelHeight * t.PixelHeight) + (t.RowShear * t.RowShear))) : Math.Max(columns, rows));
    }

    private BlockSet SetOf(RasterLayout layout, StoredTable table, RasterWindow window, IReadOnlyList<int>? bands, int inlineLength)
    {
        var count = WindowReader.CountOf(layout, window, bands);
        if (count <= MaxInlineBlocks)
        {
            var text = BlockTable.ToText([.. WindowReader.NumbersOf(layout, window, bands).Select(Block)]);
            if (text.Length <= inlineLength || table.Pages is null)
                return new BlockSet { Inline = text };
        }

        var pages = WindowReader.NumbersOf(layout, window, bands).Select(number => (int)(number / BlocksPerPage)).Distinct().Take(MaxPages + 1).Order().ToArray();
        if (pages.Length > MaxPages)
            throw new PartitionException(Source.Uri.Display, $"the window {window} takes {count} blocks, too many for one slice", "Cut smaller windows.");

        // The bytes in which they lie, so that it is known without the pages what is fetched at most.
        var runs = RangePlanner.Plan([.. WindowReader.NumbersOf(layout, window, bands).Select(Block)], WindowReader.ReadOptions with { MaxRunSize = long.MaxValue }).Runs.Select(run => run.Range).ToArray();
        var kept = Enumerable.Range(1, Math.Max(0, runs.Length - 1)).OrderByDescending(i => runs[i].Offset - runs[i - 1].End).Take(MaxRuns - 1).Order().ToArray();
        int[] starts = runs.Length == 0 ? [] : [0, .. kept];
        return new BlockSet
        {
            Pages = [.. pages.Select(page => table.Pages![page])],
            PageNumbers = pages,
            Runs = [.. starts.Select((start, i) => ByteRange.FromBounds(runs[start].Offset, runs[(i + 1 < starts.Length ? starts[i + 1] : runs.Length) - 1].End))],
        };

        ByteRange Block(long number) => new(table.Offsets[number], table.Lengths[number]);
    }

    private sealed record StoredTable(long[] Offsets, long[] Lengths, BlobTable? Pages);

    private sealed record StoredLevel(RasterLayout Layout, StoredTable Table, RasterLayout? Mask, StoredTable? MaskTable, BlobReference Profile);
}

/// <summary>One level of a raster: the full resolution or an overview.</summary>
/// <param name="Number">0 for the full resolution, then from fine to coarse.</param>
/// <param name="Layout">How it is stored.</param>
/// <param name="HasMask">Whether it has a mask.</param>
/// <param name="Transform">From its pixels to the map; null where there is none.</param>
/// <param name="Resolution">Map units a pixel, along the coarser axis; pixels of the full resolution where there is no map.</param>
public sealed record RasterLevel(int Number, RasterLayout Layout, bool HasMask, AffineTransform? Transform, double Resolution)
{
    /// <summary>Columns.</summary>
    public int Width => Layout.Width;

    /// <summary>Rows.</summary>
    public int Height => Layout.Height;

    /// <summary>All of its pixels.</summary>
    public RasterWindow Whole => new(0, 0, Width, Height);
}
