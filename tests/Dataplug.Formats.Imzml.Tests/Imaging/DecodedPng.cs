using System.Buffers.Binary;
using System.Text;
using ICSharpCode.SharpZipLib.Checksum;
using ICSharpCode.SharpZipLib.Zip.Compression.Streams;

namespace Dataplug.Formats.Imzml.Tests.Imaging;

/// <summary>A PNG read by means other than those that wrote it: SharpZipLib inflates and checks.</summary>
/// <param name="Width">Pixels in x.</param>
/// <param name="Height">Pixels in y.</param>
/// <param name="BitDepth">Bits of a sample.</param>
/// <param name="ColorType">0 for gray, 3 for a palette, 6 for red, green, blue, alpha.</param>
/// <param name="Samples">The rows without their filters.</param>
/// <param name="Chunks">What the chunks hold.</param>
internal sealed record DecodedPng(int Width, int Height, int BitDepth, int ColorType, byte[] Samples, IReadOnlyDictionary<string, byte[]> Chunks)
{
    public static DecodedPng Decode(byte[] file)
    {
        Assert.Equal("89504E470D0A1A0A", Convert.ToHexString(file.AsSpan(0, 8)));
        var chunks = new Dictionary<string, byte[]>();
        for (var at = 8; at < file.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            var crc = new Crc32();
            crc.Update(new ArraySegment<byte>(file, at + 4, length + 4));
            Assert.Equal((uint)crc.Value, BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8 + length)));
            chunks.Add(Encoding.ASCII.GetString(file, at + 4, 4), file[(at + 8)..(at + 8 + length)]);
            at += length + 12;
        }

        Assert.Equal(("IHDR", "IEND"), (chunks.Keys.First(), chunks.Keys.Last()));
        var header = chunks["IHDR"];
        Assert.Equal(13, header.Length);
        Assert.Equal([0, 0, 0], header[10..]);
        var (width, height) = (BinaryPrimitives.ReadInt32BigEndian(header), BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4)));
        var pixel = header[9] switch { 0 => header[8] / 8, 3 => 1, 6 => 4, _ => throw new InvalidOperationException() };
        var inflated = new MemoryStream();
        new InflaterInputStream(new MemoryStream(chunks["IDAT"])).CopyTo(inflated);
        var rows = inflated.ToArray();
        var length2 = width * pixel;
        Assert.Equal((length2 + 1) * height, rows.Length);
        var samples = new byte[length2 * height];
        for (var y = 0; y < height; y++)
        {
            var filter = rows[y * (length2 + 1)];
            Assert.Contains(filter, new byte[] { 0, 2 });
            for (var i = 0; i < length2; i++)
                samples[(y * length2) + i] = (byte)(rows[(y * (length2 + 1)) + 1 + i] + (filter == 2 && y > 0 ? samples[((y - 1) * length2) + i] : 0));
        }

        return new DecodedPng(width, height, header[8], header[9], samples, chunks);
    }

    /// <summary>Red, green, blue and alpha of a pixel.</summary>
    public (byte Red, byte Green, byte Blue, byte Alpha) At(int x, int y)
    {
        if (ColorType == 6)
        {
            var at = ((y * Width) + x) * 4;
            return (Samples[at], Samples[at + 1], Samples[at + 2], Samples[at + 3]);
        }

        Assert.Equal(3, ColorType);
        var index = Samples[(y * Width) + x];
        var palette = Chunks["PLTE"];
        return (palette[3 * index], palette[(3 * index) + 1], palette[(3 * index) + 2], Chunks.TryGetValue("tRNS", out var alpha) && index < alpha.Length ? alpha[index] : byte.MaxValue);
    }

    /// <summary>The 16 bits of gray of a pixel.</summary>
    public ushort GrayAt(int x, int y) => BinaryPrimitives.ReadUInt16BigEndian(Samples.AsSpan(((y * Width) + x) * 2));
}
