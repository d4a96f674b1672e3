using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo;

/// <summary>What preprocessing finds out about the points of a chunk, or of all: counts, bounds, and where they are.</summary>
internal sealed class PointScan
{
    public const int MostIntervals = 24;
    private const int Classes = 256;

    private readonly PointCellCounter? _counter;

    private PointScan(int firstBlock, PointCellCounter? counter)
    {
        FirstBlock = firstBlock;
        _counter = counter;
    }

    /// <summary>The number of the first block.</summary>
    public int FirstBlock { get; }

    public LasSummary Summary { get; } = new();

    public long[] ByClass { get; } = new long[Classes];

    public int LeastIntensity { get; private set; } = int.MaxValue;

    public int GreatestIntensity { get; private set; } = int.MinValue;

    public double LeastGpsTime { get; private set; } = double.PositiveInfinity;

    public double GreatestGpsTime { get; private set; } = double.NegativeInfinity;

    /// <summary>What coordinates are in each block.</summary>
    public List<LasBounds> Blocks { get; } = [];

    /// <summary>The cells, after <see cref="FromBytes"/>.</summary>
    public IReadOnlyList<PointCell> Cells { get; private set; } = [];

    /// <summary>Begins a chunk.</summary>
    /// <param name="firstBlock">The number of its first block.</param>
    /// <param name="points">How many points it has.</param>
    public static PointScan Begin(int firstBlock, long points) => new(firstBlock, new PointCellCounter((int)Math.Clamp(points / 256, 64, 4096)));

    /// <summary>Nothing, to which chunks are added.</summary>
    public static PointScan None() => new(0, null);

    /// <summary>Adds the points of the next block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AddBlock(ReadOnlySpan<byte> records, LasPointFormat format)
    {
        var block = FirstBlock + Blocks.Count;
        var (length, gps, returnAt, returnMask) = (format.RecordLength, format.GpsTimeOffset, LasPointFormat.ReturnOffset, format.ReturnMask);
        var (classAt, classMask) = (format.ClassificationOffset, format.ClassificationMask);
        var (byReturn, byClass, counter) = (Summary.ByReturn, ByClass, _counter!);
        var bounds = LasBounds.None;
        var (leastIntensity, greatestIntensity, leastTime, greatestTime) = (LeastIntensity, GreatestIntensity, LeastGpsTime, GreatestGpsTime);
        Summary.Points += records.Length / length;
        for (; !records.IsEmpty; records = records[length..])
        {
            var (x, y, z) = (LasPoints.RawXOf(records), LasPoints.RawYOf(records), LasPoints.RawZOf(records));
            bounds = bounds.Include(x, y, z);
            counter.Add(x, y, block);
            byReturn[records[returnAt] & returnMask]++;
            byClass[records[classAt] & classMask]++;
            int intensity = BinaryPrimitives.ReadUInt16LittleEndian(records[12..]);
            leastIntensity = Math.Min(leastIntensity, intensity);
            greatestIntensity = Math.Max(greatestIntensity, intensity);
            if (gps < 0)
                continue;
            var time = BinaryPrimitives.ReadDoubleLittleEndian(records[gps..]);
            if (double.IsFinite(time))
                (leastTime, greatestTime) = (Math.Min(leastTime, time), Math.Max(greatestTime, time));
        }

        (LeastIntensity, GreatestIntensity, LeastGpsTime, GreatestGpsTime) = (leastIntensity, greatestIntensity, leastTime, greatestTime);
        Blocks.Add(bounds);
        Summary.Bounds = Summary.Bounds.Union(bounds);
    }

    /// <summary>Adds the counts of the next chunk; its blocks too, its cells not.</summary>
    public void Append(PointScan next)
    {
        Summary.Points += next.Summary.Points;
        Summary.Bounds = Summary.Bounds.Union(next.Summary.Bounds);
        for (var i = 0; i < Summary.ByReturn.Length; i++)
            Summary.ByReturn[i] += next.Summary.ByReturn[i];
        for (var i = 0; i < Classes; i++)
            ByClass[i] += next.ByClass[i];
        LeastIntensity = Math.Min(LeastIntensity, next.LeastIntensity);
        GreatestIntensity = Math.Max(GreatestIntensity, next.GreatestIntensity);
        LeastGpsTime = Math.Min(LeastGpsTime, next.LeastGpsTime);
        GreatestGpsTime = Math.Max(GreatestGpsTime, next.GreatestGpsTime);
        Blocks.AddRange(next.Blocks);
    }

    /// <summary>The chunk as bytes.</summary>
    public ReadOnlyMemory<byte> ToBytes()
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes))
        {
            writer.Write(FirstBlock);
            writer.Write7BitEncodedInt64(Summary.Points);
            foreach (var count in (ReadOnlySpan<long>)[.. Summary.ByReturn, .. ByClass])
                writer.Write7BitEncodedInt64(count);
            writer.Write(LeastIntensity);
            writer.Write(GreatestIntensity);
            writer.Write(LeastGpsTime);
            writer.Write(GreatestGpsTime);
            writer.Write7BitEncodedInt(Blocks.Count);
            foreach (var bounds in Blocks)
            {
                foreach (var side in (ReadOnlySpan<int>)[bounds.MinX, bounds.MinY, bounds.MinZ, bounds.MaxX, bounds.MaxY, bounds.MaxZ])
                    writer.Write(side);
            }

            var cells = _counter!.Take(MostIntervals).ToArray();
            writer.Write7BitEncodedInt(cells.Length);
            foreach (var cell in cells)
            {
                writer.Write(cell.Morton);
                writer.Write((byte)cell.Shift);
                writer.Write7BitEncodedInt64(cell.Count);
                writer.Write7BitEncodedInt(cell.Blocks.Length);
                foreach (var interval in cell.Blocks)
                {
                    writer.Write7BitEncodedInt(interval.First);
                    writer.Write7BitEncodedInt(interval.Last);
                }
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    public static PointScan FromBytes(ReadOnlyMemory<byte> bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()));
        var scan = new PointScan(reader.ReadInt32(), null);
        scan.Summary.Points = reader.Read7BitEncodedInt64();
        for (var i = 0; i < scan.Summary.ByReturn.Length; i++)
            scan.Summary.ByReturn[i] = reader.Read7BitEncodedInt64();
        for (var i = 0; i < Classes; i++)
            scan.ByClass[i] = reader.Read7BitEncodedInt64();
        scan.LeastIntensity = reader.ReadInt32();
        scan.GreatestIntensity = reader.ReadInt32();
        scan.LeastGpsTime = reader.ReadDouble();
        scan.GreatestGpsTime = reader.ReadDouble();
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            scan.Blocks.Add(new LasBounds(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32()));
            scan.Summary.Bounds = scan.Summary.Bounds.Union(scan.Blocks[^1]);
        }

        var cells = new PointCell[reader.Read7BitEncodedInt()];
        for (var i = 0; i < cells.Length; i++)
        {
            var (morton, shift, count) = (reader.ReadUInt64(), reader.ReadByte(), reader.Read7BitEncodedInt64());
            var blocks = new BlockInterval[reader.Read7BitEncodedInt()];
            for (var j = 0; j < blocks.Length; j++)
                blocks[j] = new BlockInterval(reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt());
            cells[i] = new PointCell(morton, shift, count, blocks);
        }

        scan.Cells = cells;
        return scan;
    }
}
