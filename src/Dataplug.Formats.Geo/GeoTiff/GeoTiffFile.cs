using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Xml;
using System.Xml.Linq;

namespace Dataplug.Formats.Geo;

/// <summary>Writes a slice as a GeoTIFF, front to back, with the memory of one row of blocks (and a bit a pixel for the mask).</summary>
internal static class GeoTiffFile
{
    private const int WantedStrip = 64 << 10;

    // Directories and their values are behind the pixels' sizes only by far less than this.
    private const long MaxClassic = uint.MaxValue - (16L << 20);

    // What only decoded blocks do without.
    private static readonly HashSet<ushort> OfCodecs = [TiffTag.JpegTables, TiffTag.T4Options, TiffTag.T6Options, TiffTag.YCbCrCoefficients, TiffTag.YCbCrPositioning, TiffTag.YCbCrSubSampling, TiffTag.ReferenceBlackWhite];

    /// <summary>Passes whole blocks on as they are stored.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> CopyAsync(WindowReader reader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (slice, layout) = (reader.Slice, reader.Slice.Layout);
        var bytes = reader.Blocks.Sum(block => block.Length) + reader.MaskBlocks.Sum(block => block.Length);
        var writer = new TiffDirectoryWriter((bytes + (16L * (reader.Blocks.Count + reader.MaskBlocks.Count))) > MaxClassic, layout.IsBigEndian);

        // Blocks are written as they come: place by place; TIFF lists them band by band.
        var places = reader.Blocks.Count / reader.PlaneCount;
        var image = Values(new long[reader.Blocks.Count], new long[reader.Blocks.Count]);
        var mask = slice.Mask is null ? null : MaskValues(new long[places], new long[places]);
        var dataAt = writer.HeaderLength + writer.LengthOf(image) + (mask is null ? 0 : writer.LengthOf(mask));
        var (offsets, counts) = (new long[reader.Blocks.Count], new long[reader.Blocks.Count]);
        for (var i = 0; i < reader.Blocks.Count; i++)
        {
            if (reader.Blocks[i].Length == 0)
                continue;
            var listed = (i % reader.PlaneCount * places) + (i / reader.PlaneCount);
            (offsets[listed], counts[listed]) = (dataAt, reader.Blocks[i].Length);
            dataAt += reader.Blocks[i].Length;
        }

        var (maskOffsets, maskCounts) = (new long[reader.MaskBlocks.Count], new long[reader.MaskBlocks.Count]);
        for (var i = 0; i < maskOffsets.Length; i++)
        {
            if (reader.MaskBlocks[i].Length == 0)
                continue;
            (maskOffsets[i], maskCounts[i]) = (dataAt, reader.MaskBlocks[i].Length);
            dataAt += reader.MaskBlocks[i].Length;
        }

        foreach (var piece in Heads(writer, Values(offsets, counts), mask is null ? null : MaskValues(maskOffsets, maskCounts)))
            yield return piece;
        var maskBlocks = new List<ReadOnlyMemory<byte>>();
        await foreach (var place in reader.CopyAsync(cancellationToken).ConfigureAwait(false))
        {
            for (var i = 0; i < reader.PlaneCount; i++)
            {
                if (!place.Blocks[i].IsEmpty)
                    yield return place.Blocks[i];
            }

            // They are a few bytes each, but must not hold what they were fetched with.
            if (mask is not null)
                maskBlocks.Add(place.Blocks[^1].ToArray());
        }

        foreach (var block in maskBlocks)
        {
            if (!block.IsEmpty)
                yield return block;
        }

        List<TiffValue> Values(long[] blockOffsets, long[] blockCounts) =>
        [
            .. StructureOf(layout, slice.Window, blockOffsets, blockCounts, writer.IsBig, 0),
            .. KeptOf(reader, tag => true),
            .. PlaceOf(reader),
        ];

        List<TiffValue> MaskValues(long[] blockOffsets, long[] blockCounts) => StructureOf(slice.Mask!, slice.Window, blockOffsets, blockCounts, writer.IsBig, 4);
    }

    /// <summary>Writes decoded pixels in strips, bands together, not compressed, with the least significant byte first.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> WriteAsync(WindowReader reader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (slice, window, bands) = (reader.Slice, reader.Slice.Window, reader.Bands.Count);
        var bits = slice.Layout.BitsPerSample;
        var rowBytes = (((long)window.Width * bands * bits) + 7) / 8;
        if (rowBytes > Array.MaxLength)
            throw new InvalidSliceException(slice.Source.Uri.Display, $"a row of the window takes {rowBytes} bytes", "Cut smaller windows.");
        var maskRow = ((long)window.Width + 7) / 8;
        var maskLength = reader.HasMask ? maskRow * window.Height : 0;
        if (maskLength > Array.MaxLength)
            throw new InvalidSliceException(slice.Source.Uri.Display, "the mask of the window does not fit into an array", "Cut smaller windows.");

        var plain = new RasterLayout
        {
            Width = window.Width,
            Height = window.Height,
            BlockWidth = window.Width,
            BlockHeight = (int)Math.Clamp(WantedStrip / rowBytes, 1, window.Height),
            Bands = bands,
            Type = slice.Layout.Type,
            BitsPerSample = bits,
            Compression = TiffCompression.None,
            Predictor = 1,
            Photometric = PhotometricOf(reader),
        };
        var plainMask = plain with { BlockHeight = window.Height, Bands = 1, Type = RasterType.UInt8, BitsPerSample = 1, Photometric = 4 };
        var writer = new TiffDirectoryWriter((rowBytes * window.Height) + maskLength + (16L * plain.BlocksDown) > MaxClassic, isBigEndian: false);
        var dataAt = writer.HeaderLength + writer.LengthOf(Values(0)) + (reader.HasMask ? writer.LengthOf(MaskValues(0)) : 0);
        foreach (var piece in Heads(writer, Values(dataAt), reader.HasMask ? MaskValues(dataAt + (rowBytes * window.Height)) : null))
            yield return piece;

        var mask = new byte[maskLength];
        byte[]? rows = null;
        var (top, height) = (0, 0);
        await foreach (var block in reader.ReadAsync(null, cancellationToken).ConfigureAwait(false))
        {
            if (rows is null || block.Window.Row != top)
            {
                if (rows is not null)
                    yield return rows.AsMemory(0, (int)(rowBytes * height));
                (top, height) = (block.Window.Row, block.Rows);
                if (rowBytes * height > Array.MaxLength)
                    throw new InvalidSliceException(slice.Source.Uri.Display, $"{height} rows of the window take {rowBytes * height} bytes", "Cut smaller windows.");
                rows = new byte[rowBytes * height];
            }

            var column = block.Window.Column - window.Column;
            for (var row = 0; row < block.Rows; row++)
            {
                Interleave(block, row, rows.AsSpan((int)(row * rowBytes), (int)rowBytes), column, bits);
                for (var i = 0; i < block.Columns && reader.HasMask; i++)
                {
                    if (block.Mask[(row * block.Columns) + i] != 0)
                        mask[((block.Window.Row - window.Row + row) * maskRow) + ((column + i) >> 3)] |= (byte)(0x80 >> ((column + i) & 7));
                }
            }
        }

        if (rows is not null)
            yield return rows.AsMemory(0, (int)(rowBytes * height));
        if (mask.Length > 0)
            yield return mask;

        List<TiffValue> Values(long at)
        {
            var offsets = new long[plain.BlocksDown];
            var counts = new long[plain.BlocksDown];
            for (var i = 0; i < offsets.Length; i++)
                (offsets[i], counts[i]) = (at + (i * rowBytes * plain.BlockHeight), rowBytes * plain.RowsOf(i));
            return
            [
                .. StructureOf(plain, window, offsets, counts, writer.IsBig, 0),
                .. KeptOf(reader, tag => !OfCodecs.Contains(tag) && tag != TiffTag.ExtraSamples),
                .. ExtraSamplesOf(reader, plain),
                .. PlaceOf(reader),
            ];
        }

        List<TiffValue> MaskValues(long at) => StructureOf(plainMask, window, [at], [maskLength], writer.IsBig, 4);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Heads(TiffDirectoryWriter writer, IReadOnlyList<TiffValue> image, IReadOnlyList<TiffValue>? mask)
    {
        yield return writer.Header();
        var next = writer.HeaderLength + writer.LengthOf(image);
        yield return writer.Directory(image, writer.HeaderLength, mask is null ? 0 : next);
        if (mask is not null)
            yield return writer.Directory(mask, next, 0);
    }

    private static List<TiffValue> StructureOf(RasterLayout layout, RasterWindow window, long[] offsets, long[] counts, bool isBig, uint subfileType)
    {
        List<TiffValue> values =
        [
            TiffValue.Longs(TiffTag.NewSubfileType, subfileType),
            TiffValue.Longs(TiffTag.ImageWidth, (uint)window.Width),
            TiffValue.Longs(TiffTag.ImageLength, (uint)window.Height),
            TiffValue.Shorts(TiffTag.BitsPerSample, [.. Enumerable.Repeat(layout.BitsPerSample, layout.Bands)]),
            TiffValue.Shorts(TiffTag.Compression, layout.Compression),
            TiffValue.Shorts(TiffTag.Photometric, layout.Photometric),
            TiffValue.Shorts(TiffTag.SamplesPerPixel, layout.Bands),
            TiffValue.Shorts(TiffTag.PlanarConfiguration, layout.IsPlanar ? 2 : 1),
            TiffValue.Shorts(TiffTag.SampleFormat, [.. Enumerable.Repeat(RasterTypes.SampleFormatOf(layout.Type), layout.Bands)]),
        ];
        if (layout.IsTiled)
        {
            values.Add(TiffValue.Longs(TiffTag.TileWidth, (uint)layout.BlockWidth));
            values.Add(TiffValue.Longs(TiffTag.TileLength, (uint)layout.BlockHeight));
        }
        else
        {
            values.Add(TiffValue.Longs(TiffTag.RowsPerStrip, (uint)layout.BlockHeight));
        }

        values.Add(TiffValue.Offsets(layout.IsTiled ? TiffTag.TileOffsets : TiffTag.StripOffsets, offsets, isBig));
        values.Add(TiffValue.Offsets(layout.IsTiled ? TiffTag.TileByteCounts : TiffTag.StripByteCounts, counts, isBig));
        if (layout.Predictor != 1)
            values.Add(TiffValue.Shorts(TiffTag.Predictor, layout.Predictor));
        if (layout.IsBitReversed)
            values.Add(TiffValue.Shorts(TiffTag.FillOrder, 2));
        if (subfileType == 0)
        {
            // Section "XPosition": the place of the image on its page. Pages are the level, units are pixels.
            values.Add(TiffValue.Ratio(TiffTag.XResolution, 1));
            values.Add(TiffValue.Ratio(TiffTag.YResolution, 1));
            values.Add(TiffValue.Shorts(TiffTag.ResolutionUnit, 1));
            values.Add(TiffValue.Ratio(TiffTag.XPosition, (uint)window.Column));
            values.Add(TiffValue.Ratio(TiffTag.YPosition, (uint)window.Row));
        }

        return values;
    }

    private static IEnumerable<TiffValue> KeptOf(WindowReader reader, Predicate<ushort> isKept)
    {
        foreach (var value in reader.Profile.Values)
        {
            if (value.Tag == TiffTag.ModelTiepoint || !isKept(value.Tag))
                continue;
            if (value.Tag != TiffTag.GdalMetadata || reader.Slice.Bands is null)
                yield return value;
            else if (RenumberBands(value.ToText(), reader.Bands) is { } text)
                yield return new TiffValue(value.Tag, TiffValue.Ascii, [.. System.Text.Encoding.UTF8.GetBytes(text), 0]);
        }
    }

    private static IEnumerable<TiffValue> PlaceOf(WindowReader reader)
    {
        var window = reader.Slice.Window;
        var points = reader.Profile.Find(TiffTag.ModelTiepoint)?.ToDoubles() is { } numbers
            ? Enumerable.Range(0, numbers.Length / 6).Select(i => new GroundControlPoint(numbers[6 * i] - window.Column, numbers[(6 * i) + 1] - window.Row, numbers[(6 * i) + 3], numbers[(6 * i) + 4], numbers[(6 * i) + 5])).ToArray()
            : [];
        return Georeference.TagsOf(reader.Slice.Transform, points, reader.Slice.IsPixelPoint);
    }

    // GDAL's metadata name bands by numbers from 0 (attribute sample).
    private static string? RenumberBands(string text, IReadOnlyList<int> bands)
    {
        try
        {
            using var xml = XmlReader.Create(new StringReader(text), GdalMetadata.ReaderSettings);
            var root = XElement.Load(xml);
            foreach (var item in root.Elements().ToArray())
            {
                if (item.Attribute("sample") is not { } sample)
                    continue;
                var at = int.TryParse(sample.Value, out var number) ? bands.Index().FirstOrDefault(band => band.Item == number + 1, (Index: -1, Item: 0)).Index : -1;
                if (at < 0)
                    item.Remove();
                else
                    sample.SetValue(at);
            }

            return root.ToString();
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static int ColorsOf(int photometric) => photometric switch { 2 or 6 or 8 => 3, 5 => 4, _ => 1 };

    private static int PhotometricOf(WindowReader reader)
    {
        // JPEG's YCbCr is decoded to RGB. Some bands of a colour are none.
        var photometric = reader.Slice.Layout.Photometric is 6 ? 2 : reader.Slice.Layout.Photometric;
        var colors = ColorsOf(photometric);
        return colors == 1 || reader.Bands.Take(colors).SequenceEqual(Enumerable.Range(1, colors)) ? photometric : 1;
    }

    private static IEnumerable<TiffValue> ExtraSamplesOf(WindowReader reader, RasterLayout plain)
    {
        var extra = plain.Bands - ColorsOf(plain.Photometric);
        if (extra <= 0)
            yield break;
        var known = reader.Slice.Bands is null ? reader.Profile.Find(TiffTag.ExtraSamples) : null;
        yield return known is not null && known.Count == extra ? known : TiffValue.Shorts(TiffTag.ExtraSamples, [.. Enumerable.Repeat(0, extra)]);
    }

    private static void Interleave(Raster block, int row, Span<byte> target, int column, int bits)
    {
        var (bands, columns) = (block.Bands, block.Columns);
        for (var band = 0; band < bands; band++)
        {
            var size = RasterTypes.SizeOf(block.Type);
            var from = block.BandBytes(band).Span.Slice((int)((long)row * columns * size), columns * size);
            if (bits < 8)
            {
                for (var i = 0; i < columns; i++)
                {
                    var bit = (((long)(column + i) * bands) + band) * bits;
                    target[(int)(bit >> 3)] |= (byte)(from[i] << (8 - bits - (int)(bit & 7)));
                }

                continue;
            }

            var to = target[(column * bands * size)..];
            if (bands == 1)
            {
                from.CopyTo(to);
                continue;
            }

            switch (size)
            {
                case 1:
                    Spread<byte>(from, to, band, bands);
                    break;
                case 2:
                    Spread<ushort>(from, to, band, bands);
                    break;
                case 4:
                    Spread<uint>(from, to, band, bands);
                    break;
                case 8:
                    Spread<ulong>(from, to, band, bands);
                    break;
                default:
                    Spread<UInt128>(from, to, band, bands);
                    break;
            }
        }
    }

    private static void Spread<T>(ReadOnlySpan<byte> from, Span<byte> to, int band, int bands)
        where T : unmanaged
    {
        var samples = MemoryMarshal.Cast<byte, T>(from);
        var pixels = MemoryMarshal.Cast<byte, T>(to);
        for (int i = 0, at = band; i < samples.Length; i++, at += bands)
            pixels[at] = samples[i];
    }
}
