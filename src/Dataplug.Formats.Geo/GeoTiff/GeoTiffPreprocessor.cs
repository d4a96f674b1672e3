using System.Text.Json;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>Indexes a raster: reads the directories of the TIFF and the lists of its blocks, and no pixels.</summary>
internal sealed class GeoTiffPreprocessor : IStreamingPreprocessor
{
    private const int MaxLevels = 64;

    public async Task RunAsync(IStreamingRun run, CancellationToken cancellationToken)
    {
        var reader = await TiffStructureReader.ReadAsync(run.Source, cancellationToken).ConfigureAwait(false);
        var content = Arrange(reader, run.Source.Uri.Display, run.Source.Size);
        run.ReportProgress(run.Source.Size);
        await run.CheckpointAsync(content.ToBytes(), default, cancellationToken).ConfigureAwait(false);
    }

    public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        RasterContent? content = null;
        await foreach (var bytes in partials.WithCancellation(cancellationToken).ConfigureAwait(false))
            content = RasterContent.FromBytes(bytes, source.Size, source.Uri.Display);
        if (content is null)
            throw new CorruptIndexException(source.Uri.Display, "there is no partial result of preprocessing");
        await content.WriteAsync(writer, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Which image is what: TIFF 6.0, NewSubfileType; COG, "Reduced-resolution subfiles" and "Masks".</summary>
    private static RasterContent Arrange(TiffStructureReader reader, string source, long size)
    {
        var warnings = reader.Warnings;
        var main = reader.Images.Find(image => !image.IsReduced && !image.IsMask) ?? reader.Images[0];
        var levels = new List<TiffImage> { main };
        levels.AddRange(reader.Images
            .Where(image => image != main && image.IsReduced && !image.IsMask && image.Layout.Bands == main.Layout.Bands && image.Layout.Type == main.Layout.Type
                && image.Layout.Width <= main.Layout.Width && image.Layout.Height <= main.Layout.Height && (image.Layout.Width, image.Layout.Height) != (main.Layout.Width, main.Layout.Height))
            .DistinctBy(image => (image.Layout.Width, image.Layout.Height))
            .OrderByDescending(image => (long)image.Layout.Width * image.Layout.Height));
        if (levels.Count > MaxLevels)
            throw new UnsupportedFormatException(source, $"the raster has {levels.Count - 1} overviews; at most {MaxLevels - 1} are read", "Make it anew: gdal_translate -of COG IN.tif OUT.tif");
        var masks = levels.Select(level => reader.Images.Find(image => image != main && image.IsMask && image.Layout.Type == RasterType.UInt8 && image.Layout.Bands == 1
            && (image.Layout.Width, image.Layout.Height) == (level.Layout.Width, level.Layout.Height))).ToArray();
        var others = reader.Images.Count - levels.Count - masks.Count(mask => mask is not null);
        if (others > 0)
            warnings.Add($"{others} other image{(others == 1 ? "" : "s")} in the object {(others == 1 ? "is" : "are")} not read: pages, or overviews and masks that don't fit");

        var georeference = Georeference.Read(main, source, warnings);
        var profiles = levels.Select(level => ProfileOf(level, main, georeference)).ToArray();
        var all = levels.Concat(masks.OfType<TiffImage>()).ToArray();
        var firstBlock = all.SelectMany(image => image.Offsets).Where(offset => offset > 0).DefaultIfEmpty(size).Min();
        var layout = main.Layout;
        var attributes = new GeoTiffAttributes
        {
            Width = layout.Width,
            Height = layout.Height,
            Bands = layout.Bands,
            Type = layout.Type,
            BitsPerSample = layout.BitsPerSample,
            Photometric = NameOf(layout.Photometric),
            Tiled = layout.IsTiled,
            BlockWidth = layout.BlockWidth,
            BlockHeight = layout.BlockHeight,
            Planar = layout.IsPlanar,
            Compression = TiffCompression.NameOf(layout.Compression),
            Predictor = layout.Predictor,
            Levels = [.. levels.Select((level, i) => new GeoTiffLevelAttributes(level.Layout.Width, level.Layout.Height, level.Counts.Length, level.Counts.Count(count => count == 0), masks[i] is not null))],
            NoData = profiles[0].NoData,
            Epsg = georeference.Epsg,
            Crs = georeference.Name,
            Transform = georeference.Transform is { } t ? [t.OriginX, t.PixelWidth, t.RowShear, t.OriginY, t.ColumnShear, t.PixelHeight] : null,
            Bounds = georeference.Transform?.BoundsOf(layout.Width, layout.Height) is { } b && double.IsFinite(b.MinX + b.MaxX + b.MinY + b.MaxY) ? [b.MinX, b.MinY, b.MaxX, b.MaxY] : null,
            ControlPoints = georeference.ControlPoints.Count > 0 ? georeference.ControlPoints.Count : null,
            PixelIs = georeference.IsPixelPoint ? "point" : "area",
            BigTiff = reader.IsBig,
            BigEndian = reader.IsBigEndian,
            CloudOptimized = (layout.IsTiled || (layout.Width <= 512 && layout.Height <= 512)) && all.All(image => image.DirectoryOffset < firstBlock)
                && reader.Ghost.GetValueOrDefault("KNOWN_INCOMPATIBLE_EDITION") != "YES",
            Ghost = reader.Ghost.Count > 0 ? reader.Ghost : null,
            StoredBytes = all.Sum(image => image.Counts.Sum()),
        };
        var metadata = GdalMetadata.Read(profiles[0].Find(TiffTag.GdalMetadata)?.ToText(), warnings);
        return new RasterContent
        {
            Attributes = attributes with { Warnings = warnings.Count > 0 ? warnings : null },
            Structure = new RasterStructure { Levels = [.. levels.Select((level, i) => new LevelStructure(level.Layout, masks[i]?.Layout))], Georeference = georeference, Metadata = metadata },
            Profiles = [.. profiles.Select(profile => profile.ToBytes())],
            Blocks = [.. levels.Select(BlocksOf)],
            MaskBlocks = [.. masks.Select(mask => mask is null ? null : BlocksOf(mask))],
        };
    }

    // Overviews have the place and the texts of the full resolution. Control points are kept by corners of the level's own pixels.
    private static TiffProfile ProfileOf(TiffImage level, TiffImage main, Georeference georeference)
    {
        var profile = level == main ? level.Profile : level.Profile.Inherit(main.Profile);
        if (georeference.ControlPoints.Count == 0)
            return profile;
        var (columns, rows) = ((double)level.Layout.Width / main.Layout.Width, (double)level.Layout.Height / main.Layout.Height);
        return new TiffProfile([.. profile.Values, TiffValue.Doubles(TiffTag.ModelTiepoint, [.. georeference.ControlPoints.SelectMany(point => new[] { point.Column * columns, point.Row * rows, 0, point.X, point.Y, point.Z })])]);
    }

    private static ByteRange[] BlocksOf(TiffImage image)
    {
        var blocks = new ByteRange[image.Offsets.Length];
        for (var i = 0; i < blocks.Length; i++)
            blocks[i] = new ByteRange(image.Offsets[i], image.Counts[i]);
        return blocks;
    }

    private static string NameOf(int photometric) => photometric switch
    {
        0 => "grey, 0 is white",
        1 => "grey",
        2 => "RGB",
        3 => "palette",
        4 => "mask",
        5 => "CMYK",
        6 => "YCbCr",
        8 => "CIE L*a*b*",
        _ => photometric.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}

/// <summary>What an index of a raster is made of, and how it is written.</summary>
internal sealed record RasterContent
{
    public const string StructureSection = "raster";

    public required GeoTiffAttributes Attributes { get; init; }

    public required RasterStructure Structure { get; init; }

    /// <summary>The kept tags of each level.</summary>
    public required IReadOnlyList<byte[]> Profiles { get; init; }

    /// <summary>The blocks of each level, in TIFF's order.</summary>
    public required IReadOnlyList<ByteRange[]> Blocks { get; init; }

    /// <summary>Those of its mask; null where it has none.</summary>
    public required IReadOnlyList<ByteRange[]?> MaskBlocks { get; init; }

    public static string Profile(int level) => $"profile-{level}";

    public static string Offsets(int level, bool isMask) => $"{(isMask ? "mask-" : "")}offsets-{level}";

    public static string Lengths(int level, bool isMask) => $"{(isMask ? "mask-" : "")}lengths-{level}";

    public static string Pages(int level, bool isMask) => $"{(isMask ? "mask-" : "")}blocks-{level}";

    public async Task WriteAsync(SidecarWriter writer, CancellationToken cancellationToken)
    {
        writer.SetAttributes(JsonSerializer.SerializeToElement(Attributes, GeoTiffIndexJson.Default.GeoTiffAttributes));
        await writer.WriteSectionAsync(StructureSection, JsonSerializer.SerializeToUtf8Bytes(Structure, GeoTiffIndexJson.Default.RasterStructure), cancellationToken).ConfigureAwait(false);
        for (var level = 0; level < Profiles.Count; level++)
        {
            await writer.WriteBlobAsync(Profile(level), Profiles[level], cancellationToken).ConfigureAwait(false);
            await WriteBlocksAsync(level, Blocks[level], isMask: false).ConfigureAwait(false);
            if (MaskBlocks[level] is { } mask)
                await WriteBlocksAsync(level, mask, isMask: true).ConfigureAwait(false);
        }

        async Task WriteBlocksAsync(int level, ByteRange[] blocks, bool isMask)
        {
            // Slices of few blocks have them on board; those of many take them from here.
            for (var at = 0; at < blocks.Length && blocks.Length > GeoTiffIndex.AlwaysInline; at += GeoTiffIndex.BlocksPerPage)
                await writer.WriteBlobAsync(Pages(level, isMask), BlockTable.Encode(new ArraySegment<ByteRange>(blocks, at, Math.Min(GeoTiffIndex.BlocksPerPage, blocks.Length - at))), cancellationToken).ConfigureAwait(false);
            await writer.WriteColumnAsync(Offsets(level, isMask), Array.ConvertAll(blocks, block => block.Offset), cancellationToken).ConfigureAwait(false);
            await writer.WriteColumnAsync(Lengths(level, isMask), Array.ConvertAll(blocks, block => block.Length), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>As a partial result: attributes and structure as JSON, then tags and tables of each level, each with its length and the
    /// number of blocks before it.</summary>
    public byte[] ToBytes()
    {
        var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        Write(JsonSerializer.SerializeToUtf8Bytes(Attributes, GeoTiffIndexJson.Default.GeoTiffAttributes));
        Write(JsonSerializer.SerializeToUtf8Bytes(Structure, GeoTiffIndexJson.Default.RasterStructure));
        for (var level = 0; level < Profiles.Count; level++)
        {
            Write(Profiles[level]);
            WriteBlocks(Blocks[level]);
            WriteBlocks(MaskBlocks[level]);
        }

        writer.Flush();
        return bytes.ToArray();

        void Write(byte[] part)
        {
            writer.Write(part.Length);
            writer.Write(part);
        }

        void WriteBlocks(ByteRange[]? blocks)
        {
            writer.Write(blocks?.Length ?? -1);
            if (blocks is not null)
                Write(BlockTable.Encode(blocks));
        }
    }

    public static RasterContent FromBytes(ReadOnlyMemory<byte> bytes, long size, string source)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes.ToArray(), writable: false));
            var attributes = JsonSerializer.Deserialize(Read(), GeoTiffIndexJson.Default.GeoTiffAttributes)!;
            var structure = JsonSerializer.Deserialize(Read(), GeoTiffIndexJson.Default.RasterStructure)!;
            var (profiles, blocks, masks) = (new List<byte[]>(), new List<ByteRange[]>(), new List<ByteRange[]?>());
            for (var level = 0; level < structure.Levels.Count; level++)
            {
                profiles.Add(Read());
                blocks.Add(ReadBlocks()!);
                masks.Add(ReadBlocks());
            }

            return new RasterContent { Attributes = attributes, Structure = structure, Profiles = profiles, Blocks = blocks, MaskBlocks = masks };

            byte[] Read() => reader.ReadBytes(reader.ReadInt32());

            ByteRange[]? ReadBlocks() => reader.ReadInt32() is >= 0 and var count ? BlockTable.Decode(Read(), count, size) ?? throw new InvalidDataException() : null;
        }
        catch (Exception failure) when (failure is JsonException or IOException or InvalidDataException or ArgumentException)
        {
            throw new CorruptIndexException(source, "the partial result of preprocessing is damaged", innerException: failure);
        }
    }
}
