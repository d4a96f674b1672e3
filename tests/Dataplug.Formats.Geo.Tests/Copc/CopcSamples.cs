using Dataplug.Formats.Geo.Laz;
using Dataplug.Formats.Geo.Laz.Tests;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>COPC objects: points in an octree whose levels they have by chance.</summary>
internal static class CopcSamples
{
    public const int InfoAt = 375 + 54;

    /// <summary>Valid objects with one page of the hierarchy and with several.</summary>
    public static Gen<byte[]> All { get; } =
        from pdrf in Gen.Choose(6, 8)
        from points in Gen.OneOf(Gen.Choose(1, 3), Gen.Choose(4, 500))
        from extra in Gen.Elements(0, 0, 3)
        from padding in Gen.Elements(0, 9)
        from depth in Gen.Choose(0, 4)
        from pages in Gen.Elements(true, false)
        from outliers in Gen.Elements(true, false, false)
        from seed in Gen.Choose(0, int.MaxValue)
        select Make(new LasSample { Seed = seed, Pdrf = pdrf, Minor = 4, Points = points, ExtraLength = extra, Padding = padding, HasOutliers = outliers, Vlrs = [("user", 5, new byte[7])] }, depth, pages);

    /// <summary>Makes an object.</summary>
    /// <param name="sample">Its points, of formats 6 to 8, and its other records.</param>
    /// <param name="depth">The deepest level.</param>
    /// <param name="hasPages">Whether each node of level 1 has a page of its own for all below it.</param>
    public static byte[] Make(LasSample sample, int depth, bool hasPages)
    {
        var records = LasSamples.Records(sample);
        var places = records.Select(record => Enumerable.Range(0, 3).Select(axis => (BitConverter.ToInt32(record, 4 * axis) * sample.Scale) + ShiftOf(sample, axis)).ToArray()).ToArray();
        var least = Enumerable.Range(0, 3).Select(axis => places.Min(place => place[axis])).ToArray();
        var half = Math.Max(1, Enumerable.Range(0, 3).Max(axis => places.Max(place => place[axis]) - least[axis])) / 2;
        var random = new Random(sample.Seed);
        var nodes = records.Index()
            .GroupBy(record =>
            {
                var level = random.Next(depth + 1);
                var number = new int[3];
                for (var axis = 0; axis < 3; axis++)
                    number[axis] = (int)Math.Clamp((places[record.Index][axis] - least[axis]) / (2 * half / (1 << level)), 0, (1 << level) - 1);
                return (Level: level, X: number[0], Y: number[1], Z: number[2]);
            })
            .Select(node => (node.Key, Records: node.Select(record => record.Item).ToArray()))
            .ToArray();
        random.Shuffle(nodes);

        // What is in which page: −1 the first one, otherwise that of a node of level 1.
        var pages = nodes.Index().GroupBy(node => hasPages && node.Item.Key.Level > 0 ? PageOf(node.Item.Key) : -1).OrderBy(page => page.Key).ToDictionary(page => page.Key, page => page.Select(node => node.Index).ToArray());
        var first = pages.GetValueOrDefault(-1, []);
        var others = pages.Where(page => page.Key >= 0).ToArray();
        var entries = first.Length + others.Length + 1 + others.Sum(page => page.Value.Length);
        var las = LasSamples.Make(
            sample with { HeaderSurplus = 0, Vlrs = [("copc", 1, new byte[160]), .. sample.Vlrs], Evlrs = [("copc", 1000, new byte[32 * entries]), .. sample.Evlrs] },
            [.. nodes.SelectMany(node => node.Records)]);
        var laz = LazSamples.Compress(las, [.. nodes.Select(node => node.Records.Length)], LazVlr.VariableChunks);
        var table = new LazFile(laz).ReadTableAsync().GetAwaiter().GetResult();

        var root = BitConverter.ToInt64(laz, 235) + 60;
        var at = (int)root;
        foreach (var i in first)
            Write(nodes[i].Key, table[i].Offset, (int)table[i].Length, nodes[i].Records.Length);

        // A node without points, which only tells that there is something below it.
        Write((20, 1, 2, 3), 0, 0, 0);
        long next = at + (32 * others.Length);
        foreach (var (page, members) in others)
        {
            Write((1, page & 1, (page >> 1) & 1, page >> 2), next, 32 * members.Length, -1);
            next += 32 * members.Length;
        }

        foreach (var i in others.SelectMany(page => page.Value))
            Write(nodes[i].Key, table[i].Offset, (int)table[i].Length, nodes[i].Records.Length);
        foreach (var (i, value) in new[] { least[0] + half, least[1] + half, least[2] + half, half, half / 8 }.Index())
            BitConverter.TryWriteBytes(laz.AsSpan(InfoAt + (8 * i)), value);
        BitConverter.TryWriteBytes(laz.AsSpan(InfoAt + 40), root);
        BitConverter.TryWriteBytes(laz.AsSpan(InfoAt + 48), 32L * (first.Length + 1 + others.Length));
        return laz;

        void Write((int Level, int X, int Y, int Z) key, long offset, int length, int points)
        {
            var entry = laz.AsSpan(at, 32);
            foreach (var (i, value) in new[] { key.Level, key.X, key.Y, key.Z }.Index())
                BitConverter.TryWriteBytes(entry[(4 * i)..], value);
            BitConverter.TryWriteBytes(entry[16..], offset);
            BitConverter.TryWriteBytes(entry[24..], length);
            BitConverter.TryWriteBytes(entry[28..], points);
            at += 32;
        }
    }

    /// <summary>What an object is as LAS: its info VLR says nothing any more.</summary>
    public static byte[] Decompress(byte[] stored)
    {
        if ((stored[104] & 0xc0) == 0)
            return stored;

        // COPC's readers go by the hierarchy, whatever the chunk table says.
        var nodes = NodesOf(stored, BitConverter.ToInt64(stored, InfoAt + 40), BitConverter.ToInt64(stored, InfoAt + 48)).OrderBy(node => node.Offset).ToArray();
        var las = LazSamples.Decompress(stored, nodes.Length == 0 ? null : LazChunkTable.Of(nodes[0].Offset, nodes.Select(node => (node.Length, node.Points))));
        las.AsSpan(377, 16).Clear();
        "LASF_Spec"u8.CopyTo(las.AsSpan(377));
        BitConverter.TryWriteBytes(las.AsSpan(393), (ushort)7);
        return las;
    }

    // Entries of 32 bytes: four numbers of the node's place, and where its chunk is; of -1 points where a page is.
    private static IEnumerable<(long Offset, long Length, long Points)> NodesOf(byte[] stored, long page, long length)
    {
        for (var at = (int)page; at < page + length; at += 32)
        {
            var (offset, size, points) = (BitConverter.ToInt64(stored, at + 16), BitConverter.ToInt32(stored, at + 24), BitConverter.ToInt32(stored, at + 28));
            if (points > 0)
                yield return (offset, size, points);
            foreach (var node in points < 0 ? NodesOf(stored, offset, size) : [])
                yield return node;
        }
    }

    private static int PageOf((int Level, int X, int Y, int Z) key) =>
        (key.X >> (key.Level - 1)) | ((key.Y >> (key.Level - 1)) << 1) | ((key.Z >> (key.Level - 1)) << 2);

    private static double ShiftOf(LasSample sample, int axis) => axis switch { 0 => sample.ShiftX, 1 => sample.ShiftY, _ => 0 };
}
