using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>
/// A window of a raster: some columns, rows and bands of one level. Its records are the blocks that it touches, each cut to the window; its
/// value is the whole window; as a file it is a GeoTIFF. Reading fetches the blocks that it touches with few range GETs: neighbours in the
/// object, no more than 128 KiB apart, are fetched as one.
/// </summary>
public sealed record GeoTiffSlice : Slice<Raster, Raster>
{
    /// <summary>Which level: 0 the full resolution, then the overviews from fine to coarse.</summary>
    public required int Level { get; init; }

    /// <summary>Its pixels.</summary>
    public required RasterWindow Window { get; init; }

    /// <summary>Its bands, from 1, in the order in which they are read; null for all.</summary>
    public IReadOnlyList<int>? Bands { get; init; }

    /// <summary>How the level is stored.</summary>
    public required RasterLayout Layout { get; init; }

    /// <summary>Where the blocks are.</summary>
    public required BlockSet Blocks { get; init; }

    /// <summary>How the level's mask is stored; null where it has none.</summary>
    public RasterLayout? Mask { get; init; }

    /// <summary>Where the mask's blocks are.</summary>
    public BlockSet? MaskBlocks { get; init; }

    /// <summary>Tables of codecs, colours, GeoKeys and texts of the object.</summary>
    public required BlobReference Profile { get; init; }

    /// <summary>From the window's pixels to the map; null where the object is not georeferenced.</summary>
    public AffineTransform? Transform { get; init; }

    /// <summary>EPSG's code of the map's coordinate system.</summary>
    public int? Epsg { get; init; }

    /// <summary>Whether the object places the middles of pixels (GTRasterType 2), as the file of the slice does then.</summary>
    public bool IsPixelPoint { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => GeoTiffFormat.FormatId;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<ByteRange> Ranges
    {
        get
        {
            if (Layout.Contradiction() is not null || Mask?.Contradiction() is not null)
                throw WindowReader.Contradictory(this, "its layout is none");
            var wanted = new List<ByteRange>();
            Add(Blocks, WindowReader.CountOf(Layout, Window, Bands));
            if (Mask is not null && MaskBlocks is not null)
                Add(MaskBlocks, WindowReader.CountOf(Mask, Window, null));
            return [.. RangePlanner.Plan(wanted, WindowReader.ReadOptions with { MaxRunSize = long.MaxValue }).Runs.Select(run => run.Range)];

            void Add(BlockSet blocks, long count) =>
                wanted.AddRange(blocks.Runs ?? BlockTable.FromText(blocks.Inline ?? "", count, Source.Size) ?? throw WindowReader.Contradictory(this, "the table of its blocks is none"));
        }
    }

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<BlobReference> Blobs => [Profile, .. Blocks.Pages ?? [], .. MaskBlocks?.Pages ?? []];

    /// <inheritdoc/>
    public override Slice WithBlobs(IReadOnlyList<BlobReference> blobs)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        var pages = Blocks.Pages?.Count ?? 0;
        return this with
        {
            Profile = blobs[0],
            Blocks = Blocks.Pages is null ? Blocks : Blocks with { Pages = [.. blobs.Skip(1).Take(pages)] },
            MaskBlocks = MaskBlocks?.Pages is null ? MaskBlocks : MaskBlocks with { Pages = [.. blobs.Skip(1 + pages)] },
        };
    }

    /// <summary>Reads the blocks that the window touches, row of blocks by row of blocks, each cut to the window.</summary>
    /// <exception cref="CorruptObjectException">A block is not what it should be.</exception>
    public override async IAsyncEnumerable<Raster> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var reader = await WindowReader.OpenAsync(this, PinSource(), cancellationToken).ConfigureAwait(false);
        await foreach (var block in reader.ReadAsync(null, cancellationToken).ConfigureAwait(false))
            yield return block;
    }

    /// <summary>Reads the window.</summary>
    /// <inheritdoc cref="ReadAsync" path="/exception"/>
    public override async Task<Raster> GetAsync(CancellationToken cancellationToken = default)
    {
        var reader = await WindowReader.OpenAsync(this, PinSource(), cancellationToken).ConfigureAwait(false);
        var whole = reader.CreateWhole();
        await foreach (var _ in reader.ReadAsync(whole, cancellationToken).ConfigureAwait(false))
        {
            // Blocks are decoded into the whole.
        }

        return whole;
    }

    /// <summary>Opens the window as a GeoTIFF with its own place on the map, the object's coordinate system, value for no data, colours and
    /// metadata. Where the window is made of whole blocks these are passed on as they are stored, after they were decoded to see that they
    /// are sound; otherwise pixels are not compressed.</summary>
    public override async Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default)
    {
        var reader = await WindowReader.OpenAsync(this, PinSource(), cancellationToken).ConfigureAwait(false);
        return new PiecesStream(stop => reader.CanCopy ? GeoTiffFile.CopyAsync(reader, stop) : GeoTiffFile.WriteAsync(reader, stop));
    }

    /// <inheritdoc/>
    public bool Equals(GeoTiffSlice? other) =>
        base.Equals(other) && Level == other.Level && Window == other.Window && Layout == other.Layout && Blocks == other.Blocks && Mask == other.Mask
        && MaskBlocks == other.MaskBlocks && Profile == other.Profile && Transform == other.Transform && Epsg == other.Epsg && IsPixelPoint == other.IsPixelPoint
        && (Bands is null ? other.Bands is null : other.Bands is not null && Bands.SequenceEqual(other.Bands));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Level, Window, Blocks);
}

/// <summary>How <see cref="GeoTiffSlice"/> is written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GeoTiffSlice))]
internal sealed partial class GeoTiffSliceJson : JsonSerializerContext;
