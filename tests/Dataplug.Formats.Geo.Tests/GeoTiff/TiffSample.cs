using System.Buffers.Binary;
using System.IO.Compression;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>What a generated raster is to be like.</summary>
public sealed record TiffSample
{
    public int Seed { get; init; } = 1;

    public int Width { get; init; } = 20;

    public int Height { get; init; } = 13;

    public int Bands { get; init; } = 1;

    /// <summary>Tiles of that size; strips where null.</summary>
    public (int Width, int Height)? Tile { get; init; }

    public int RowsPerStrip { get; init; } = 4;

    public bool IsPlanar { get; init; }

    public int Bits { get; init; } = 8;

    /// <summary>TIFF's: 1 unsigned, 2 signed, 3 floating-point, 5 and 6 complex.</summary>
    public int Format { get; init; } = 1;

    public int Compression { get; init; } = 1;

    public int Predictor { get; init; } = 1;

    public bool IsBigEndian { get; init; }

    public bool IsBig { get; init; }

    public bool HasMask { get; init; }

    /// <summary>Overviews, each of half of the size of the one before, in directories of their own or below the first.</summary>
    public int Overviews { get; init; }

    public bool InSubIfds { get; init; }

    /// <summary>Leaves out every so manieth block.</summary>
    public int SparseEvery { get; init; }

    public string? NoData { get; init; }

    public bool HasAlpha { get; init; }

    public double[]? Scale { get; init; } = [30, 30, 0];

    public double[]? Tiepoints { get; init; } = [0, 0, 0, 500000, 4600000, 0];

    public double[]? Matrix { get; init; }

    /// <summary>GeoKeys: id and code.</summary>
    public (int Id, int Code)[] Keys { get; init; } = [(1024, 1), (1025, 1), (3072, 32633)];

    public bool IsBitReversed { get; init; }

    public bool DirectoriesFirst { get; init; }

    /// <summary>Realistic and hostile ones.</summary>
    public static Gen<TiffSample> Any { get; } =
        from seed in Gen.Choose(1, 1_000_000)
        from width in Gen.Choose(1, 45)
        from height in Gen.Choose(1, 40)
        from bands in Gen.Elements(1, 1, 2, 3, 4)
        from tile in Gen.Elements<(int, int)?>(null, (16, 16), (32, 16), (7, 5))
        from rows in Gen.Elements(1, 3, 8, 100)
        from planar in Gen.Elements(false, true)
        from kind in Gen.Elements((8, 1), (8, 1), (16, 1), (16, 2), (32, 1), (32, 2), (32, 3), (64, 1), (64, 2), (64, 3), (8, 2), (1, 1), (2, 1), (4, 1), (16, 3), (32, 5), (64, 6), (128, 6))
        from compression in Gen.Elements(1, 1, 5, 8, 32946, 32773, 50000)
        from predictor in Gen.Elements(1, 1, 2, 3)
        from flags in Gen.Choose(0, 63)
        select new TiffSample
        {
            Seed = seed,
            Width = width,
            Height = height,
            Bands = bands,
            Tile = tile,
            RowsPerStrip = rows,
            IsPlanar = planar,
            Bits = kind.Item1,
            Format = kind.Item2,
            Compression = compression,
            Predictor = (predictor, compression) switch
            {
                (_, 1 or 32773) => 1,
                (2, _) when kind.Item1 is 8 or 16 or 32 or 64 && kind.Item2 < 5 => 2,
                (3, _) when kind.Item2 == 3 => 3,
                _ => 1,
            },
            IsBigEndian = (flags & 1) != 0,
            IsBig = (flags & 2) != 0,
            HasMask = (flags & 4) != 0,
            Overviews = (flags & 8) != 0 && width > 4 && height > 4 ? 2 : 0,
            InSubIfds = (flags & 16) != 0,
            SparseEvery = (flags & 32) != 0 ? 3 : 0,
            NoData = (flags & 32) != 0 ? "7" : null,
            DirectoriesFirst = (flags & 16) != 0,
        };
}

/// <summary>Writes TIFFs plainly, and knows their pixels. Shares nothing with the plugin.</summary>
internal sealed class TiffBuilder : IDisposable
{
    private readonly TiffSample _sample;
    private readonly MemoryStream _file = new();
    private readonly List<Image> _images = [];

    private TiffBuilder(TiffSample sample) => _sample = sample;

    /// <summary>Bytes of a sample in memory.</summary>
    public static int SizeOf(int bits) => Math.Max(1, bits / 8);

    /// <summary>The pixels of a level as they must be read: band after band, row after row, the least significant byte first; of blocks that
    /// are left out the value for no data.</summary>
    public static byte[][] Pixels(TiffSample sample, int level = 0)
    {
        var (width, height) = Size(sample, level);
        var size = SizeOf(sample.Bits);
        var random = new Random(sample.Seed + level);
        var bands = new byte[sample.Bands][];
        for (var band = 0; band < bands.Length; band++)
        {
            bands[band] = new byte[width * height * size];
            for (var at = 0; at < bands[band].Length; at += size)
            {
                // Runs of the same, small steps, and noise.
                if (at > 0 && random.Next(3) > 0)
                    bands[band].AsSpan(at - size, size).CopyTo(bands[band].AsSpan(at));
                else
                    random.NextBytes(bands[band].AsSpan(at, size));
                if (sample.Bits < 8)
                    bands[band][at] &= (byte)((1 << sample.Bits) - 1);
            }
        }

        foreach (var (plane, row, column) in Blocks(sample, level).Where((_, i) => IsSparse(sample, i)))
        {
            for (var band = 0; band < sample.Bands; band++)
            {
                if (sample.IsPlanar && sample.Bands > 1 && band != plane)
                    continue;
                var (blockWidth, blockHeight) = BlockSize(sample, level);
                for (var y = row * blockHeight; y < Math.Min(height, (row + 1) * blockHeight); y++)
                {
                    for (var x = column * blockWidth; x < Math.Min(width, (column + 1) * blockWidth); x++)
                        NoDataBytes(sample).CopyTo(bands[band], ((y * width) + x) * size);
                }
            }
        }

        return bands;
    }

    /// <summary>The mask of a level: 1 valid, 0 not.</summary>
    public static byte[] Mask(TiffSample sample, int level = 0)
    {
        var (width, height) = Size(sample, level);
        var mask = new byte[width * height];
        for (var i = 0; i < mask.Length; i++)
            mask[i] = (byte)(((i % width) + (i / width)) % 5 == 0 ? 0 : 1);
        return mask;
    }

    public static (int Width, int Height) Size(TiffSample sample, int level) => (Math.Max(1, (sample.Width + (1 << level) - 1) >> level), Math.Max(1, (sample.Height + (1 << level) - 1) >> level));

    public static byte[] Build(TiffSample sample)
    {
        using var builder = new TiffBuilder(sample);
        return builder.Build();
    }

    public void Dispose() => _file.Dispose();

    private static byte[] NoDataBytes(TiffSample sample)
    {
        var bytes = new byte[SizeOf(sample.Bits)];
        if (sample.NoData is null || !double.TryParse(sample.NoData, out var value))
            return bytes;
        switch (sample.Format, sample.Bits)
        {
            case (3, 16):
                BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)value);
                break;
            case (3, 32) or (6, 64):
                BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)value);
                break;
            case (3, 64) or (6, 128):
                BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
                break;
            default:
                if (sample.Bits >= 8 || value < 1 << sample.Bits)
                    bytes[0] = (byte)value;
                break;
        }

        return bytes;
    }

    private static bool IsSparse(TiffSample sample, int block) => sample.SparseEvery > 0 && block % sample.SparseEvery == 1;

    private static (int Width, int Height) BlockSize(TiffSample sample, int level) => sample.Tile ?? (Size(sample, level).Width, sample.RowsPerStrip);

    private static IEnumerable<(int Plane, int Row, int Column)> Blocks(TiffSample sample, int level)
    {
        var (width, height) = Size(sample, level);
        var (blockWidth, blockHeight) = BlockSize(sample, level);
        for (var plane = 0; plane < (sample.IsPlanar ? sample.Bands : 1); plane++)
        {
            for (var row = 0; row * blockHeight < height; row++)
            {
                for (var column = 0; column * blockWidth < width; column++)
                    yield return (plane, row, column);
            }
        }
    }

    private byte[] Build()
    {
        for (var level = 0; level <= _sample.Overviews; level++)
        {
            _images.Add(MakeImage(level, isMask: false));
            if (_sample.HasMask)
                _images.Add(MakeImage(level, isMask: true));
        }

        _file.Write(_sample.IsBigEndian ? "MM"u8 : "II"u8);
        Number(_file, _sample.IsBig ? 43 : 42, 2);
        if (_sample.IsBig)
        {
            Number(_file, 8, 2);
            Number(_file, 0, 2);
        }

        var place = _file.Position;
        Number(_file, 0, _sample.IsBig ? 8 : 4);
        if (_sample.DirectoriesFirst)
        {
            // Once to know how long directories are, once with the blocks' places.
            var start = _file.Position;
            var first = WriteDirectories(place);
            var end = _file.Position;
            PlaceBlocks(end);
            _file.Position = start;
            Assert.Equal(first, WriteDirectories(place));
            _file.Position = end;
            WriteBlocks();
        }
        else
        {
            PlaceBlocks(_file.Position);
            WriteBlocks();
            WriteDirectories(place);
        }

        return _file.ToArray();
    }

    private void PlaceBlocks(long at)
    {
        foreach (var image in _images)
        {
            for (var i = 0; i < image.Blocks.Count; i++)
            {
                image.Offsets[i] = image.Blocks[i] is null ? 0 : at;
                at += image.Blocks[i]?.Length ?? 0;
            }
        }
    }

    private void WriteBlocks()
    {
        foreach (var block in _images.SelectMany(image => image.Blocks).OfType<byte[]>())
            _file.Write(block);
    }

    private long WriteDirectories(long place)
    {
        // The first directory in the chain, the others behind it, or named by it (SubIFDs).
        var subs = new List<long>();
        long first = 0;
        if (_sample.InSubIfds)
        {
            foreach (var image in _images.Skip(1).Where(image => image.Level > 0))
                subs.Add(WriteDirectory(image, []).Offset);
        }

        foreach (var image in _images.Where(image => !_sample.InSubIfds || image.Level == 0))
        {
            if (_file.Position % 2 == 1)
                _file.WriteByte(0);
            var offset = WriteDirectory(image, image == _images[0] ? subs : []);
            first = first == 0 ? offset.Offset : first;
            var end = _file.Position;
            _file.Position = place;
            Number(_file, offset.Offset, _sample.IsBig ? 8 : 4);
            _file.Position = end;
            place = offset.NextAt;
        }

        return first;
    }

    private (long Offset, long NextAt) WriteDirectory(Image image, List<long> subs)
    {
        var isMask = image.IsMask;
        var (width, height) = Size(_sample, image.Level);
        var (blockWidth, blockHeight) = BlockSize(_sample, image.Level);
        var bands = isMask ? 1 : _sample.Bands;
        var entries = new SortedDictionary<int, (int Type, double[] Values)>
        {
            [254] = (4, [(image.Level > 0 ? 1 : 0) + (isMask ? 4 : 0)]),
            [256] = (width > 65535 ? 4 : 3, [width]),
            [257] = (3, [height]),
            [258] = (3, [.. Enumerable.Repeat((double)(isMask ? 1 : _sample.Bits), bands)]),
            [259] = (3, [isMask ? 8 : _sample.Compression]),
            [262] = (3, [isMask ? 4 : bands >= 3 && _sample.Bits >= 8 ? 2 : 1]),
            [277] = (3, [bands]),
            [284] = (3, [_sample.IsPlanar && !isMask ? 2 : 1]),
            [339] = (3, [.. Enumerable.Repeat((double)(isMask ? 1 : _sample.Format), bands)]),
        };
        if (_sample.Predictor != 1 && !isMask)
            entries[317] = (3, [_sample.Predictor]);
        if (_sample.IsBitReversed)
            entries[266] = (3, [2]);
        var extra = bands - (entries[262].Values[0] == 2 ? 3 : 1);
        if (extra > 0)
            entries[338] = (3, [.. Enumerable.Range(0, extra).Select(i => _sample.HasAlpha && i == extra - 1 ? 2.0 : 0.0)]);
        if (_sample.Tile is not null)
        {
            entries[322] = (3, [blockWidth]);
            entries[323] = (4, [blockHeight]);
        }
        else
        {
            entries[278] = (3, [blockHeight]);
        }

        var offsetType = _sample.IsBig ? 16 : 4;
        entries[_sample.Tile is null ? 273 : 324] = (offsetType, [.. image.Offsets.Select(offset => (double)offset)]);
        entries[_sample.Tile is null ? 279 : 325] = (4, [.. image.Blocks.Select(block => (double)(block?.Length ?? 0))]);
        if (subs.Count > 0)
            entries[330] = (_sample.IsBig ? 18 : 13, [.. subs.Select(sub => (double)sub)]);
        if (image.Level == 0 && !isMask)
        {
            if (_sample.Scale is not null)
                entries[33550] = (12, _sample.Scale);
            if (_sample.Tiepoints is not null)
                entries[33922] = (12, _sample.Tiepoints);
            if (_sample.Matrix is not null)
                entries[34264] = (12, _sample.Matrix);
            if (_sample.Keys.Length > 0)
                entries[34735] = (3, [1, 1, 0, _sample.Keys.Length, .. _sample.Keys.OrderBy(key => key.Id).SelectMany(key => new double[] { key.Id, 0, 1, key.Code })]);
            if (_sample.NoData is not null)
                entries[42113] = (2, [.. _sample.NoData.Select(c => (double)c), 0]);
        }

        if (_file.Position % 2 == 1)
            _file.WriteByte(0);
        var start = _file.Position;
        var (countSize, entrySize, offsetSize) = _sample.IsBig ? (8, 20, 8) : (2, 12, 4);
        var behind = start + countSize + (entrySize * entries.Count) + offsetSize;
        Number(_file, entries.Count, countSize);
        var values = new MemoryStream();
        foreach (var (tag, (type, numbers)) in entries)
        {
            Number(_file, tag, 2);
            Number(_file, type, 2);
            Number(_file, numbers.Length, offsetSize);
            var bytes = new MemoryStream();
            foreach (var number in numbers)
            {
                if (type == 12)
                    Number(bytes, BitConverter.DoubleToInt64Bits(number), 8);
                else
                    Number(bytes, (long)number, type switch { 2 => 1, 3 => 2, 4 or 13 => 4, _ => 8 });
            }

            if (bytes.Length <= offsetSize)
            {
                bytes.SetLength(offsetSize);
                bytes.WriteTo(_file);
            }
            else
            {
                Number(_file, behind + values.Length, offsetSize);
                bytes.WriteTo(values);
                if (values.Length % 2 == 1)
                    values.WriteByte(0);
            }
        }

        var nextAt = _file.Position;
        Number(_file, 0, offsetSize);
        values.WriteTo(_file);
        return (start, nextAt);
    }

    private Image MakeImage(int level, bool isMask)
    {
        var (width, height) = Size(_sample, level);
        var (blockWidth, blockHeight) = BlockSize(_sample, level);
        var pixels = isMask ? [Mask(_sample, level)] : Pixels(_sample, level);
        var bits = isMask ? 1 : _sample.Bits;
        var blocks = new List<byte[]?>();
        var sample = isMask ? _sample with { Bands = 1, IsPlanar = false, Bits = 1, Format = 1, Compression = 8, Predictor = 1, SparseEvery = 0 } : _sample;
        foreach (var (plane, row, column) in Blocks(sample, level))
        {
            if (IsSparse(sample, blocks.Count))
            {
                blocks.Add(null);
                continue;
            }

            var rows = _sample.Tile is null ? Math.Min(blockHeight, height - (row * blockHeight)) : blockHeight;
            var bands = sample.IsPlanar ? [plane] : Enumerable.Range(0, pixels.Length).ToArray();
            var size = SizeOf(bits);
            var raw = new List<byte[]>();
            for (var y = row * blockHeight; y < (row * blockHeight) + rows; y++)
            {
                var line = new byte[blockWidth * bands.Length * size];
                for (var x = 0; x < blockWidth; x++)
                {
                    for (var b = 0; b < bands.Length; b++)
                    {
                        // Tiles reach over the edge; what is there does not count.
                        if (y < height && (column * blockWidth) + x < width)
                            pixels[bands[b]].AsSpan(((y * width) + (column * blockWidth) + x) * size, size).CopyTo(line.AsSpan(((x * bands.Length) + b) * size));
                    }
                }

                raw.Add(Encode(line, bands.Length, size, sample));
            }

            var stored = Compress([.. raw.SelectMany(bytes => bytes)], raw[0].Length, sample.Compression);
            blocks.Add(_sample.IsBitReversed ? [.. stored.Select(b => (byte)Enumerable.Range(0, 8).Sum(i => ((b >> i) & 1) << (7 - i)))] : stored);
        }

        return new Image(level, isMask, blocks, new long[blocks.Count]);
    }

    // One row: differences, then bytes in order, then bits together.
    private byte[] Encode(byte[] line, int samples, int size, TiffSample sample)
    {
        if (sample.Predictor == 3)
        {
            var count = line.Length / size;
            var planes = new byte[line.Length];
            for (var i = 0; i < count; i++)
            {
                for (var j = 0; j < size; j++)
                    planes[(j * count) + i] = line[(i * size) + size - 1 - j];
            }

            for (var i = planes.Length - 1; i >= samples; i--)
                planes[i] -= planes[i - samples];
            return planes;
        }

        if (sample.Predictor == 2)
        {
            for (var i = (line.Length / size) - 1; i >= samples; i--)
            {
                var (borrow, at, left) = (0, i * size, (i - samples) * size);
                for (var j = 0; j < size; j++)
                {
                    var difference = line[at + j] - line[left + j] - borrow;
                    (line[at + j], borrow) = ((byte)difference, difference < 0 ? 1 : 0);
                }
            }
        }

        var word = sample.Format >= 5 ? size / 2 : size;
        if (_sample.IsBigEndian)
        {
            for (var at = 0; at < line.Length; at += word)
                Array.Reverse(line, at, word);
        }

        if (sample.Bits >= 8)
            return line;
        var packed = new byte[((line.Length * sample.Bits) + 7) / 8];
        for (var i = 0; i < line.Length; i++)
            packed[i * sample.Bits / 8] |= (byte)(line[i] << (8 - sample.Bits - (i * sample.Bits % 8)));
        return packed;
    }

    private static byte[] Compress(byte[] raw, int rowBytes, int compression)
    {
        switch (compression)
        {
            case 1:
                return raw;
            case 5:
                return PlainLzw.Compress(raw);
            case 8 or 32946:
                var target = new MemoryStream();
                using (var zlib = new ZLibStream(target, CompressionLevel.Optimal, leaveOpen: true))
                    zlib.Write(raw);
                return target.ToArray();
            case 50000:
                using (var zstd = new ZstdSharp.Compressor())
                    return zstd.Wrap(raw).ToArray();
            case 32773:
                // Rows by themselves, runs of three and more.
                var packed = new List<byte>();
                for (var row = 0; row < raw.Length; row += rowBytes)
                {
                    for (var at = row; at < row + rowBytes;)
                    {
                        var run = 1;
                        while (at + run < row + rowBytes && run < 128 && raw[at + run] == raw[at])
                            run++;
                        if (run > 2)
                        {
                            packed.AddRange([(byte)(1 - run), raw[at]]);
                            at += run;
                            continue;
                        }

                        var length = Math.Min(run, row + rowBytes - at);
                        packed.Add((byte)(length - 1));
                        packed.AddRange(raw[at..(at + length)]);
                        at += length;
                    }
                }

                return [.. packed];
            default:
                throw new ArgumentOutOfRangeException(nameof(compression));
        }
    }

    private void Number(Stream target, long number, int size)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        if (_sample.IsBigEndian)
            bytes[..size].Reverse();
        target.Write(bytes[..size]);
    }

    private sealed record Image(int Level, bool IsMask, List<byte[]?> Blocks, long[] Offsets);
}

/// <summary>LZW as TIFF 6.0, section 13, describes it: codes of 9 to 12 bits, the most significant bit first.</summary>
internal static class PlainLzw
{
    public static byte[] Compress(byte[] raw)
    {
        var output = new List<byte>();
        var (bits, held) = (0UL, 0);
        var table = new Dictionary<(int Prefix, byte Next), int>();
        var (next, width, prefix) = (258, 9, -1);
        Emit(256);
        foreach (var value in raw)
        {
            if (prefix < 0)
            {
                prefix = value;
            }
            else if (table.TryGetValue((prefix, value), out var code))
            {
                prefix = code;
            }
            else
            {
                Emit(prefix);
                table[(prefix, value)] = next++;
                width = next >= 2048 ? 12 : next >= 1024 ? 11 : next >= 512 ? 10 : 9;
                prefix = value;
                if (next == 4094)
                {
                    Emit(256);
                    table.Clear();
                    (next, width) = (258, 9);
                }
            }
        }

        if (prefix >= 0)
        {
            Emit(prefix);
            next++;
            width = next >= 2048 ? 12 : next >= 1024 ? 11 : next >= 512 ? 10 : 9;
        }

        Emit(257);
        if (held > 0)
            output.Add((byte)(bits << (8 - held)));
        return [.. output];

        void Emit(int code)
        {
            bits = (bits << width) | (uint)code;
            held += width;
            while (held >= 8)
            {
                output.Add((byte)(bits >> (held - 8)));
                held -= 8;
                bits &= (1UL << held) - 1;
            }
        }
    }

    public static byte[] Decompress(ReadOnlySpan<byte> stored, int length)
    {
        var output = new List<byte>(length);
        var table = new List<byte[]>();
        var (at, width) = (0L, 9);
        byte[]? last = null;
        while (output.Count < length)
        {
            if (at + width > stored.Length * 8L)
                throw new InvalidDataException("LZW ends early");
            var code = 0;
            for (var i = 0; i < width; i++, at++)
                code = (code << 1) | ((stored[(int)(at >> 3)] >> (7 - (int)(at & 7))) & 1);
            if (code == 257)
                break;
            if (code == 256)
            {
                table.Clear();
                (width, last) = (9, null);
                continue;
            }

            byte[] entry;
            if (code < 256)
                entry = [(byte)code];
            else if (code - 258 < table.Count)
                entry = table[code - 258];
            else if (last is not null && code - 258 == table.Count)
                entry = [.. last, last[0]];
            else
                throw new InvalidDataException("LZW has a code that is none");
            output.AddRange(entry);
            if (last is not null)
                table.Add([.. last, entry[0]]);
            last = entry;
            // Whoever wrote it was one entry ahead.
            var next = 259 + table.Count;
            width = next >= 2048 ? 12 : next >= 1024 ? 11 : next >= 512 ? 10 : 9;
        }

        return output.Count >= length ? [.. output.Take(length)] : throw new InvalidDataException("LZW ends early");
    }
}
