using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using ICSharpCode.SharpZipLib.Zip.Compression;
using ICSharpCode.SharpZipLib.Zip.Compression.Streams;

namespace Dataplug.Core.Tests.Compression;

/// <summary>A seed of a random object; FsCheck draws it, so that a failing case can be replayed.</summary>
public sealed record Seed(int Value)
{
    public Random Random() => new(Value);
}

/// <summary>Draws seeds from the whole range rather than from small numbers.</summary>
public static class Seeds
{
    public static Arbitrary<Seed> Any() => Gen.Choose(0, int.MaxValue - 1).Select(value => new Seed(value)).ToArbitrary();
}

/// <summary>Gzip objects of all sorts: by two compressors at all levels, with flushes, and hand-made ones.</summary>
internal static class GzipObjects
{
    public static byte[] Data(Random random, int maxLength)
    {
        var length = random.Next(6) switch
        {
            0 => random.Next(4),
            1 => random.Next(300),
            _ => random.Next(maxLength),
        };
        var data = new byte[length];
        switch (random.Next(6))
        {
            case 0:
                random.NextBytes(data);
                break;
            case 1:
                data.AsSpan().Fill((byte)random.Next(256));
                break;
            case 2:
                for (var i = 0; i < length; i++)
                    data[i] = (byte)"ACGT"[random.Next(4)];
                break;
            case 3:
                var period = random.Next(1, 40);
                for (var i = 0; i < length; i++)
                    data[i] = i < period || random.Next(200) == 0 ? (byte)random.Next(256) : data[i - period];
                break;
            default:
                Encoding.ASCII.GetBytes(Fastq(random, length / 100 + 1)).AsSpan(0, length).CopyTo(data);
                break;
        }
        return data;
    }

    public static string Fastq(Random random, int reads)
    {
        var text = new StringBuilder();
        for (var i = 0; i < reads; i++)
        {
            text.Append("@SRR6052133.").Append(i).Append(" HWI:1:").Append(random.Next(9999)).Append("/1\n");
            for (var j = 0; j < 100; j++)
                text.Append("ACGT"[random.Next(4)]);
            text.Append("\n+\n");
            for (var j = 0; j < 100; j++)
                text.Append("#,:FFFFF"[random.Next(8)]);
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>One to four members of all sorts, perhaps with zero padding.</summary>
    public static byte[] Object(Random random, int maxLength = 120_000)
    {
        using var output = new MemoryStream();
        for (var members = random.Next(3) == 0 ? random.Next(1, 5) : 1; members > 0; members--)
        {
            var (deflate, data) = random.Next(3) switch
            {
                0 => HandMade(random, maxLength),
                1 => BySharpZipLib(random, Data(random, maxLength)),
                _ => BySystem(random, Data(random, maxLength)),
            };
            output.Write(Member(deflate, data, RandomHeader(random)));
        }
        if (random.Next(8) == 0)
            output.Write(new byte[random.Next(1, 600)]);
        return output.ToArray();
    }

    public static byte[] PlainHeader => [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];

    public static byte[] Member(byte[] deflate, byte[] data, byte[]? header = null)
    {
        Span<byte> trailer = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, ReferenceInflater.Crc(data));
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], (uint)data.Length);
        return [.. header ?? PlainHeader, .. deflate, .. trailer];
    }

    public static byte[] Header(uint modificationTime = 0, byte extraFlags = 0, byte operatingSystem = 255, bool isText = false, byte[]? extra = null, string? name = null, string? comment = null, bool headerCrc = false)
    {
        var flags = (isText ? 1 : 0) | (headerCrc ? 2 : 0) | (extra is null ? 0 : 4) | (name is null ? 0 : 8) | (comment is null ? 0 : 16);
        List<byte> header = [0x1F, 0x8B, 8, (byte)flags, (byte)modificationTime, (byte)(modificationTime >> 8), (byte)(modificationTime >> 16), (byte)(modificationTime >> 24), extraFlags, operatingSystem];
        if (extra is not null)
            header.AddRange([(byte)extra.Length, (byte)(extra.Length >> 8), .. extra]);
        if (name is not null)
            header.AddRange([.. Encoding.Latin1.GetBytes(name), 0]);
        if (comment is not null)
            header.AddRange([.. Encoding.Latin1.GetBytes(comment), 0]);
        if (headerCrc)
        {
            var crc = ReferenceInflater.Crc(header.ToArray());
            header.AddRange([(byte)crc, (byte)(crc >> 8)]);
        }
        return [.. header];
    }

    private static byte[] RandomHeader(Random random)
    {
        if (random.Next(2) == 0)
            return PlainHeader;
        byte[]? extra = null;
        if (random.Next(2) == 0)
            random.NextBytes(extra = new byte[random.Next(random.Next(2) == 0 ? 30 : 2000)]);
        return Header((uint)random.NextInt64(1L << 32), (byte)random.Next(256), (byte)random.Next(256), random.Next(2) == 0, extra,
            random.Next(2) == 0 ? null : new string('n', random.Next(20)), random.Next(2) == 0 ? null : "Grüße", random.Next(2) == 0);
    }

    public static (byte[] Deflate, byte[] Data) BySystem(Random random, byte[] data)
    {
        using var output = new MemoryStream();
        var options = new ZLibCompressionOptions { CompressionLevel = random.Next(10), CompressionStrategy = (ZLibCompressionStrategy)random.Next(5) };
        using (var deflate = new DeflateStream(output, options, leaveOpen: true))
        {
            var at = 0;
            while (at < data.Length)
            {
                var length = random.Next(3) == 0 ? random.Next(1, 5000) : data.Length;
                length = Math.Min(length, data.Length - at);
                deflate.Write(data, at, length);
                at += length;
                if (random.Next(4) == 0)
                    deflate.Flush();
            }
        }
        // .NET writes nothing at all for no data; an empty stored block is what it stands for.
        return (output.Length == 0 ? [3, 0] : output.ToArray(), data);
    }

    public static (byte[] Deflate, byte[] Data) BySharpZipLib(Random random, byte[] data)
    {
        using var output = new MemoryStream();
        var deflater = new Deflater(random.Next(10), noZlibHeaderOrFooter: true);
        deflater.SetStrategy((DeflateStrategy)random.Next(3));
        using (var deflate = new DeflaterOutputStream(output, deflater) { IsStreamOwner = false })
        {
            var half = random.Next(data.Length + 1);
            deflate.Write(data, 0, half);
            if (random.Next(3) == 0)
                deflate.Flush();
            deflate.Write(data, half, data.Length - half);
        }
        return (output.ToArray(), data);
    }

    /// <inheritdoc cref="DeflateSamples.HandMade"/>
    public static (byte[] Deflate, byte[] Data) HandMade(Random random, int maxLength) => DeflateSamples.HandMade(random, maxLength);
}
