using System.IO.Compression;
using Dataplug.Compression;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Conformance.GZip;

/// <summary>Zlib and bare deflate streams of a known content.</summary>
public static class ContainerSamples
{
    /// <summary>The ways in which a content is compressed: a level, and after how many bytes a block is forced to end.</summary>
    public static Gen<(CompressionLevel Level, int FlushEvery)> Ways { get; } = Gen.Elements(
        (CompressionLevel.Optimal, int.MaxValue),
        (CompressionLevel.Fastest, int.MaxValue),
        (CompressionLevel.SmallestSize, int.MaxValue),
        (CompressionLevel.NoCompression, int.MaxValue),
        (CompressionLevel.Optimal, 3001));

    public static byte[] Compress(byte[] content, DeflateContainer container, CompressionLevel level = CompressionLevel.Optimal, int flushEvery = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(content);
        // .NET writes nothing at all for no content.
        if (content.Length == 0)
            return container == DeflateContainer.ZLib ? [0x78, 0x9C, 3, 0, 0, 0, 0, 1] : [3, 0];
        var stored = new MemoryStream();
        using (Stream deflate = container == DeflateContainer.ZLib ? new ZLibStream(stored, level, leaveOpen: true) : new DeflateStream(stored, level, leaveOpen: true))
        {
            for (var at = 0; at < content.Length; at += Math.Min(flushEvery, content.Length - at))
            {
                deflate.Write(content, at, Math.Min(flushEvery, content.Length - at));
                if (content.Length > flushEvery)
                    deflate.Flush();
            }
        }

        return stored.ToArray();
    }

    public static byte[] Decompress(byte[] stored, DeflateContainer container)
    {
        var input = new MemoryStream(stored);
        using Stream inflate = container == DeflateContainer.ZLib ? new ZLibStream(input, CompressionMode.Decompress) : new DeflateStream(input, CompressionMode.Decompress);
        var content = new MemoryStream();
        inflate.CopyTo(content);
        return content.ToArray();
    }
}
