using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Conformance.GZip;

/// <summary>How a content is stored: in which members, at which levels.</summary>
public enum GZipLayout
{
    /// <summary>One member, zlib level 6.</summary>
    OneMember,

    /// <summary>One member, zlib level 1.</summary>
    Fastest,

    /// <summary>One member, zlib level 9.</summary>
    Smallest,

    /// <summary>One member of stored blocks only.</summary>
    Stored,

    /// <summary>One member in many small deflate blocks.</summary>
    Flushed,

    /// <summary>Members of a few thousand bytes, of alternating levels, cut anywhere.</summary>
    Members,

    /// <summary>Many members, some of them empty.</summary>
    EmptyMembers,

    /// <summary>BGZF: members of at most 64 KiB with their size in an extra field, and an empty one at the end.</summary>
    Bgzf,
}

/// <summary>Gzip objects of a known content.</summary>
public static class GZipSamples
{
    public static byte[] Compress(ReadOnlySpan<byte> content, GZipLayout layout)
    {
        var stored = new MemoryStream();
        switch (layout)
        {
            case GZipLayout.Fastest:
                WriteMember(stored, content, CompressionLevel.Fastest);
                break;
            case GZipLayout.Smallest:
                WriteMember(stored, content, CompressionLevel.SmallestSize);
                break;
            case GZipLayout.Stored:
                WriteMember(stored, content, CompressionLevel.NoCompression);
                break;
            case GZipLayout.Flushed:
                WriteMember(stored, content, CompressionLevel.Optimal, flushEvery: 3001);
                break;
            case GZipLayout.Members:
            case GZipLayout.EmptyMembers:
                var number = 0;
                do
                {
                    var length = Math.Min(content.Length, layout == GZipLayout.Members ? 4099 : 10_007);
                    WriteMember(stored, content[..length], (CompressionLevel)(number++ % 4));
                    if (layout == GZipLayout.EmptyMembers)
                        WriteMember(stored, default, CompressionLevel.Optimal);
                    content = content[length..];
                }
                while (content.Length > 0);
                break;
            case GZipLayout.Bgzf:
                do
                {
                    var length = Math.Min(content.Length, 0xff00);
                    WriteBgzf(stored, content[..length]);
                    content = content[length..];
                }
                while (content.Length > 0);
                WriteBgzf(stored, default);
                break;
            default:
                WriteMember(stored, content, CompressionLevel.Optimal);
                break;
        }

        return stored.ToArray();
    }

    public static byte[] Decompress(byte[] stored)
    {
        using var gzip = new GZipStream(new MemoryStream(stored), CompressionMode.Decompress);
        var content = new MemoryStream();
        gzip.CopyTo(content);
        return content.ToArray();
    }

    public static Gen<GZipLayout> Layouts { get; } = Gen.Elements(Enum.GetValues<GZipLayout>());

    /// <summary>Texts that are hard on line counting: long lines, empty lines, CR LF, lone CR, no last line feed, any bytes.</summary>
    public static Gen<byte[]> Texts { get; } = Gen.Sized(size =>
        from kind in Gen.Choose(0, 5)
        from lineCount in Gen.Choose(0, 40 * (size + 1))
        from lastFeed in Gen.Elements(true, false)
        from seed in Gen.Choose(0, int.MaxValue)
        select MakeText(kind, lineCount, lastFeed, new System.Random(seed)));

    private static byte[] MakeText(int kind, int lineCount, bool lastFeed, System.Random random)
    {
        var text = new StringBuilder();
        for (var i = 0; i < lineCount; i++)
        {
            var length = kind switch { 0 => 0, 1 => random.Next(3), 4 when random.Next(50) == 0 => random.Next(20_000), _ => random.Next(120) };
            for (var j = 0; j < length; j++)
                text.Append(kind == 3 ? (char)random.Next(14, 255) : (char)random.Next('a', 'z' + 1));
            text.Append(kind == 2 || (kind == 5 && random.Next(2) == 0) ? "\r\n" : kind == 5 && random.Next(4) == 0 ? "\r" : "\n");
        }

        var bytes = Encoding.Latin1.GetBytes(text.ToString());
        return lastFeed || bytes.Length == 0 ? bytes : bytes[..^1];
    }

    private static void WriteMember(Stream stored, ReadOnlySpan<byte> content, CompressionLevel level, int flushEvery = int.MaxValue)
    {
        // GZipStream writes nothing at all for no content.
        if (content.IsEmpty)
        {
            stored.Write([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            return;
        }

        using var gzip = new GZipStream(stored, level, leaveOpen: true);
        for (; content.Length > 0; content = content[Math.Min(flushEvery, content.Length)..])
        {
            gzip.Write(content[..Math.Min(flushEvery, content.Length)]);
            if (content.Length > flushEvery)
                gzip.Flush();
        }
    }

    // SAM specification, section 4.1.
    private static void WriteBgzf(Stream stored, ReadOnlySpan<byte> content)
    {
        var deflated = new MemoryStream();
        if (content.IsEmpty)
        {
            deflated.Write([3, 0]);
        }
        else
        {
            using var deflate = new DeflateStream(deflated, CompressionLevel.Optimal, leaveOpen: true);
            deflate.Write(content);
        }

        Span<byte> header = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, (byte)'B', (byte)'C', 2, 0, 0, 0];
        BinaryPrimitives.WriteUInt16LittleEndian(header[16..], checked((ushort)(header.Length + deflated.Length + 8 - 1)));
        stored.Write(header);
        stored.Write(deflated.GetBuffer().AsSpan(0, (int)deflated.Length));
        Span<byte> trailer = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, Crc32.HashToUInt32(content));
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], (uint)content.Length);
        stored.Write(trailer);
    }
}
