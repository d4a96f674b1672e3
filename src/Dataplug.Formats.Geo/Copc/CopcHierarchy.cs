using System.Buffers.Binary;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>The octree of a COPC object (COPC 1.0, "hierarchy VLR"): its nodes in the order of their bytes.</summary>
public sealed class CopcHierarchy
{
    // Cubes of a level are numbered with 31 bits, and the root has one.
    private const int DeepestLevel = 31;
    private const int EntryLength = 32;
    private const int MaxPage = 1 << 30;

    private CopcHierarchy(IReadOnlyList<CopcNode> nodes, int pages)
    {
        Nodes = nodes;
        Pages = pages;
    }

    /// <summary>The nodes that have points, in the order of their bytes in the object.</summary>
    public IReadOnlyList<CopcNode> Nodes { get; }

    /// <summary>Number of pages that the hierarchy is in.</summary>
    public int Pages { get; }

    /// <summary>Reads all pages, those of one level of pages with few requests.</summary>
    /// <param name="source">The object.</param>
    /// <param name="info">Its info.</param>
    /// <param name="points">Where points begin, the place of the chunk table included.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <exception cref="CorruptObjectException">A page or a chunk is not within the object, a page is in another or in itself, two entries are
    /// of the same node, chunks overlap, or an entry has a number that can't be.</exception>
    internal static async Task<CopcHierarchy> ReadAsync(PinnedObject source, CopcInfo info, long points, CancellationToken cancellationToken)
    {
        var name = source.Uri.Display;
        var keys = new HashSet<(int, int, int, int)>();
        var nodes = new List<CopcNode>();
        var pages = new List<ByteRange>();
        var next = new List<ByteRange> { PageOf(info.RootOffset, info.RootLength, source.Size, LasHeader.LongLength + LasVlr.HeaderLength + 40, name) };
        for (var depth = 0; next.Count > 0; depth++)
        {
            var current = next;
            if (depth > DeepestLevel)
                throw new CorruptObjectException(name, $"pages of the hierarchy are nested {depth} deep, deeper than an octree can be", byteOffset: current[0].Offset);
            next = [];
            pages.AddRange(current);
            RequireApart(pages, name);
            var i = 0;
            await foreach (var page in source.StreamManyAsync(current, null, cancellationToken).ConfigureAwait(false))
            {
                var start = current[i++].Offset;
                for (var at = 0; at < page.Length; at += EntryLength)
                    Read(page.Span.Slice(at, EntryLength), start + at);
            }
        }

        nodes.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        for (var i = 1; i < nodes.Count; i++)
        {
            if (nodes[i].Offset < nodes[i - 1].Offset + nodes[i - 1].Length)
                throw new CorruptObjectException(name, $"nodes {KeyOf(nodes[i - 1])} and {KeyOf(nodes[i])} of the octree have bytes in common", byteOffset: nodes[i].Offset);
        }

        return new CopcHierarchy(nodes, pages.Count);

        void Read(ReadOnlySpan<byte> entry, long place)
        {
            var node = new CopcNode(
                BinaryPrimitives.ReadInt32LittleEndian(entry), BinaryPrimitives.ReadInt32LittleEndian(entry[4..]), BinaryPrimitives.ReadInt32LittleEndian(entry[8..]), BinaryPrimitives.ReadInt32LittleEndian(entry[12..]),
                BinaryPrimitives.ReadInt64LittleEndian(entry[16..]), BinaryPrimitives.ReadInt32LittleEndian(entry[24..]), BinaryPrimitives.ReadInt32LittleEndian(entry[28..]));
            if (node.Level is < 0 or > DeepestLevel || !IsInLevel(node.X) || !IsInLevel(node.Y) || !IsInLevel(node.Z))
                throw new CorruptObjectException(name, $"the octree has a node {KeyOf(node)}, which can't be", byteOffset: place);
            if (node.Points < -1)
                throw new CorruptObjectException(name, $"node {KeyOf(node)} of the octree has {node.Points} points", byteOffset: place + 28);

            // −1: the node and all below it are in another page, which has an entry of it once more.
            if (node.Points == -1)
            {
                next.Add(PageOf(node.Offset, node.Length, source.Size, place + 16, name));
                return;
            }

            if (!keys.Add((node.Level, node.X, node.Y, node.Z)))
                throw new CorruptObjectException(name, $"there are two entries of node {KeyOf(node)} of the octree", byteOffset: place);
            if (node.Points == 0)
                return;
            if (node.Length <= 0 || node.Offset < points || node.Offset > source.Size - node.Length)
                throw new CorruptObjectException(name, $"the {node.Points} points of node {KeyOf(node)} of the octree should be {node.Length} bytes from byte {node.Offset} on; there are points from byte {points} on, and the object ends at byte {source.Size}", byteOffset: place + 16);
            nodes.Add(node);

            bool IsInLevel(int number) => number >= 0 && number < 1L << node.Level;
        }
    }

    private static ByteRange PageOf(long offset, long length, long size, long place, string name)
    {
        if (length <= 0 || length % EntryLength != 0 || offset < 0 || offset > size - length)
            throw new CorruptObjectException(name, $"a page of the hierarchy should be {length} bytes from byte {offset} on, in an object of {size} bytes; entries are of {EntryLength}", byteOffset: place);
        return length <= MaxPage ? new ByteRange(offset, length) : throw new UnsupportedFormatException(name, $"a page of the hierarchy has {length} bytes; up to {MaxPage} are read", "Write the object with smaller pages.", place);
    }

    // So that no page can be read again and again, there are no more of them than fit into the object.
    private static void RequireApart(List<ByteRange> pages, string name)
    {
        pages.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        for (var i = 1; i < pages.Count; i++)
        {
            if (pages[i].Offset < pages[i - 1].End)
                throw new CorruptObjectException(name, $"pages of the hierarchy have bytes in common: that at byte {pages[i - 1].Offset} and that at byte {pages[i].Offset}", byteOffset: pages[i].Offset);
        }
    }

    private static string KeyOf(CopcNode node) => $"{node.Level}-{node.X}-{node.Y}-{node.Z}";
}
