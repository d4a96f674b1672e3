using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Dataplug.Formats.Geo;

/// <summary>Writes pictures of eight bits for each of red, green and blue as PNG (third edition, W3C).</summary>
internal static class PngWriter
{
    private const byte Truecolour = 2;

    /// <summary>Writes a picture.</summary>
    /// <param name="destination">Takes the file.</param>
    /// <param name="width">Pixels across, ≥ 1.</param>
    /// <param name="height">Pixels down, ≥ 1.</param>
    /// <param name="rgb">The pixels in rows from the top, three bytes each.</param>
    /// <param name="isSmooth">Whether rows are stored as what they differ by from the one above (filter "up"), which is less where they are alike.</param>
    public static void Write(Stream destination, int width, int height, ReadOnlySpan<byte> rgb, bool isSmooth = true)
    {
        destination.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = Truecolour;
        header[10..].Clear();
        WriteChunk(destination, "IHDR"u8, header);

        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Optimal, leaveOpen: true))
        {
            var row = new byte[1 + (3 * width)];
            for (var y = 0; y < height; y++)
            {
                row[0] = (byte)(isSmooth ? 2 : 0);
                for (var i = 0; i < 3 * width; i++)
                    row[i + 1] = (byte)(rgb[(y * 3 * width) + i] - (isSmooth && y > 0 ? rgb[((y - 1) * 3 * width) + i] : 0));
                zlib.Write(row);
            }
        }

        WriteChunk(destination, "IDAT"u8, data.GetBuffer().AsSpan(0, (int)data.Length));
        WriteChunk(destination, "IEND"u8, default);
    }

    private static void WriteChunk(Stream destination, ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        destination.Write(number);
        destination.Write(type);
        destination.Write(content);
        var crc = new Crc32();
        crc.Append(type);
        crc.Append(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, crc.GetCurrentHashAsUInt32());
        destination.Write(number);
    }
}
