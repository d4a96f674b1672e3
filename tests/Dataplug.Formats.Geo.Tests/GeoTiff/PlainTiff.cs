using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>Reads TIFFs in the plainest way: all in memory, a pixel at a time. Shares nothing with the plugin.</summary>
internal sealed class PlainTiff
{
    private readonly byte[] _file;
    private readonly bool _isBigEndian;
    private readonly bool _isBig;

    private PlainTiff(byte[] file)
    {
        _file = file;
        _isBigEndian = file[0] == 'M';
        _isBig = Number(2, 2) == 43;
        for (var at = Number(_isBig ? 8 : 4, _isBig ? 8 : 4); at != 0;)
        {
            var (countSize, entrySize, offsetSize) = _isBig ? (8, 20, 8) : (2, 12, 4);
            var count = Number(at, countSize);
            var directory = new Dictionary<int, Entry>();
            for (var i = 0; i < count; i++)
            {
                var entry = at + countSize + (i * entrySize);
                var (tag, type, values) = ((int)Number(entry, 2), (int)Number(entry + 2, 2), Number(entry + 4, offsetSize));
                var size = type switch { 1 or 2 or 6 or 7 => 1, 3 or 8 => 2, 4 or 9 or 11 or 13 => 4, 0 or > 18 or 14 or 15 => 0, _ => 8 };
                var field = entry + 4 + offsetSize;
                directory.TryAdd(tag, new Entry(type, values, size, values * size <= offsetSize ? field : Number(field, offsetSize)));
                if (values * size > offsetSize)
                    End = Math.Max(End, Number(field, offsetSize) + (values * size));
            }

            Directories.Add(directory);
            End = Math.Max(End, at + countSize + (count * entrySize) + offsetSize);
            at = Number(at + countSize + (count * entrySize), offsetSize);
        }
    }

    private List<Dictionary<int, Entry>> Directories { get; } = [];

    /// <summary>Where the file ends, by all that it says of itself.</summary>
    public long End { get; private set; }

    public int Width => (int)One(256, 0);

    public int Height => (int)One(257, 0);

    public int Bands => (int)One(277, 1);

    public int Bits => (int)One(258, 1);

    public int Format => (int)One(339, 1);

    /// <summary>Where it lies in what it is cut from (tags XPosition and YPosition).</summary>
    public (int Column, int Row) Position => Directories[0].TryGetValue(286, out var x) ? ((int)Number(x.Place, 4), (int)Number(Directories[0][287].Place, 4)) : (0, 0);

    public static PlainTiff Parse(byte[] file) => new(file);

    /// <summary>TIFFs one behind the other.</summary>
    public static IEnumerable<PlainTiff> ParseAll(byte[] files)
    {
        while (files.Length > 0)
        {
            var tiff = new PlainTiff(files);
            _ = tiff.Pixels();
            if (tiff.Directories.Count > 1)
                _ = tiff.Mask();
            yield return tiff;
            files = files[(int)tiff.End..];

            // Values of odd length at the end are followed by zeros that no tag speaks of.
            var padding = files.AsSpan().IndexOfAnyExcept((byte)0);
            files = padding < 0 ? [] : files[padding..];
        }
    }

    public double[]? Doubles(int tag) => !Directories[0].TryGetValue(tag, out var entry) ? null : [.. Enumerable.Range(0, (int)entry.Count).Select(i => BitConverter.Int64BitsToDouble(Number(entry.Place + (8 * i), 8)))];

    public string? Text(int tag) => !Directories[0].TryGetValue(tag, out var entry) ? null : Encoding.UTF8.GetString(_file, (int)entry.Place, (int)entry.Count).TrimEnd('\0');

    public long[]? Numbers(int tag, int directory = 0) => !Directories[directory].TryGetValue(tag, out var entry) ? null : [.. Enumerable.Range(0, (int)entry.Count).Select(i => Number(entry.Place + (entry.Size * i), entry.Size))];

    /// <summary>Band after band, row after row, the least significant byte first.</summary>
    public byte[][] Pixels() => Pixels(0);

    /// <summary>The mask in the second directory.</summary>
    public byte[]? Mask() => Directories.Count > 1 && Numbers(262, 1) is [4] ? Pixels(1)[0] : null;

    /// <summary>One line a pixel: where it is, and its bytes.</summary>
    public IEnumerable<string> Lines()
    {
        var pixels = Pixels();
        var size = Math.Max(1, Bits / 8);
        for (var row = 0; row < Height; row++)
        {
            for (var column = 0; column < Width; column++)
                yield return LineOf(Position.Row + row, Position.Column + column, pixels, ((row * Width) + column) * size, size);
        }
    }

    public static string LineOf(int row, int column, IEnumerable<byte[]> bands, int at, int size) =>
        string.Create(CultureInfo.InvariantCulture, $"{row:D6},{column:D6}: {string.Join(' ', bands.Select(band => Convert.ToHexString(band, at, size)))}");

    private byte[][] Pixels(int directory)
    {
        var (width, height, bands) = ((int)One(256, 0, directory), (int)One(257, 0, directory), (int)One(277, 1, directory));
        var (bits, format) = ((int)One(258, 1, directory), One(339, 1, directory));
        var isPlanar = One(284, 1, directory) == 2 && bands > 1;
        var isTiled = Directories[directory].ContainsKey(324);
        var (blockWidth, blockHeight) = isTiled ? ((int)One(322, 0, directory), (int)One(323, 0, directory)) : (width, (int)Math.Min(height, One(278, uint.MaxValue, directory)));
        var offsets = Numbers(isTiled ? 324 : 273, directory)!;
        var lengths = Numbers(isTiled ? 325 : 279, directory)!;
        var (across, down) = ((width + blockWidth - 1) / blockWidth, (height + blockHeight - 1) / blockHeight);
        var size = Math.Max(1, bits / 8);
        var pixels = Enumerable.Range(0, bands).Select(_ => new byte[width * height * size]).ToArray();
        var noData = Text(42113) is { } text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : (double?)null;
        for (var block = 0; block < across * down * (isPlanar ? bands : 1); block++)
        {
            var (plane, row, column) = (block / (across * down), block / across % down, block % across);
            var rows = isTiled ? blockHeight : Math.Min(blockHeight, height - (row * blockHeight));
            var samples = isPlanar ? 1 : bands;
            var rowBytes = ((blockWidth * samples * bits) + 7) / 8;
            var isMissing = offsets[block] == 0 || lengths[block] == 0;
            if (!isMissing)
                End = Math.Max(End, offsets[block] + lengths[block]);
            var raw = isMissing ? null : Decompress(_file.AsSpan((int)offsets[block], (int)lengths[block]), rowBytes * rows, (int)One(259, 1, directory), One(266, 1, directory) == 2);
            for (var y = 0; y < rows && (row * blockHeight) + y < height; y++)
            {
                var line = raw is null ? null : Line(raw.AsSpan(y * rowBytes, rowBytes), samples, bits, format, One(259, 1, directory) is 5 or 8 or 32946 or 50000 ? One(317, 1, directory) : 1);
                for (var x = 0; x < blockWidth && (column * blockWidth) + x < width; x++)
                {
                    for (var s = 0; s < samples; s++)
                    {
                        var target = pixels[isPlanar ? plane : s].AsSpan(((((row * blockHeight) + y) * width) + (column * blockWidth) + x) * size, size);
                        if (line is not null)
                            line.AsSpan(((x * samples) + s) * size, size).CopyTo(target);
                        else if (noData is { } missing)
                            Missing(missing, format, bits).CopyTo(target);
                    }
                }
            }
        }

        return pixels;
    }

    // Only numbers that fit, as the generator has them.
    private static byte[] Missing(double value, long format, int bits)
    {
        var bytes = new byte[Math.Max(1, bits / 8)];
        switch (format, bits)
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
                // A value that does not fit into the bits stands for nothing.
                if (bits >= 8 || value < 1 << bits)
                    bytes[0] = (byte)value;
                break;
        }

        return bytes;
    }

    private byte[] Line(Span<byte> raw, int samples, int bits, long format, long predictor)
    {
        var size = Math.Max(1, bits / 8);
        var line = raw.ToArray();
        if (bits < 8)
        {
            line = new byte[raw.Length * 8 / bits];
            for (var i = 0; i < line.Length; i++)
                line[i] = (byte)((raw[i * bits / 8] >> (8 - bits - (i * bits % 8))) & ((1 << bits) - 1));
            return line;
        }

        if (predictor == 3)
        {
            for (var i = samples; i < raw.Length; i++)
                raw[i] += raw[i - samples];
            var count = raw.Length / size;
            for (var i = 0; i < count; i++)
            {
                for (var j = 0; j < size; j++)
                    line[(i * size) + size - 1 - j] = raw[(j * count) + i];
            }

            return line;
        }

        var word = format >= 5 ? size / 2 : size;
        for (var at = 0; at < line.Length && _isBigEndian; at += word)
            Array.Reverse(line, at, word);
        for (var i = samples; i < line.Length / size && predictor == 2; i++)
        {
            var carry = 0;
            for (var j = 0; j < size; j++)
            {
                carry += line[(i * size) + j] + line[((i - samples) * size) + j];
                line[(i * size) + j] = (byte)carry;
                carry >>= 8;
            }
        }

        return line;
    }

    private static byte[] Decompress(ReadOnlySpan<byte> stored, int length, int compression, bool isBitReversed)
    {
        if (isBitReversed)
        {
            var turned = stored.ToArray();
            for (var at = 0; at < turned.Length; at++)
                turned[at] = (byte)Enumerable.Range(0, 8).Sum(bit => ((turned[at] >> bit) & 1) << (7 - bit));
            stored = turned;
        }

        switch (compression)
        {
            case 1:
                return stored[..length].ToArray();
            case 5:
                return PlainLzw.Decompress(stored, length);
            case 8 or 32946:
                var inflated = new byte[length];
                using (var zlib = new ZLibStream(new MemoryStream(stored.ToArray()), CompressionMode.Decompress))
                    zlib.ReadExactly(inflated);
                return inflated;
            case 50000:
                using (var zstd = new ZstdSharp.Decompressor())
                    return zstd.Unwrap(stored)[..length].ToArray();
            default:
                var output = new List<byte>();
                for (var i = 0; output.Count < length; i++)
                {
                    var n = (sbyte)stored[i];
                    if (n >= 0)
                    {
                        // Of the last run only what is needed has to be there, as to libtiff.
                        output.AddRange(stored.Slice(i + 1, Math.Min(n + 1, length - output.Count)));
                        i += n + 1;
                    }
                    else if (n != -128)
                    {
                        output.AddRange(Enumerable.Repeat(stored[++i], 1 - n));
                    }
                }

                return [.. output.Take(length)];
        }
    }

    private long One(int tag, long usual, int directory = 0) => Numbers(tag, directory) is [var number, ..] ? number : usual;

    private long Number(long at, int size)
    {
        long number = 0;
        for (var i = 0; i < size; i++)
            number |= (long)_file[at + i] << (8 * (_isBigEndian ? size - 1 - i : i));
        return number;
    }

    private readonly record struct Entry(int Type, long Count, int Size, long Place);
}
