using System.Buffers.Binary;
using System.IO.Hashing;
using FsCheck;
using FsCheck.Fluent;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Dataplug.Conformance.GZip;

/// <summary>How a content is stored: in which frames.</summary>
public enum ZstdLayout
{
    /// <summary>One frame with a checksum.</summary>
    OneFrame,

    /// <summary>One frame without a checksum, in many small blocks.</summary>
    Flushed,

    /// <summary>Frames of a few thousand bytes, of different levels, with and without checksums.</summary>
    Frames,

    /// <summary>Many frames, some of them empty, some skippable.</summary>
    EmptyFrames,

    /// <summary>Every frame behind a skippable frame with its size, as pzstd writes.</summary>
    Pzstd,

    /// <summary>Frames and a seek table with checksums.</summary>
    Seekable,

    /// <summary>Frames and a seek table without checksums.</summary>
    SeekableUnchecked,
}

/// <summary>Zstd objects of a known content, written by ZstdSharp.</summary>
public static class ZstdSamples
{
    public static Gen<ZstdLayout> Layouts { get; } = Gen.Elements(Enum.GetValues<ZstdLayout>());

    public static byte[] Compress(byte[] content, ZstdLayout layout, int frameLength = 4099)
    {
        var stored = new MemoryStream();
        if (layout == ZstdLayout.OneFrame)
            return Frame(content, 3, isChecked: true);
        if (layout == ZstdLayout.Flushed)
        {
            using (var stream = new CompressionStream(stored, 3, leaveOpen: true))
            {
                for (var at = 0; at < content.Length; at += 3001)
                {
                    stream.Write(content, at, Math.Min(3001, content.Length - at));
                    stream.Flush();
                }
            }

            return stored.ToArray();
        }

        var table = new MemoryStream();
        var count = 0;
        do
        {
            var piece = content.AsSpan(count * frameLength, Math.Min(frameLength, content.Length - (count * frameLength))).ToArray();
            var frame = Frame(piece, 1 + (count % 9), isChecked: count % 2 == 0 && layout != ZstdLayout.Seekable);
            if (layout == ZstdLayout.Pzstd)
                stored.Write(Skippable(0, Bytes((uint)frame.Length)));
            if (layout == ZstdLayout.EmptyFrames)
            {
                stored.Write(Frame([], 3, isChecked: true));
                stored.Write(Skippable(count % 16, new byte[count % 300]));
            }

            stored.Write(frame);
            table.Write(Bytes((uint)frame.Length));
            table.Write(Bytes((uint)piece.Length));
            if (layout == ZstdLayout.Seekable)
                table.Write(Bytes((uint)XxHash64.HashToUInt64(piece)));
            count++;
        }
        while (count * frameLength < content.Length);

        if (layout is ZstdLayout.Seekable or ZstdLayout.SeekableUnchecked)
            stored.Write(SeekTable(table.ToArray(), count, layout == ZstdLayout.Seekable));
        return stored.ToArray();
    }

    public static byte[] Frame(byte[] content, int level, bool isChecked, int windowLog = 0)
    {
        using var compressor = new Compressor(level);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, isChecked ? 1 : 0);
        if (windowLog > 0)
            compressor.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, windowLog);
        return compressor.Wrap(content).ToArray();
    }

    public static byte[] Skippable(int number, byte[] content) => [.. Bytes(0x184D2A50 + (uint)number), .. Bytes((uint)content.Length), .. content];

    // zstd, contrib/seekable_format/zstd_seekable_compression_format.md.
    public static byte[] SeekTable(byte[] entries, int count, bool hasChecksums) =>
        Skippable(0xE, [.. entries, .. Bytes((uint)count), hasChecksums ? (byte)0x80 : (byte)0, .. Bytes(0x8F92EAB1)]);

    public static byte[] Decompress(byte[] stored)
    {
        using var stream = new DecompressionStream(new MemoryStream(stored), checkEndOfStream: true);
        var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private static byte[] Bytes(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
