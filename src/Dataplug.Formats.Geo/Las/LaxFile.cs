using System.Buffers.Binary;

namespace Dataplug.Formats.Geo;

/// <summary>A run of points in a <c>.lax</c> file, both ends of which belong to it.</summary>
internal readonly record struct LaxInterval(long First, long Last);

/// <summary>A cell of a <c>.lax</c> file.</summary>
/// <param name="Index">Its number: those of all coarser levels, then its own along the quadtree's curve.</param>
/// <param name="Points">How many points are in it.</param>
/// <param name="Intervals">Where they are; points of other cells may be among them.</param>
internal sealed record LaxCell(int Index, long Points, IReadOnlyList<LaxInterval> Intervals);

/// <summary>
/// The spatial index that LAStools keeps beside a LAS or LAZ object: a quadtree over a square of places, and for each of its cells runs of points.
/// It has no specification but LASlib's behaviour.
/// </summary>
internal sealed class LaxFile
{
    public const int MaxLevels = 15;

    private const uint QuadTree = 0;

    public required int Levels { get; init; }

    public required float MinX { get; init; }

    public required float MaxX { get; init; }

    public required float MinY { get; init; }

    public required float MaxY { get; init; }

    public required IReadOnlyList<LaxCell> Cells { get; init; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="UnsupportedFormatException">No such file.</exception>
    /// <exception cref="CorruptIndexException">It is damaged.</exception>
    public static LaxFile Parse(ReadOnlySpan<byte> bytes, string name)
    {
        if (!bytes.StartsWith("LASX"u8))
            throw new UnsupportedFormatException(name, "the file does not start with 'LASX', so it is no spatial index of LAStools", "Give the .lax file that lasindex made.");
        var reader = new Reader(bytes, name) { At = 4 };
        _ = reader.UInt32();
        reader.Expect("LASS"u8);
        if (reader.UInt32() != QuadTree)
            throw new UnsupportedFormatException(name, "the spatial index is no quadtree", "Make it again with lasindex.");

        // The first writers left mark and version out.
        if (reader.Peek("LASQ"u8))
        {
            reader.At += 4;
            _ = reader.UInt32();
        }

        var levels = reader.UInt32();
        if (levels > MaxLevels)
            throw new CorruptIndexException(name, $"the quadtree has {levels} levels, more than cells can be numbered", "Make it again with lasindex.", reader.At - 4);
        if (reader.UInt32() != 0 | reader.UInt32() != 0)
            throw new UnsupportedFormatException(name, "the quadtree is a part of another one", "Make it again with lasindex.");
        var (minX, maxX, minY, maxY) = (reader.Single(), reader.Single(), reader.Single(), reader.Single());
        if (!(float.IsFinite(minX) && float.IsFinite(minY) && maxX >= minX && maxY >= minY && float.IsFinite(maxX - minX) && float.IsFinite(maxY - minY)))
            throw new CorruptIndexException(name, "the quadtree's bounds are no square of places", "Make it again with lasindex.", reader.At - 16);
        reader.Expect("LASV"u8);
        var isLong = reader.UInt32() switch
        {
            0 => false,
            1 => true,
            var version => throw new UnsupportedFormatException(name, $"the intervals are of version {version}; 0 and 1 are read", "Make it again with lasindex."),
        };
        var cells = new LaxCell[reader.Count(isLong ? 16 : 12)];
        var known = new HashSet<int>();
        for (var i = 0; i < cells.Length; i++)
        {
            var index = (int)reader.UInt32();
            if (index < 0 || index >= FirstOf((int)levels + 1) || !known.Add(index))
                throw new CorruptIndexException(name, $"there is a cell {index}, which is no cell of {levels} levels or there twice", "Make it again with lasindex.", reader.At - 4);
            var intervals = new LaxInterval[reader.Count(isLong ? 16 : 8)];
            var points = reader.Number(isLong);
            for (var j = 0; j < intervals.Length; j++)
            {
                intervals[j] = new LaxInterval(reader.Number(isLong), reader.Number(isLong));
                if (intervals[j].Last < intervals[j].First)
                    throw new CorruptIndexException(name, $"cell {index} has points {intervals[j].First} to {intervals[j].Last}", "Make it again with lasindex.", reader.At - 8);
            }

            cells[i] = new LaxCell(index, points, intervals);
        }

        return new LaxFile { Levels = (int)levels, MinX = minX, MaxX = maxX, MinY = minY, MaxY = maxY, Cells = cells };
    }

    /// <summary>The file as bytes.</summary>
    public byte[] ToBytes()
    {
        var isLong = Cells.Any(cell => cell.Points > uint.MaxValue || cell.Intervals.Any(interval => interval.Last > uint.MaxValue));
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes))
        {
            writer.Write("LASX"u8);
            writer.Write(0u);
            writer.Write("LASS"u8);
            writer.Write(QuadTree);
            writer.Write("LASQ"u8);
            writer.Write(0u);
            writer.Write((uint)Levels);
            writer.Write(0u);
            writer.Write(0u);
            foreach (var side in (ReadOnlySpan<float>)[MinX, MaxX, MinY, MaxY])
                writer.Write(side);
            writer.Write("LASV"u8);
            writer.Write(isLong ? 1u : 0u);
            writer.Write((uint)Cells.Count);
            foreach (var cell in Cells)
            {
                writer.Write(cell.Index);
                writer.Write((uint)cell.Intervals.Count);
                WriteNumber(cell.Points);
                foreach (var interval in cell.Intervals)
                {
                    WriteNumber(interval.First);
                    WriteNumber(interval.Last);
                }
            }

            void WriteNumber(long number)
            {
                if (isLong)
                    writer.Write((ulong)number);
                else
                    writer.Write((uint)number);
            }
        }

        return bytes.ToArray();
    }

    /// <summary>The number of the first cell of a level.</summary>
    public static int FirstOf(int level) => (int)(((1L << (2 * level)) - 1) / 3);

    /// <summary>The numbers of the cells that a place is in, from the whole square down. Halving is done in single precision, as LASlib does.</summary>
    public IEnumerable<int> CellsOf(double x, double y)
    {
        var (minX, maxX, minY, maxY, place) = (MinX, MaxX, MinY, MaxY, 0);
        for (var level = 0; ; level++)
        {
            yield return FirstOf(level) + place;
            if (level == Levels)
                yield break;
            var (middleX, middleY) = ((minX + maxX) / 2, (minY + maxY) / 2);
            place <<= 2;
            if (x < middleX)
                maxX = middleX;
            else
                (minX, place) = (middleX, place | 1);
            if (y < middleY)
                maxY = middleY;
            else
                (minY, place) = (middleY, place | 2);
        }
    }

    /// <summary>The stored coordinates whose places are in a cell; those outside the square belong to the cells at its border.</summary>
    public LasRectangle RectangleOf(int index, LasHeader header)
    {
        var level = 0;
        while (index >= FirstOf(level + 1))
            level++;
        var place = index - FirstOf(level);
        var (minX, maxX, minY, maxY) = (MinX, MaxX, MinY, MaxY);
        var (startX, endX, startY, endY) = (double.NegativeInfinity, double.PositiveInfinity, double.NegativeInfinity, double.PositiveInfinity);
        for (var shift = 2 * (level - 1); shift >= 0; shift -= 2)
        {
            var (middleX, middleY) = ((minX + maxX) / 2, (minY + maxY) / 2);
            if (((place >> shift) & 1) != 0)
                startX = minX = middleX;
            else
                endX = maxX = middleX;
            if (((place >> shift) & 2) != 0)
                startY = minY = middleY;
            else
                endY = maxY = middleY;
        }

        var x = StoredPlaces.Find(header.PlaceX, header.Scale.X > 0, at => at >= startX, at => at >= endX);
        var y = StoredPlaces.Find(header.PlaceY, header.Scale.Y > 0, at => at >= startY, at => at >= endY);
        return x is null || y is null ? LasRectangle.Empty : new LasRectangle(x.Value.Min, y.Value.Min, x.Value.Max, y.Value.Max);
    }

    /// <summary>Makes a file of an index, without the object.</summary>
    public static LaxFile Of(LasIndex index)
    {
        var (min, max) = index.Header.PlacesOf(index.Blocks.Whole);
        var cells = index.Blocks.Cells;

        // As many cells as the index has, in a square as LASlib makes it: its sides at multiples of those of a cell.
        var levels = Math.Clamp((int)Math.Ceiling(Math.Log(Math.Max(1, cells.Count), 4)), 0, 8);
        var side = Math.Max(Math.Max(max.X - min.X, max.Y - min.Y), double.Epsilon);
        var each = Math.Max((float)(side / Math.Max(1, (1 << levels) - 1)), float.MinValue);
        each = each > 0 && float.IsFinite(each) ? each : 1;
        var (minX, minY) = ((float)(Math.Floor(min.X / each) * each), (float)(Math.Floor(min.Y / each) * each));
        var lax = new LaxFile { Levels = levels, MinX = minX, MaxX = minX + (each * (1 << levels)), MinY = minY, MaxY = minY + (each * (1 << levels)), Cells = [] };

        // A cell's points are counted where its middle is, so that all are counted once.
        var counts = new Dictionary<int, long>();
        foreach (var cell in cells)
        {
            var area = cell.Rectangle.Intersect(index.Blocks.Whole.Rectangle);
            var own = lax.CellsOf(index.Header.PlaceX((int)(((long)area.MinX + area.MaxX) / 2)), index.Header.PlaceY((int)(((long)area.MinY + area.MaxY) / 2))).Last();
            counts[own] = counts.GetValueOrDefault(own) + cell.Count;
        }

        var found = new List<LaxCell>();
        Collect(0, 0, [.. Enumerable.Range(0, cells.Count)]);
        return new LaxFile { Levels = lax.Levels, MinX = lax.MinX, MaxX = lax.MaxX, MinY = lax.MinY, MaxY = lax.MaxY, Cells = found };

        void Collect(int level, int place, List<int> candidates)
        {
            var number = FirstOf(level) + place;
            var area = lax.RectangleOf(number, index.Header);
            candidates = [.. candidates.Where(i => cells[i].Rectangle.Intersects(area))];
            if (level < levels)
            {
                // A cell without any place may still have been counted in.
                for (var i = 0; i < 4 && (candidates.Count > 0 || counts.Count > 0); i++)
                    Collect(level + 1, (place << 2) | i, candidates);
                return;
            }

            var blocks = index.Blocks.Find(area, candidates);
            if (blocks.Count > 0 || counts.ContainsKey(number))
                found.Add(new LaxCell(number, counts.GetValueOrDefault(number), [.. blocks.Select(run => new LaxInterval(index.Layout.FirstPointOf(run.First), index.Layout.FirstPointOf(run.Last + 1) - 1))]));
        }
    }

    /// <summary>The stored coordinates between the header's bounds; all where these say nothing.</summary>
    public static LasRectangle HeaderBoundsOf(LasHeader header)
    {
        var x = Stored(header.Min.X, header.Max.X, header.Scale.X, header.Shift.X);
        var y = Stored(header.Min.Y, header.Max.Y, header.Scale.Y, header.Shift.Y);
        return x is null || y is null ? LasRectangle.Everything : new LasRectangle(x.Value.Min, y.Value.Min, x.Value.Max, y.Value.Max);

        static (int Min, int Max)? Stored(double min, double max, double scale, double shift)
        {
            var (a, b) = (Math.Round((min - shift) / scale), Math.Round((max - shift) / scale));
            (a, b) = a <= b ? (a, b) : (b, a);
            return a >= int.MinValue && b <= int.MaxValue ? ((int)a, (int)b) : null;
        }
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes, string name)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private readonly string _name = name;

        public int At { get; set; }

        public readonly bool Peek(ReadOnlySpan<byte> mark) => _bytes[At..].StartsWith(mark);

        public void Expect(ReadOnlySpan<byte> mark)
        {
            if (!Peek(mark))
                throw new CorruptIndexException(_name, $"the mark '{System.Text.Encoding.ASCII.GetString(mark)}' is missing", "Make it again with lasindex.", At);
            At += mark.Length;
        }

        public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

        public float Single() => BinaryPrimitives.ReadSingleLittleEndian(Take(4));

        public long Number(bool isLong)
        {
            if (!isLong)
                return UInt32();
            var number = BinaryPrimitives.ReadInt64LittleEndian(Take(8));
            return number >= 0 ? number : throw new CorruptIndexException(_name, "a number of points is too large", "Make it again with lasindex.", At - 8);
        }

        // A number of things, each of so many bytes at least, so that no memory is taken for what isn't there.
        public int Count(int each)
        {
            var count = UInt32();
            return count <= (_bytes.Length - At) / each
                ? (int)count
                : throw new CorruptIndexException(_name, $"{count} cells or intervals are said to follow, in {_bytes.Length - At} bytes", "Make it again with lasindex.", At - 4);
        }

        private ReadOnlySpan<byte> Take(int length)
        {
            if (_bytes.Length - At < length)
                throw new CorruptIndexException(_name, "the file was cut short", "Make it again with lasindex.", _bytes.Length);
            At += length;
            return _bytes.Slice(At - length, length);
        }
    }
}
