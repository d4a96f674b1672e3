namespace Dataplug.Compression;

/// <summary>Adler-32 (RFC 1950, section 9), the checksum of zlib streams.</summary>
internal static class Adler32
{
    /// <summary>The checksum of no bytes.</summary>
    public const uint Start = 1;

    // The largest prime below 65536.
    private const uint Base = 65521;

    // The most bytes after which neither sum has overflowed 32 bits: 255 n (n + 1) / 2 + (n + 1) (Base - 1) < 2^32.
    private const int MostBytes = 5552;

    /// <summary>The checksum of bytes that follow others.</summary>
    /// <param name="adler">The checksum of those before.</param>
    /// <param name="bytes">The bytes.</param>
    public static uint Append(uint adler, ReadOnlySpan<byte> bytes)
    {
        var (a, b) = (adler & 0xFFFF, adler >> 16);
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(MostBytes, bytes.Length)];
            bytes = bytes[part.Length..];

            // Eight at a time: b grows by eight times the a from before and by the bytes weighted 8 to 1.
            while (part.Length >= 8)
            {
                b += 8 * a + 8u * part[0] + 7u * part[1] + 6u * part[2] + 5u * part[3] + 4u * part[4] + 3u * part[5] + 2u * part[6] + part[7];
                a += (uint)(part[0] + part[1] + part[2] + part[3] + part[4] + part[5] + part[6] + part[7]);
                part = part[8..];
            }
            foreach (var value in part)
            {
                a += value;
                b += a;
            }
            a %= Base;
            b %= Base;
        }
        return b << 16 | a;
    }
}
