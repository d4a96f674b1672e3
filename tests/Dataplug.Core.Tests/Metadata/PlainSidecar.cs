using System.IO.Hashing;
using System.Text;
using ZstdSharp;

namespace Dataplug.Core.Tests.Metadata;

/// <summary>
/// A sidecar written by docs/index-format.md alone, field by field, with nothing of the real writer. Any field can be
/// changed before checksums are made, as someone hostile would.
/// </summary>
internal sealed class PlainSidecar
{
    public string Header { get; set; } = """{"format":"toy","version":1,"source":{"uri":"s3://b/k","etag":"\"e\"","size":5},"parameters":{}}""";

    public string? EndHeader { get; set; }

    public string Attributes { get; set; } = "{}";

    public uint Version { get; set; } = 1;

    public uint? DirectoryLength { get; set; }

    public ulong? DirectoryOffset { get; set; }

    public byte[]? Directory { get; set; }

    public List<Section> Sections { get; } = [];

    public sealed class Section
    {
        public required byte Kind { get; init; }

        public required string Name { get; init; }

        public required byte[] Content { get; init; }

        public byte[] Data { get; init; } = [];

        public ulong Count { get; init; }

        public ulong? ContentLength { get; init; }

        public ulong? StoredLength { get; init; }

        public ulong? Offset { get; init; }

        public byte[]? Frame { get; init; }
    }

    public static byte[] Varints(params IEnumerable<long> zigzagged)
    {
        var bytes = new List<byte>();
        foreach (var value in zigzagged)
        {
            var rest = (ulong)((value << 1) ^ (value >> 63));
            for (; rest >= 128; rest >>= 7)
                bytes.Add((byte)(rest | 128));
            bytes.Add((byte)rest);
        }

        return [.. bytes];
    }

    public static byte[] Zstd(byte[] content)
    {
        using var compressor = new Compressor(9);
        return compressor.Wrap(content).ToArray();
    }

    public byte[] ToArray()
    {
        var file = new MemoryStream();
        using var write = new BinaryWriter(file);
        var header = Encoding.UTF8.GetBytes(Header);
        write.Write([0x89, 0x44, 0x50, 0x49, 0x0d, 0x0a, 0x1a, 0x0a]);
        write.Write(Version);
        write.Write((uint)header.Length);
        write.Write(XxHash3.HashToUInt64(header));
        write.Write(header);

        var directory = new MemoryStream();
        using var entry = new BinaryWriter(directory);
        var end = EndHeader is null ? header : Encoding.UTF8.GetBytes(EndHeader);
        entry.Write((uint)end.Length);
        entry.Write(end);
        var attributes = Encoding.UTF8.GetBytes(Attributes);
        entry.Write((uint)attributes.Length);
        entry.Write(attributes);
        entry.Write((uint)Sections.Count);
        foreach (var section in Sections)
        {
            var dataOffset = section.Kind == 2 ? (ulong)file.Position : 0;
            write.Write(section.Data);
            var offset = (ulong)file.Position;
            var frame = section.Frame ?? Zstd(section.Content);
            write.Write(frame);
            entry.Write(section.Kind);
            entry.Write((byte)section.Name.Length);
            entry.Write(Encoding.ASCII.GetBytes(section.Name));
            entry.Write(section.Offset ?? offset);
            entry.Write(section.StoredLength ?? (ulong)frame.Length);
            entry.Write(section.ContentLength ?? (ulong)section.Content.Length);
            entry.Write(section.Count);
            entry.Write(XxHash3.HashToUInt64(frame));
            entry.Write(dataOffset);
            entry.Write((ulong)section.Data.Length);
        }

        var content = Directory ?? directory.ToArray();
        var stored = Zstd(content);
        var place = (ulong)file.Position;
        write.Write(stored);
        var trailer = new MemoryStream();
        using var last = new BinaryWriter(trailer);
        last.Write(DirectoryOffset ?? place);
        last.Write((uint)stored.Length);
        last.Write(DirectoryLength ?? (uint)content.Length);
        last.Write(XxHash3.HashToUInt64(stored));
        last.Write(Version);
        last.Write(0u);
        last.Write(XxHash3.HashToUInt64(trailer.ToArray()));
        last.Write("DPI-END\n"u8);
        write.Write(trailer.ToArray());
        return file.ToArray();
    }
}
