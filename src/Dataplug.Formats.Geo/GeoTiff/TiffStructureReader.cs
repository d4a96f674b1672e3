using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>Reads the directories of a TIFF and of a BigTIFF, never its pixels: TIFF 6.0, section 2; BigTIFF, as libtiff specifies it.</summary>
internal sealed class TiffStructureReader
{
    private const int MaxDirectories = 4096;
    private const int MaxKeptBytes = 4 << 20;

    private readonly TiffBytes _bytes;
    private readonly HashSet<long> _seen = [];

    private TiffStructureReader(PinnedObject source) => _bytes = new TiffBytes(source);

    public bool IsBig { get; private set; }

    public bool IsBigEndian => _bytes.IsBigEndian;

    public List<TiffImage> Images { get; } = [];

    public List<string> Warnings { get; } = [];

    /// <summary>What GDAL says of the layout in the ghost area of a COG; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Ghost { get; private set; } = new Dictionary<string, string>();

    /// <exception cref="CorruptObjectException">The object is no TIFF, or breaks its rules.</exception>
    /// <exception cref="UnsupportedFormatException">It uses what is not read.</exception>
    public static async Task<TiffStructureReader> ReadAsync(PinnedObject source, CancellationToken cancellationToken)
    {
        var reader = new TiffStructureReader(source);
        var first = await reader.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        var subIfds = await reader.ReadChainAsync(first, cancellationToken).ConfigureAwait(false);
        foreach (var offset in subIfds)
            await reader.ReadChainAsync(offset, cancellationToken).ConfigureAwait(false);
        if (reader.Images.Count == 0)
            throw reader._bytes.Corrupt("the TIFF has no image", 4);
        return reader;
    }

    // Section 2, "Image File Header"; of BigTIFF the offsets take eight bytes, which the header says.
    private async Task<long> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        if (_bytes.Size < 8)
            throw _bytes.Corrupt($"an object of {_bytes.Size} bytes can't be a TIFF", 0);
        var header = await _bytes.ReadAsync("the header", 0, Math.Min(_bytes.Size, 16), cancellationToken).ConfigureAwait(false);
        _bytes.IsBigEndian = header is [(byte)'M', (byte)'M', ..];
        if (!IsTiff(header))
            throw _bytes.Corrupt("the object does not begin as a TIFF does", 0);
        IsBig = _bytes.UInt16(header.AsSpan(2)) == 43;
        if (IsBig && (header.Length < 16 || _bytes.UInt16(header.AsSpan(4)) != 8 || _bytes.UInt16(header.AsSpan(6)) != 0))
            throw _bytes.Corrupt("the header of the BigTIFF is none", 4);
        await ReadGhostAsync(cancellationToken).ConfigureAwait(false);
        return IsBig ? (long)_bytes.UInt64(header.AsSpan(8)) : _bytes.UInt32(header.AsSpan(4));
    }

    internal static bool IsTiff(ReadOnlySpan<byte> head) =>
        head.StartsWith("II*\0"u8) || head.StartsWith("MM\0*"u8) || head.StartsWith("II+\0"u8) || head.StartsWith("MM\0+"u8);

    // GDAL, "Cloud Optimized GeoTIFF", header ghost area: behind the header, "GDAL_STRUCTURAL_METADATA_SIZE=000140 bytes\n" and lines KEY=VALUE.
    private async Task ReadGhostAsync(CancellationToken cancellationToken)
    {
        const string Title = "GDAL_STRUCTURAL_METADATA_SIZE=";
        const int TitleLength = 43;
        long at = IsBig ? 16 : 8;
        if (_bytes.Size < at + TitleLength)
            return;
        var title = Encoding.ASCII.GetString(await _bytes.ReadAsync("the ghost area", at, TitleLength, cancellationToken).ConfigureAwait(false));
        if (!title.StartsWith(Title, StringComparison.Ordinal))
            return;
        at += TitleLength;
        if (!int.TryParse(title.AsSpan(Title.Length, 6), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > _bytes.Size - at)
        {
            Warnings.Add("the ghost area says no length that could be, and is not looked at");
            return;
        }

        var text = Encoding.UTF8.GetString(await _bytes.ReadAsync("the ghost area", at, Math.Min(length, 16 << 10), cancellationToken).ConfigureAwait(false));
        var ghost = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
                ghost[line[..equals].Trim()] = line[(equals + 1)..].Trim(' ', '\0', '\r');
        }

        Ghost = ghost;
        if (ghost.GetValueOrDefault("KNOWN_INCOMPATIBLE_EDITION") == "YES")
            Warnings.Add("the object was edited after it was made as a COG, and is optimised for the cloud no more");
    }

    /// <summary>Reads directory after directory.</summary>
    /// <returns>Where the directories that they hold are (tag SubIFDs).</returns>
    private async Task<List<long>> ReadChainAsync(long offset, CancellationToken cancellationToken)
    {
        var subIfds = new List<long>();
        for (long from = IsBig ? 8 : 4; offset != 0;)
        {
            if (!_seen.Add(offset))
                throw _bytes.Corrupt($"the directory at byte {offset} follows itself", from);
            if (_seen.Count > MaxDirectories)
                throw new UnsupportedFormatException(_bytes.Name, $"the TIFF has more than {MaxDirectories} directories", "Take out the image that you need: gdal_translate GTIFF_DIR:1:IN.tif OUT.tif", offset);
            if (offset < 8 || offset >= _bytes.Size)
                throw _bytes.Corrupt($"a directory is said to be at byte {offset} of {_bytes.Size}", from);
            var (entries, next, nextAt) = await ReadDirectoryAsync(offset, cancellationToken).ConfigureAwait(false);
            Images.Add(await ReadImageAsync(offset, entries, cancellationToken).ConfigureAwait(false));
            if (entries.TryGetValue(TiffTag.SubIfds, out var sub))
                subIfds.AddRange((await ReadNumbersAsync(sub, MaxDirectories, cancellationToken).ConfigureAwait(false)).Where(place => place != 0));
            (offset, from) = (next, nextAt);
        }

        return subIfds;
    }

    private async Task<(Dictionary<ushort, Entry> Entries, long Next, long NextAt)> ReadDirectoryAsync(long offset, CancellationToken cancellationToken)
    {
        var (countSize, entrySize, offsetSize) = IsBig ? (8, 20, 8) : (2, 12, 4);
        var head = await _bytes.ReadAsync("a directory", offset, countSize, cancellationToken).ConfigureAwait(false);
        var count = IsBig ? _bytes.UInt64(head) : _bytes.UInt16(head);
        if (count is 0 or > ushort.MaxValue)
            throw _bytes.Corrupt($"a directory has {count} entries", offset);
        var body = await _bytes.ReadAsync($"a directory of {count} entries", offset + countSize, ((long)count * entrySize) + offsetSize, cancellationToken).ConfigureAwait(false);
        var entries = new Dictionary<ushort, Entry>();
        for (var i = 0; i < (int)count; i++)
        {
            var entry = body.AsSpan(i * entrySize, entrySize);
            var at = offset + countSize + ((long)i * entrySize);
            var tag = _bytes.UInt16(entry);
            var type = _bytes.UInt16(entry[2..]);
            var values = IsBig ? _bytes.UInt64(entry[4..]) : _bytes.UInt32(entry[4..]);
            var field = entry[(IsBig ? 12 : 8)..];
            var size = TiffValue.SizeOf(type);

            // Other types are of other people's tags; the first of two entries of one tag counts, as it does in libtiff.
            if (size == 0 || values > (ulong)_bytes.Size / (ulong)size + 8)
            {
                if (!IsOurs(tag))
                    continue;
                throw _bytes.Corrupt($"tag {tag} has {values} values of type {type}", at);
            }

            var length = (long)values * size;
            var place = length <= offsetSize ? at + entrySize - offsetSize : IsBig ? (long)_bytes.UInt64(field) : _bytes.UInt32(field);
            entries.TryAdd(tag, new Entry(tag, type, (long)values, place, at));
        }

        var last = body.AsSpan((int)count * entrySize);
        return (entries, IsBig ? (long)_bytes.UInt64(last) : _bytes.UInt32(last), offset + countSize + ((long)count * entrySize));
    }

    private static bool IsOurs(ushort tag) =>
        tag is >= TiffTag.NewSubfileType and <= TiffTag.StripByteCounts or >= TiffTag.Predictor and <= TiffTag.SubIfds or TiffTag.SampleFormat or TiffTag.PlanarConfiguration or TiffTag.JpegTables;

    private async Task<TiffImage> ReadImageAsync(long directory, Dictionary<ushort, Entry> entries, CancellationToken cancellationToken)
    {
        var width = await RequireSizeAsync(TiffTag.ImageWidth, "the width").ConfigureAwait(false);
        var height = await RequireSizeAsync(TiffTag.ImageLength, "the height").ConfigureAwait(false);
        var bands = await NumberAsync(TiffTag.SamplesPerPixel, 1).ConfigureAwait(false);
        if (bands is < 1 or > ushort.MaxValue)
            throw At(TiffTag.SamplesPerPixel, $"an image has {bands} samples a pixel");
        var subfileType = entries.ContainsKey(TiffTag.NewSubfileType)
            ? await NumberAsync(TiffTag.NewSubfileType, 0).ConfigureAwait(false)
            : await NumberAsync(TiffTag.SubfileType, 1).ConfigureAwait(false) == 2 ? 1 : 0;
        var compression = await NumberAsync(TiffTag.Compression, TiffCompression.None).ConfigureAwait(false);
        if (!TiffCompression.IsRead((int)Math.Clamp(compression, 0, 1 << 20)))
        {
            throw new UnsupportedFormatException(
                _bytes.Name, $"the image is compressed by {TiffCompression.NameOf((int)Math.Clamp(compression, 0, 1 << 20))}, which is not read",
                "Compress it in another way: gdal_translate -of COG -co COMPRESS=DEFLATE IN.tif OUT.tif", OffsetOf(TiffTag.Compression));
        }

        var bits = await SameOfAllAsync(TiffTag.BitsPerSample, 1, "BitsPerSample").ConfigureAwait(false);
        var format = await SameOfAllAsync(TiffTag.SampleFormat, 1, "SampleFormat").ConfigureAwait(false);
        var type = RasterTypes.Of(format, bits)
            ?? throw Unsupported($"samples of {bits} bits and sample format {format} are not read", "Convert it to a type of 8, 16, 32 or 64 bits: gdal_translate -ot UInt16 IN.tif OUT.tif", TiffTag.BitsPerSample);
        var planar = await NumberAsync(TiffTag.PlanarConfiguration, 1).ConfigureAwait(false);
        if (planar is not (1 or 2))
            throw At(TiffTag.PlanarConfiguration, $"planar configuration {planar} is none");
        var photometric = await NumberAsync(TiffTag.Photometric, 1).ConfigureAwait(false);
        if (photometric is < 0 or > ushort.MaxValue)
            throw At(TiffTag.Photometric, $"photometric interpretation {photometric} is none");
        var fillOrder = await NumberAsync(TiffTag.FillOrder, 1).ConfigureAwait(false);
        if (fillOrder is not (1 or 2))
            throw At(TiffTag.FillOrder, $"fill order {fillOrder} is none");

        // Section 14 and TIFF Technical Note 3: predictors belong to these compressions, others ignore the tag.
        var predictor = compression is TiffCompression.Lzw or TiffCompression.Deflate or TiffCompression.OldDeflate or TiffCompression.Zstd
            ? await NumberAsync(TiffTag.Predictor, 1).ConfigureAwait(false) : 1;
        if (predictor is < 1 or > 3)
            throw At(TiffTag.Predictor, $"predictor {predictor} is none");
        if ((predictor == 2 && bits is not (8 or 16 or 32 or 64)) || (predictor == 3 && !RasterTypes.IsFloat(type)))
            throw Unsupported($"predictor {predictor} of samples of {bits} bits and sample format {format} is not read", "Compress it without: gdal_translate -co PREDICTOR=NO IN.tif OUT.tif", TiffTag.Predictor);
        if (compression == TiffCompression.Jpeg && type != RasterType.UInt8 || compression == TiffCompression.Jpeg && bits != 8)
            throw Unsupported($"JPEG of samples of {bits} bits is not read", "Compress it in another way: gdal_translate -co COMPRESS=DEFLATE IN.tif OUT.tif", TiffTag.BitsPerSample);
        if (TiffCompression.IsCcitt((int)compression) && (bits != 1 || (planar == 1 && bands != 1)))
            throw At(TiffTag.Compression, "CCITT compression is of images of one bit a pixel");
        if (photometric == 6 && (compression != TiffCompression.Jpeg || bands != 3 || planar != 1))
            throw Unsupported("YCbCr is read only in JPEG with three bands together", "Convert it to RGB: gdal_translate -co COMPRESS=DEFLATE IN.tif OUT.tif", TiffTag.Photometric);

        var isTiled = entries.ContainsKey(TiffTag.TileOffsets);
        var blockWidth = isTiled ? await RequireSizeAsync(TiffTag.TileWidth, "the width of tiles").ConfigureAwait(false) : width;
        var blockHeight = isTiled
            ? await RequireSizeAsync(TiffTag.TileLength, "the height of tiles").ConfigureAwait(false)
            : await NumberAsync(TiffTag.RowsPerStrip, uint.MaxValue).ConfigureAwait(false);
        if (blockHeight < 1)
            throw At(TiffTag.RowsPerStrip, $"strips have {blockHeight} rows");
        var layout = new RasterLayout
        {
            Width = width,
            Height = height,
            BlockWidth = blockWidth,
            BlockHeight = isTiled ? (int)blockHeight : (int)Math.Min(blockHeight, height),
            IsTiled = isTiled,
            Bands = (int)bands,
            IsPlanar = planar == 2 && bands > 1,
            Type = type,
            BitsPerSample = (int)bits,
            Compression = (int)compression,
            Predictor = (int)predictor,
            Photometric = (int)photometric,
            IsBigEndian = IsBigEndian,
            IsBitReversed = fillOrder == 2,
        };
        var (offsets, counts) = await ReadBlocksAsync(directory, entries, layout, cancellationToken).ConfigureAwait(false);
        (layout, offsets, counts) = SplitStrips(layout, offsets, counts, _bytes.Size);
        if (layout.RowBytes * layout.BlockHeight > GeoTiffIndex.MaxBlockBytes)
            throw Unsupported($"blocks of {layout.BlockWidth} x {layout.BlockHeight} pixels take {layout.RowBytes * layout.BlockHeight} bytes each", "Cut it into smaller ones: gdal_translate -of COG IN.tif OUT.tif", isTiled ? TiffTag.TileWidth : TiffTag.RowsPerStrip);

        var kept = new List<TiffValue>();
        foreach (var tag in TiffTag.Kept)
        {
            if (!entries.TryGetValue(tag, out var entry))
                continue;
            if (entry.Length > MaxKeptBytes)
            {
                if (tag is TiffTag.JpegTables or TiffTag.ColorMap or TiffTag.ExtraSamples)
                    throw At(tag, $"tag {tag} has {entry.Count} values");
                Warnings.Add($"tag {tag} of {entry.Length} bytes is left out");
                continue;
            }

            kept.Add(await ReadValueAsync(entry, cancellationToken).ConfigureAwait(false));
        }

        var places = new Dictionary<ushort, double[]>();
        foreach (var tag in new[] { TiffTag.ModelPixelScale, TiffTag.ModelTiepoint, TiffTag.ModelTransformation })
        {
            if (entries.TryGetValue(tag, out var entry) && entry.Length <= MaxKeptBytes)
                places[tag] = (await ReadValueAsync(entry, cancellationToken).ConfigureAwait(false)).ToDoubles() ?? throw At(tag, $"tag {tag} has values of type {entry.Type}");
        }

        return new TiffImage { DirectoryOffset = directory, SubfileType = subfileType, Layout = layout, Offsets = offsets, Counts = counts, Profile = new TiffProfile(kept), Places = places };

        long OffsetOf(ushort tag) => entries.TryGetValue(tag, out var entry) ? entry.At : directory;

        CorruptObjectException At(ushort tag, string problem) => _bytes.Corrupt(problem, OffsetOf(tag));

        UnsupportedFormatException Unsupported(string problem, string cure, ushort tag) => new(_bytes.Name, problem, cure, OffsetOf(tag));

        async ValueTask<long> NumberAsync(ushort tag, long usual) =>
            !entries.TryGetValue(tag, out var entry) ? usual
            : (await ReadNumbersAsync(entry, 1, cancellationToken, isLenient: true).ConfigureAwait(false)) is [var number, ..] ? number : throw At(tag, $"tag {tag} has no value");

        async ValueTask<int> RequireSizeAsync(ushort tag, string what)
        {
            var number = await NumberAsync(tag, -1).ConfigureAwait(false);
            return number switch
            {
                -1 when !entries.ContainsKey(tag) => throw _bytes.Corrupt($"an image does not say {what}", directory),
                < 1 or > uint.MaxValue => throw At(tag, $"{what} of an image is {number}"),
                > int.MaxValue => throw Unsupported($"{what} of an image is {number}; at most {int.MaxValue} is read", "Cut it into tiles first: gdal_retile.", tag),
                _ => (int)number,
            };
        }

        // TIFF allows samples of one pixel to be of different kinds; nothing in the field does.
        async ValueTask<long> SameOfAllAsync(ushort tag, long usual, string name)
        {
            if (!entries.TryGetValue(tag, out var entry))
                return usual;
            var numbers = await ReadNumbersAsync(entry, ushort.MaxValue, cancellationToken).ConfigureAwait(false);
            if (numbers.Length == 0)
                throw At(tag, $"{name} has no value");
            return numbers.Take((int)bands).Distinct().Count() == 1 ? numbers[0] : throw Unsupported($"the bands have different {name}: {string.Join(", ", numbers.Take(8))}", "Take bands of one kind: gdal_translate -b 1 IN.tif OUT.tif", tag);
        }
    }

    // Sections 3 and 15. GDAL leaves out blocks without data: offset and length 0.
    private async Task<(long[] Offsets, long[] Counts)> ReadBlocksAsync(long directory, Dictionary<ushort, Entry> entries, RasterLayout layout, CancellationToken cancellationToken)
    {
        var needed = layout.BlockCount;
        var what = layout.IsTiled ? "tiles" : "strips";
        if (needed > GeoTiffIndex.MaxBlocks)
            throw new UnsupportedFormatException(_bytes.Name, $"an image has {needed} {what}; at most {GeoTiffIndex.MaxBlocks} are read", "Make them larger: gdal_translate -of COG -co BLOCKSIZE=512 IN.tif OUT.tif", directory);
        var offsetTag = layout.IsTiled ? TiffTag.TileOffsets : TiffTag.StripOffsets;
        if (!entries.TryGetValue(offsetTag, out var offsetEntry) && !entries.TryGetValue(TiffTag.StripOffsets, out offsetEntry))
            throw _bytes.Corrupt("an image does not say where its data are", directory);
        if (offsetEntry.Count < needed)
            throw _bytes.Corrupt($"an image of {layout.Width} x {layout.Height} has {needed} {what}, but the places of {offsetEntry.Count}", offsetEntry.At);
        var offsets = await ReadNumbersAsync(offsetEntry with { Count = needed }, needed, cancellationToken).ConfigureAwait(false);

        long[] counts;
        var countTag = layout.IsTiled ? TiffTag.TileByteCounts : TiffTag.StripByteCounts;
        if (entries.TryGetValue(countTag, out var countEntry) || entries.TryGetValue(TiffTag.StripByteCounts, out countEntry))
        {
            if (countEntry.Count < needed)
                throw _bytes.Corrupt($"an image of {layout.Width} x {layout.Height} has {needed} {what}, but the lengths of {countEntry.Count}", countEntry.At);
            counts = await ReadNumbersAsync(countEntry with { Count = needed }, needed, cancellationToken).ConfigureAwait(false);
        }
        else if (layout.Compression == TiffCompression.None)
        {
            // Writers before TIFF 6 left them out.
            counts = new long[needed];
            for (var i = 0L; i < needed; i++)
                counts[i] = layout.RowBytes * layout.RowsOf((int)(i / layout.BlocksAcross % layout.BlocksDown));
        }
        else
        {
            throw _bytes.Corrupt($"an image does not say how long its {what} are", directory);
        }

        for (var i = 0L; i < needed; i++)
        {
            if (counts[i] == 0 || offsets[i] == 0)
            {
                (offsets[i], counts[i]) = (0, 0);
                continue;
            }

            if (offsets[i] < 0 || counts[i] < 0 || offsets[i] > _bytes.Size || counts[i] > _bytes.Size - offsets[i])
                throw _bytes.Corrupt($"{what[..^1]} {i} of the image of {layout.Width} x {layout.Height} is said to have {counts[i]} bytes from byte {offsets[i]}, but the object has {_bytes.Size}", offsetEntry.Place + (i * TiffValue.SizeOf(offsetEntry.Type)));
            if (counts[i] > GeoTiffIndex.MaxStoredBlockBytes && !(layout.Compression == TiffCompression.None && !layout.IsTiled))
                throw new UnsupportedFormatException(_bytes.Name, $"{what[..^1]} {i} takes {counts[i]} bytes", "Cut the image into smaller ones: gdal_translate -of COG IN.tif OUT.tif", offsets[i]);
        }

        return (offsets, counts);
    }

    // Rows of strips that are not compressed lie where they can be computed: large strips are taken as many small ones, so that a window
    // of an image that is one strip fetches its own rows.
    private static (RasterLayout Layout, long[] Offsets, long[] Counts) SplitStrips(RasterLayout layout, long[] offsets, long[] counts, long size)
    {
        const long Wanted = 256 << 10;
        if (layout.IsTiled || layout.Compression != TiffCompression.None || layout.RowBytes * layout.BlockHeight <= 2 * Wanted)
            return (layout, offsets, counts);
        var rows = (int)Math.Clamp(Wanted / layout.RowBytes, 1, layout.BlockHeight);
        if (layout.BlocksDown > 1)
        {
            while (layout.BlockHeight % rows != 0)
                rows--;
        }

        var split = layout with { BlockHeight = rows };

        // The index may not outgrow the object, and where rows are missing it is the strip that is told of.
        if (split.BlockCount > Math.Max(1 << 16, size / 16) || Enumerable.Range(0, counts.Length).Any(i => counts[i] != 0 && counts[i] < layout.RowBytes * layout.RowsOf(i % layout.BlocksDown)))
            return (layout, offsets, counts);
        var (newOffsets, newCounts) = (new long[split.BlockCount], new long[split.BlockCount]);
        for (var i = 0; i < newOffsets.Length; i++)
        {
            var (plane, strip) = (i / split.BlocksDown, i % split.BlocksDown);
            var first = (long)strip * rows;
            var old = (plane * layout.BlocksDown) + (int)(first / layout.BlockHeight);
            var skipped = first % layout.BlockHeight * layout.RowBytes;
            if (counts[old] == 0)
                continue;

            newOffsets[i] = offsets[old] + skipped;
            newCounts[i] = split.RowBytes * split.RowsOf(strip);
        }

        return (split, newOffsets, newCounts);
    }

    private async ValueTask<long[]> ReadNumbersAsync(Entry entry, long most, CancellationToken cancellationToken, bool isLenient = false)
    {
        if (entry.Count > most && !isLenient)
            throw _bytes.Corrupt($"tag {entry.Tag} has {entry.Count} values", entry.At);

        var size = TiffValue.SizeOf(entry.Type);
        var count = Math.Min(entry.Count, most);
        var bytes = await _bytes.ReadAsync($"tag {entry.Tag}", entry.Place, count * size, cancellationToken).ConfigureAwait(false);
        var numbers = new long[count];
        for (var i = 0; i < numbers.Length; i++)
        {
            var value = bytes.AsSpan(i * size);
            numbers[i] = entry.Type switch
            {
                1 or 7 => value[0],
                6 => (sbyte)value[0],
                3 => _bytes.UInt16(value),
                8 => (short)_bytes.UInt16(value),
                4 or 13 => _bytes.UInt32(value),
                9 => (int)_bytes.UInt32(value),
                16 or 17 or 18 => (long)_bytes.UInt64(value),
                _ => throw _bytes.Corrupt($"tag {entry.Tag} has values of type {entry.Type}", entry.At),
            };
        }

        return numbers;
    }

    private async ValueTask<TiffValue> ReadValueAsync(Entry entry, CancellationToken cancellationToken)
    {
        var bytes = await _bytes.ReadAsync($"tag {entry.Tag}", entry.Place, entry.Length, cancellationToken).ConfigureAwait(false);
        if (IsBigEndian)
            ByteOrder.Reverse(bytes, TiffValue.WordOf(entry.Type));
        return new TiffValue(entry.Tag, entry.Type, bytes);
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Entry(ushort Tag, ushort Type, long Count, long Place, long At)
    {
        public long Length => Count * TiffValue.SizeOf(Type);
    }
}
