using System.Runtime.CompilerServices;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>Reads the blocks of a slice: fetched together where they lie together, decoded one after another.</summary>
internal sealed class WindowReader
{
    private readonly PinnedObject _source;
    private readonly ByteRange[] _blocks;
    private readonly ByteRange[]? _maskBlocks;
    private readonly BlockDecoder _decoder;
    private readonly BlockDecoder? _maskDecoder;
    private readonly int[] _planes;
    private readonly (int Sample, int Band)[][] _samples;

    private WindowReader(GeoTiffSlice slice, PinnedObject source, TiffProfile profile, ByteRange[] blocks, ByteRange[]? maskBlocks)
    {
        Slice = slice;
        Profile = profile;
        _source = source;
        _blocks = blocks;
        _maskBlocks = maskBlocks;
        var layout = slice.Layout;
        _decoder = new BlockDecoder(layout, profile, slice.Source.Uri.Display);
        _maskDecoder = slice.Mask is null ? null : new BlockDecoder(slice.Mask, new TiffProfile([]), slice.Source.Uri.Display);
        Bands = slice.Bands ?? [.. Enumerable.Range(1, layout.Bands)];
        _planes = PlanesOf(layout, slice.Bands);
        _samples = layout.IsPlanar
            ? [.. _planes.Select(plane => Bands.Index().Where(band => band.Item == plane + 1).Select(band => (0, band.Index)).ToArray())]
            : [[.. Bands.Index().Select(band => (band.Item - 1, band.Index))]];
        var isPalette = layout.Photometric == 3;
        Context = new RasterContext(
            slice.Source.Uri.Display, slice.Level, slice.Window, Bands, slice.Transform, slice.Epsg, profile.NoData,
            isPalette ? ColorsOf(profile) : [], AlphaOf(layout, profile) is { } alpha && Bands.Index().FirstOrDefault(band => band.Item == alpha + 1, (Index: -1, Item: 0)) is { Index: >= 0 } found ? found.Index : null,
            layout.BitsPerSample);
    }

    /// <summary>Fetches what lies within 128 KiB as one, at most 64 MiB at a time.</summary>
    public static ReadManyOptions ReadOptions { get; } = new() { MaxBytesInFlight = 64 << 20 };

    public GeoTiffSlice Slice { get; }

    public TiffProfile Profile { get; }

    /// <summary>The bands, from 1.</summary>
    public IReadOnlyList<int> Bands { get; }

    public RasterContext Context { get; }

    public bool HasMask => Slice.Mask is not null;

    private bool IsMaskAlike => Slice.Mask is { } mask && mask.IsCutLike(Slice.Layout);

    /// <summary>Whether the window is made of whole blocks with all bands, which can be passed on.</summary>
    public bool CanCopy
    {
        get
        {
            var (layout, window) = (Slice.Layout, Slice.Window);
            return Slice.Bands is null && (Slice.Mask is null || IsMaskAlike)
                && window.Column % layout.BlockWidth == 0 && window.Row % layout.BlockHeight == 0
                && (window.EndColumn == layout.Width || (layout.IsTiled && window.EndColumn % layout.BlockWidth == 0))
                && (window.EndRow == layout.Height || window.EndRow % layout.BlockHeight == 0);
        }
    }

    /// <summary>Where the blocks are, in the order in which they are read.</summary>
    public IReadOnlyList<ByteRange> Blocks => _blocks;

    public IReadOnlyList<ByteRange> MaskBlocks => _maskBlocks ?? [];

    /// <summary>Blocks of one place.</summary>
    public int PlaneCount => _planes.Length;

    public static InvalidSliceException Contradictory(GeoTiffSlice slice, string problem) => new(slice.Source.Uri.Display, $"the slice contradicts itself: {problem}");

    /// <summary>The number of blocks that a window touches in the bands of it.</summary>
    public static long CountOf(RasterLayout layout, RasterWindow window, IReadOnlyList<int>? bands)
    {
        var (columns, rows) = PlacesOf(layout, window);
        return (long)(columns.End - columns.Start) * (rows.End - rows.Start) * PlanesOf(layout, bands).Length;
    }

    /// <summary>The numbers of the blocks that a window touches, in the order in which they are read.</summary>
    public static IEnumerable<long> NumbersOf(RasterLayout layout, RasterWindow window, IReadOnlyList<int>? bands)
    {
        var (columns, rows) = PlacesOf(layout, window);
        var planes = PlanesOf(layout, bands);
        var perPlane = (long)layout.BlocksAcross * layout.BlocksDown;
        for (var row = rows.Start; row < rows.End; row++)
        {
            for (var column = columns.Start; column < columns.End; column++)
            {
                foreach (var plane in planes)
                    yield return (plane * perPlane) + ((long)row * layout.BlocksAcross) + column;
            }
        }
    }

    public static async Task<WindowReader> OpenAsync(GeoTiffSlice slice, PinnedObject source, CancellationToken cancellationToken)
    {
        if (slice.Layout.Contradiction() is { } problem)
            throw Contradictory(slice, problem);
        if (!slice.Window.IsInside(slice.Layout.Width, slice.Layout.Height) || (slice.Bands is { } bands && (bands.Count == 0 || bands.Any(band => band < 1 || band > slice.Layout.Bands))))
            throw Contradictory(slice, "its window or its bands are not of the raster");
        if (slice.Mask is { } mask && (mask.Contradiction() is not null || mask.Width != slice.Layout.Width || mask.Height != slice.Layout.Height || mask.Type != RasterType.UInt8 || mask.Bands != 1))
            throw Contradictory(slice, "its mask is none");
        if ((slice.Mask is null) != (slice.MaskBlocks is null))
            throw Contradictory(slice, "its mask has no blocks");
        var profile = TiffProfile.FromBytes((await slice.Profile.LoadAsync(slice.Stores, cancellationToken).ConfigureAwait(false)).Span, slice.Source.Uri.Display);
        var blocks = await LoadAsync(slice, slice.Layout, slice.Blocks, slice.Bands, cancellationToken).ConfigureAwait(false);
        var maskBlocks = slice.Mask is null ? null : await LoadAsync(slice, slice.Mask, slice.MaskBlocks!, null, cancellationToken).ConfigureAwait(false);
        return new WindowReader(slice, source, profile, blocks, maskBlocks);
    }

    /// <summary>Room for the whole window.</summary>
    public Raster CreateWhole()
    {
        var bytes = (long)Slice.Window.Width * Slice.Window.Height * ((RasterTypes.SizeOf(Slice.Layout.Type) * (long)Bands.Count) + (HasMask ? 1 : 0));
        return bytes <= GC.GetGCMemoryInfo().TotalAvailableMemoryBytes
            ? new Raster(Slice.Layout.Type, Slice.Window, Bands.Count, Context, HasMask)
            : throw new InvalidSliceException(Slice.Source.Uri.Display, $"the window of {Slice.Window.Width} x {Slice.Window.Height} pixels takes {bytes} bytes, more than there is memory", "Cut smaller windows, or read the slice block by block: ReadAsync.");
    }

    /// <summary>Reads block by block.</summary>
    /// <param name="whole">Takes the pixels, and is what is returned every time; null for a raster of each block.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async IAsyncEnumerable<Raster> ReadAsync(Raster? whole, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (layout, window) = (Slice.Layout, Slice.Window);
        var mask = HasMask && !IsMaskAlike ? await ReadMaskAsync(cancellationToken).ConfigureAwait(false) : null;
        await foreach (var place in FetchAsync(cancellationToken).ConfigureAwait(false))
        {
            var part = Cut(layout, window, place.Column, place.Row);
            var target = whole ?? new Raster(layout.Type, part, Bands.Count, Context, HasMask);
            for (var i = 0; i < _planes.Length; i++)
                Place(place, i, part, target);
            if (HasMask)
            {
                if (mask is not null)
                    CopyMask(mask, part, target);
                else
                    PlaceMask(Slice.Mask!, place, part, target.MaskBytes, target.Window);
            }

            yield return target;
        }
    }

    /// <summary>Fetches the blocks as they are stored, and looks whether they can be decoded.</summary>
    public async IAsyncEnumerable<FetchedPlace> CopyAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var place in FetchAsync(cancellationToken).ConfigureAwait(false))
        {
            for (var i = 0; i < _planes.Length; i++)
            {
                if (!place.Blocks[i].IsEmpty)
                    _ = _decoder.Decode(place.Blocks[i], Slice.Layout.RowsOf(place.Row), place.Ranges[i].Offset);
            }

            if (HasMask && !place.Blocks[^1].IsEmpty)
                _ = _maskDecoder!.Decode(place.Blocks[^1], Slice.Mask!.RowsOf(place.Row), place.Ranges[^1].Offset);
            yield return place;
        }
    }

    private static int[] PlanesOf(RasterLayout layout, IReadOnlyList<int>? bands) =>
        !layout.IsPlanar ? [0]
        : bands is null ? [.. Enumerable.Range(0, layout.Bands)]
        : [.. bands.Distinct().Order().Select(band => band - 1)];

    private static ((int Start, int End) Columns, (int Start, int End) Rows) PlacesOf(RasterLayout layout, RasterWindow window) =>
        ((window.Column / layout.BlockWidth, ((window.EndColumn - 1) / layout.BlockWidth) + 1), (window.Row / layout.BlockHeight, ((window.EndRow - 1) / layout.BlockHeight) + 1));

    private static async Task<ByteRange[]> LoadAsync(GeoTiffSlice slice, RasterLayout layout, BlockSet set, IReadOnlyList<int>? bands, CancellationToken cancellationToken)
    {
        var count = CountOf(layout, slice.Window, bands);
        if (set.Pages is not { } references || set.PageNumbers is not { } numbers)
            return BlockTable.FromText(set.Inline ?? "", count, slice.Source.Size) ?? throw Contradictory(slice, "the table of its blocks is none");
        if (references.Count != numbers.Count)
            throw Contradictory(slice, "the pages of its blocks have no numbers");
        var pages = new Dictionary<long, ByteRange[]>();
        for (var i = 0; i < references.Count; i++)
        {
            var bytes = await references[i].LoadAsync(slice.Stores, cancellationToken).ConfigureAwait(false);
            var length = Math.Min(GeoTiffIndex.BlocksPerPage, layout.BlockCount - (numbers[i] * (long)GeoTiffIndex.BlocksPerPage));
            if (length < 1 || BlockTable.Decode(bytes.Span, length, slice.Source.Size) is not { } page)
                throw new CorruptIndexException(slice.Source.Uri.Display, "a page of the table of blocks in the index is damaged");
            pages[numbers[i]] = page;
        }

        var blocks = new ByteRange[count];
        var at = 0;
        foreach (var number in NumbersOf(layout, slice.Window, bands))
        {
            blocks[at++] = pages.TryGetValue(number / GeoTiffIndex.BlocksPerPage, out var page)
                ? page[number % GeoTiffIndex.BlocksPerPage]
                : throw Contradictory(slice, "it lacks a page of its blocks");
        }

        return blocks;
    }

    private static int[] ColorsOf(TiffProfile profile)
    {
        // Section 5: all reds, then all greens, then all blues.
        var numbers = profile.Find(TiffTag.ColorMap)?.ToNumbers() ?? [];
        var count = numbers.Length / 3;
        var colors = new int[3 * count];
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < 3; j++)
                colors[(3 * i) + j] = (int)numbers[(j * count) + i];
        }

        return colors;
    }

    // Section 18: the samples behind those of the colours; 1 and 2 are associated and unassociated alpha.
    private static int? AlphaOf(RasterLayout layout, TiffProfile profile)
    {
        var extra = profile.Find(TiffTag.ExtraSamples)?.ToNumbers() ?? [];
        var at = Array.FindIndex(extra, sample => sample is 1 or 2);
        return at >= 0 && layout.Bands - extra.Length + at is >= 0 and var alpha && alpha < layout.Bands ? alpha : null;
    }

    private static RasterWindow Cut(RasterLayout layout, RasterWindow window, int column, int row)
    {
        var (left, top) = ((long)column * layout.BlockWidth, (long)row * layout.BlockHeight);
        var (startColumn, startRow) = (Math.Max(window.Column, left), Math.Max(window.Row, top));
        return new RasterWindow(
            (int)startColumn, (int)startRow, (int)(Math.Min(window.EndColumn, left + layout.BlockWidth) - startColumn), (int)(Math.Min(window.EndRow, top + layout.BlockHeight) - startRow));
    }

    private void Place(FetchedPlace place, int plane, RasterWindow part, Raster target)
    {
        var layout = Slice.Layout;
        var (toColumn, toRow) = (part.Column - target.Window.Column, part.Row - target.Window.Row);
        if (place.Blocks[plane].IsEmpty)
        {
            foreach (var (_, band) in _samples[plane])
                target.FillNoData(band, toColumn, toRow, part.Width, part.Height);
            return;
        }

        var block = _decoder.Decode(place.Blocks[plane], layout.RowsOf(place.Row), place.Ranges[plane].Offset);
        _decoder.Copy(
            block, (int)(part.Column - ((long)place.Column * layout.BlockWidth)), (int)(part.Row - ((long)place.Row * layout.BlockHeight)),
            target, toColumn, toRow, part.Width, part.Height, _samples[plane]);
    }

    private void PlaceMask(RasterLayout layout, FetchedPlace place, RasterWindow part, Span<byte> target, RasterWindow window)
    {
        // Where a mask has no block nothing is valid, as GDAL has it.
        if (place.Blocks[^1].IsEmpty)
            return;
        var block = _maskDecoder!.Decode(place.Blocks[^1], layout.RowsOf(place.Row), place.Ranges[^1].Offset);
        for (var row = part.Row; row < part.EndRow; row++)
        {
            var from = block.AsSpan((int)(((row - ((long)place.Row * layout.BlockHeight)) * layout.BlockWidth) + part.Column - ((long)place.Column * layout.BlockWidth)), part.Width);
            var to = target.Slice((int)(((long)(row - window.Row) * window.Width) + part.Column - window.Column), part.Width);
            for (var i = 0; i < to.Length; i++)
                to[i] = from[i] != 0 ? (byte)255 : (byte)0;
        }
    }

    private void CopyMask(byte[] mask, RasterWindow part, Raster target)
    {
        for (var row = part.Row; row < part.EndRow; row++)
        {
            mask.AsSpan((int)(((long)(row - Slice.Window.Row) * Slice.Window.Width) + part.Column - Slice.Window.Column), part.Width)
                .CopyTo(target.MaskBytes[(int)(((long)(row - target.Window.Row) * target.Columns) + part.Column - target.Window.Column)..]);
        }
    }

    // Of a mask that is cut in another way than the image, which is rare.
    private async Task<byte[]> ReadMaskAsync(CancellationToken cancellationToken)
    {
        var (layout, window) = (Slice.Mask!, Slice.Window);
        var length = (long)window.Width * window.Height;
        if (length > Array.MaxLength)
            throw new InvalidSliceException(Slice.Source.Uri.Display, $"the mask of a window of {window.Width} x {window.Height} pixels does not fit into an array", "Cut smaller windows.");
        var mask = new byte[length];
        var (columns, rows) = PlacesOf(layout, window);
        var i = 0;
        await foreach (var block in _source.StreamManyAsync(_maskBlocks!, ReadOptions, cancellationToken).ConfigureAwait(false))
        {
            var (column, row) = (columns.Start + (i % (columns.End - columns.Start)), rows.Start + (i / (columns.End - columns.Start)));
            PlaceMask(layout, new FetchedPlace(column, row, [block], [_maskBlocks![i]]), Cut(layout, window, column, row), mask, window);
            i++;
        }

        return mask;
    }

    private async IAsyncEnumerable<FetchedPlace> FetchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (columns, rows) = PlacesOf(Slice.Layout, Slice.Window);
        var withMask = IsMaskAlike;
        var perPlace = _planes.Length + (withMask ? 1 : 0);
        var wanted = _blocks;
        if (withMask)
        {
            var all = new ByteRange[_blocks.Length + _maskBlocks!.Length];
            for (var i = 0; i < all.Length; i++)
                all[i] = i % perPlace == perPlace - 1 ? _maskBlocks[i / perPlace] : _blocks[(i / perPlace * _planes.Length) + (i % perPlace)];
            wanted = all;
        }

        var fetched = new ReadOnlyMemory<byte>[perPlace];
        var at = 0;
        await foreach (var block in _source.StreamManyAsync(wanted, ReadOptions, cancellationToken).ConfigureAwait(false))
        {
            fetched[at % perPlace] = block;
            if (++at % perPlace != 0)
                continue;
            var place = (at / perPlace) - 1;
            yield return new FetchedPlace(
                columns.Start + (place % (columns.End - columns.Start)), rows.Start + (place / (columns.End - columns.Start)),
                fetched, [.. Enumerable.Range(at - perPlace, perPlace).Select(i => wanted[i])]);
        }
    }
}

/// <summary>The blocks of one place as they are stored: those of the bands, and that of the mask where it is cut alike.</summary>
internal readonly record struct FetchedPlace(int Column, int Row, ReadOnlyMemory<byte>[] Blocks, ByteRange[] Ranges);
