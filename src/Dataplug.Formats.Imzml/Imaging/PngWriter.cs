using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace Dataplug.Formats.Imzml.Imaging;

/// <summary>Draws images as PNG (ISO/IEC 15948). Row by row from the lowest y at the top, as imzML counts them.</summary>
public static class PngWriter
{
    private const int LargestScale = 1024;
    private const byte FilterNone = 0;
    private const byte FilterUp = 2;
    private const byte GrayColor = 0;
    private const byte PaletteColor = 3;
    private const byte RgbaColor = 6;

    // Of a palette of 256: this one for pixels without a spectrum, those below for intensities.
    private const byte MaskedIndex = 255;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    /// <summary>Draws an image by a palette of 8 bits: small, with 255 colours of the map, evenly taken.</summary>
    /// <param name="image">The image.</param>
    /// <param name="options">How it is drawn; null for the defaults.</param>
    /// <returns>The file.</returns>
    /// <exception cref="ArgumentException">The options are none, or the picture would be larger than 2³¹ − 1 bytes.</exception>
    public static byte[] EncodePalette(IonImage image, PngOptions? options = null)
    {
        var picture = new Picture(image, options ?? new PngOptions());
        var palette = new byte[3 * (MaskedIndex + 1)];
        for (var i = 0; i < MaskedIndex; i++)
            (palette[3 * i], palette[(3 * i) + 1], palette[(3 * i) + 2]) = picture.Options.ColorMap.At(i / (MaskedIndex - 1.0));

        // tRNS has an alpha for each index; indices beyond it are opaque (11.3.2.1).
        var alpha = new byte[MaskedIndex + 1];
        Array.Fill(alpha, byte.MaxValue);
        alpha[MaskedIndex] = 0;
        return Encode(picture, bitDepth: 8, PaletteColor, sampleBytes: 1, FilterNone, picture.Options.Transparent ? [("PLTE", palette), ("tRNS", alpha)] : [("PLTE", palette)], (intensity, sample) =>
            sample[0] = intensity is { } value ? (byte)Math.Round(value * (MaskedIndex - 1), MidpointRounding.AwayFromZero) : MaskedIndex);
    }

    /// <summary>Draws an image in red, green, blue and alpha of 8 bits each, with all 256 colours of the map.</summary>
    /// <inheritdoc cref="EncodePalette"/>
    public static byte[] EncodeRgba(IonImage image, PngOptions? options = null)
    {
        var picture = new Picture(image, options ?? new PngOptions());
        return Encode(picture, bitDepth: 8, RgbaColor, sampleBytes: 4, FilterUp, [], (intensity, sample) =>
        {
            (sample[0], sample[1], sample[2]) = intensity is { } value ? picture.Options.ColorMap.At(value) : default;
            sample[3] = intensity is null && picture.Options.Transparent ? (byte)0 : byte.MaxValue;
        });
    }

    /// <summary>
    /// Draws an image in 16 bits of gray, for programs that read intensities off it: an intensity is minimum + gray ∕ 65535 · (maximum −
    /// minimum), where both stand in the text <c>Intensity range</c> of the file, one space between. Pixels without a spectrum are 0.
    /// </summary>
    /// <inheritdoc cref="EncodePalette"/>
    public static byte[] EncodeGray16(IonImage image, PngOptions? options = null)
    {
        var picture = new Picture(image, options ?? new PngOptions());
        var range = string.Create(CultureInfo.InvariantCulture, $"Intensity range\0{picture.Minimum:R} {picture.Maximum:R}");
        return Encode(picture, bitDepth: 16, GrayColor, sampleBytes: 2, FilterUp, [("tEXt", Encoding.ASCII.GetBytes(range))], (intensity, sample) =>
            BinaryPrimitives.WriteUInt16BigEndian(sample, (ushort)Math.Round((intensity ?? 0) * ushort.MaxValue, MidpointRounding.AwayFromZero)));
    }

    private static byte[] Encode(Picture picture, byte bitDepth, byte colorType, int sampleBytes, byte filter, ReadOnlySpan<(string Type, byte[] Data)> chunks, SampleWriter write)
    {
        if ((((long)picture.Width * sampleBytes) + 1) * picture.Height > int.MaxValue)
            throw new ArgumentException($"A picture of {picture.Width} × {picture.Height} pixels is too large.");

        var file = new MemoryStream();
        file.Write(Signature);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, picture.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), picture.Height);
        header[8] = bitDepth;
        header[9] = colorType;
        WriteChunk(file, "IHDR", header);
        foreach (var (type, data) in chunks)
            WriteChunk(file, type, data);

        var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var row = new byte[picture.Width * sampleBytes];
            var above = new byte[row.Length];
            var filtered = new byte[row.Length + 1];
            filtered[0] = filter;
            for (var y = 0; y < picture.Height; y++)
            {
                for (var x = 0; x < picture.Width; x++)
                    write(picture.At(x, y), row.AsSpan(x * sampleBytes, sampleBytes));

                // Up (9.2): the difference to the byte above, of which rows of one pixel of the image have many that are 0.
                for (var i = 0; i < row.Length; i++)
                    filtered[i + 1] = filter == FilterUp ? (byte)(row[i] - above[i]) : row[i];
                zlib.Write(filtered);
                (row, above) = (above, row);
            }
        }

        WriteChunk(file, "IDAT", compressed.GetBuffer().AsSpan(0, (int)compressed.Length));
        WriteChunk(file, "IEND", []);
        return file.ToArray();
    }

    // Length, type, data, and the CRC of type and data (5.3).
    private static void WriteChunk(MemoryStream file, string type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        Span<byte> name = stackalloc byte[4];
        Encoding.ASCII.GetBytes(type, name);
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(name);
        file.Write(data);
        var crc = new Crc32();
        crc.Append(name);
        crc.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, crc.GetCurrentHashAsUInt32());
        file.Write(number);
    }

    private delegate void SampleWriter(double? intensity, Span<byte> sample);

    // The image and its bar, enlarged, as intensities from 0 to 1; null for what is drawn as masked.
    private sealed class Picture
    {
        private readonly IonImage _image;
        private readonly int _imageWidth;
        private readonly int _gap;

        public Picture(IonImage image, PngOptions options)
        {
            ArgumentNullException.ThrowIfNull(image);
            if (options.Scale is < 1 or > LargestScale)
                throw new ArgumentException($"A scale of {options.Scale} is not from 1 to {LargestScale}.", nameof(options));
            var maximum = options.Maximum ?? Math.Max(image.Max, options.Minimum);
            if (!double.IsFinite(options.Minimum) || !double.IsFinite(maximum) || maximum < options.Minimum)
                throw new ArgumentException($"There are no intensities from {options.Minimum} to {maximum}.", nameof(options));

            (_image, Options, Minimum, Maximum) = (image, options, options.Minimum, maximum);
            var (width, height) = ((long)image.Width * options.Scale, (long)image.Height * options.Scale);
            var bar = Math.Max(width / 16, 4);
            _gap = (int)Math.Max(width / 32, 2);
            var all = options.ColorBar ? width + _gap + bar : width;
            if (all > int.MaxValue || height > int.MaxValue)
                throw new ArgumentException($"A picture of {all} × {height} pixels is too large.", nameof(options));
            (_imageWidth, Width, Height) = ((int)width, (int)all, (int)height);
        }

        public PngOptions Options { get; }

        public double Minimum { get; }

        public double Maximum { get; }

        public int Width { get; }

        public int Height { get; }

        public double? At(int x, int y)
        {
            if (x >= _imageWidth)
                return x < _imageWidth + _gap ? null : Height == 1 ? 1 : 1 - (y / (Height - 1.0));
            var index = (y / Options.Scale * _image.Width) + (x / Options.Scale);
            if (!_image.Mask.Span[index])
                return null;

            // An image that is the same everywhere is drawn in the first colour.
            var value = _image.Values.Span[index];
            return Maximum > Minimum ? Math.Clamp((value / (Maximum - Minimum)) - (Minimum / (Maximum - Minimum)), 0, 1) : 0;
        }
    }
}
