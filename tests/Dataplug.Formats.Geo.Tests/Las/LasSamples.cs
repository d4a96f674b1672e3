using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>A LAS object to make.</summary>
internal sealed record LasSample
{
    public int Seed { get; init; }

    public int Minor { get; init; } = 2;

    public int Pdrf { get; init; } = 1;

    public int Points { get; init; } = 500;

    /// <summary>Bytes at the end of a record beyond the format's.</summary>
    public int ExtraLength { get; init; }

    /// <summary>Content of the Extra Bytes record; null for none.</summary>
    public byte[]? ExtraDescription { get; init; }

    /// <summary>Whether that lies behind the points.</summary>
    public bool IsDescribedBehind { get; init; }

    /// <summary>Bytes of the header that nobody knows.</summary>
    public int HeaderSurplus { get; init; }

    /// <summary>Bytes between records and points.</summary>
    public int Padding { get; init; }

    public IReadOnlyList<(string User, int Id, byte[] Data)> Vlrs { get; init; } = [];

    public IReadOnlyList<(string User, int Id, byte[] Data)> Evlrs { get; init; } = [];

    public double Scale { get; init; } = 0.01;

    public double ShiftX { get; init; } = 500_000;

    public double ShiftY { get; init; } = -1000;

    public int GlobalEncoding { get; init; }

    /// <summary>Whether points come along scan lines, neighbours near each other; at random places otherwise.</summary>
    public bool IsScanned { get; init; } = true;

    /// <summary>How far a flight goes, in stored units.</summary>
    public int Extent { get; init; } = 10_000;

    /// <summary>Whether some points are at the ends of all coordinates.</summary>
    public bool HasOutliers { get; init; }
}

internal static class LasSamples
{
    /// <summary>Valid objects of all versions and formats, with and without extra bytes, records, padding.</summary>
    public static Gen<byte[]> All { get; } =
        from pdrf in Gen.Choose(0, 10)
        from newest in Gen.Elements(true, false)
        from points in Gen.OneOf(Gen.Choose(0, 3), Gen.Choose(4, 700))
        from extra in Gen.Elements(0, 0, 1, 5, 16)
        from surplus in Gen.Elements(0, 0, 11)
        from padding in Gen.Elements(0, 2, 17)
        from vlrs in Gen.Choose(0, 3)
        from evlrs in Gen.Choose(0, 2)
        from scanned in Gen.Elements(true, true, false)
        from outliers in Gen.Elements(true, false, false)
        from seed in Gen.Choose(0, int.MaxValue)
        select Make(new LasSample
        {
            Seed = seed,
            Pdrf = pdrf,
            Minor = pdrf >= 6 || newest ? 4 : pdrf >= 4 ? 3 : pdrf >= 2 ? 2 : seed % 3,
            Points = points,
            ExtraLength = extra,
            ExtraDescription = extra == 16 ? [.. Description("a", 9, 0), .. Description("b", 6, 24, scale: 0.5, shift: 3), .. Description("", 0, 8)] : null,
            HeaderSurplus = surplus,
            Padding = padding,
            Vlrs = [.. Enumerable.Range(0, vlrs).Select(i => ($"user{i}", i, new byte[i * 7]))],
            Evlrs = [.. Enumerable.Range(0, evlrs).Select(i => ($"late{i}", i, new byte[i * 9]))],
            IsScanned = scanned,
            HasOutliers = outliers,
        });

    /// <summary>An entry of the Extra Bytes record.</summary>
    public static byte[] Description(string name, int type, int options, double scale = 0, double shift = 0, byte[]? noData = null)
    {
        var entry = new byte[192];
        entry[2] = (byte)type;
        entry[3] = (byte)options;
        Encoding.ASCII.GetBytes(name).CopyTo(entry, 4);
        noData?.CopyTo(entry, 40);
        BitConverter.TryWriteBytes(entry.AsSpan(112), scale);
        BitConverter.TryWriteBytes(entry.AsSpan(136), shift);
        Encoding.ASCII.GetBytes("about " + name).CopyTo(entry, 160);
        return entry;
    }

    public static byte[][] Records(LasSample sample)
    {
        var random = new Random(sample.Seed);
        var records = new byte[sample.Points][];
        for (var i = 0; i < records.Length; i++)
        {
            var record = new byte[PlainLas.BaseLengthOf(sample.Pdrf) + sample.ExtraLength];
            random.NextBytes(record);
            var (x, y) = sample.IsScanned ? Scanned(i, records.Length, sample.Extent, random) : (random.Next(sample.Extent), random.Next(sample.Extent));
            if (sample.HasOutliers && random.Next(50) == 0)
                (x, y) = random.Next(3) switch { 0 => (int.MinValue, int.MaxValue), 1 => (int.MaxValue, int.MaxValue), _ => (int.MinValue, int.MinValue) };
            var z = (int)(1000 + (300 * Math.Sin(x / 900.0)) + random.Next(40));
            BitConverter.TryWriteBytes(record.AsSpan(0), x);
            BitConverter.TryWriteBytes(record.AsSpan(4), y);
            BitConverter.TryWriteBytes(record.AsSpan(8), z);
            var returns = random.Next(1, sample.Pdrf >= 6 ? 16 : 6);
            var number = random.Next(1, returns + 1);
            record[14] = (byte)(sample.Pdrf >= 6 ? number | (returns << 4) : number | (returns << 3) | (record[14] & 0xc0));
            records[i] = record;
        }

        return records;
    }

    public static byte[] Make(LasSample sample) => Make(sample, Records(sample));

    public static byte[] Make(LasSample sample, byte[][] records)
    {
        var vlrs = sample.Vlrs.ToList();
        var evlrs = sample.Minor >= 4 ? sample.Evlrs.ToList() : [];
        if (sample.ExtraDescription is { } description)
            (sample.IsDescribedBehind ? evlrs : vlrs).Add(("LASF_Spec", 4, description));
        var headerSize = (sample.Minor switch { 4 => 375, 3 => 235, _ => 227 }) + sample.HeaderSurplus;
        var file = new List<byte>(new byte[headerSize]);
        foreach (var (user, id, data) in vlrs)
        {
            file.AddRange(BitConverter.GetBytes((ushort)(sample.Minor == 0 ? 0xaabb : sample.Seed & 0xffff)));
            file.AddRange(Field(user, 16));
            file.AddRange(BitConverter.GetBytes((ushort)id));
            file.AddRange(BitConverter.GetBytes((ushort)data.Length));
            file.AddRange(Field("a record", 32));
            file.AddRange(data);
        }

        file.AddRange(Enumerable.Repeat((byte)0xcc, sample.Padding));
        var pointsOffset = file.Count;
        foreach (var record in records)
            file.AddRange(record);
        var evlrOffset = file.Count;
        foreach (var (user, id, data) in evlrs)
        {
            file.AddRange(new byte[2]);
            file.AddRange(Field(user, 16));
            file.AddRange(BitConverter.GetBytes((ushort)id));
            file.AddRange(BitConverter.GetBytes((ulong)data.Length));
            file.AddRange(Field("a late record", 32));
            file.AddRange(data);
        }

        var bytes = file.ToArray();
        var head = bytes.AsSpan();
        "LASF"u8.CopyTo(head);
        BitConverter.TryWriteBytes(head[6..], (ushort)sample.GlobalEncoding);
        head[24] = 1;
        head[25] = (byte)sample.Minor;
        "made by tests"u8.CopyTo(head[58..]);
        BitConverter.TryWriteBytes(head[90..], (ushort)60);
        BitConverter.TryWriteBytes(head[92..], (ushort)2024);
        BitConverter.TryWriteBytes(head[94..], (ushort)headerSize);
        BitConverter.TryWriteBytes(head[96..], pointsOffset);
        BitConverter.TryWriteBytes(head[100..], vlrs.Count);
        head[104] = (byte)sample.Pdrf;
        BitConverter.TryWriteBytes(head[105..], (ushort)(PlainLas.BaseLengthOf(sample.Pdrf) + sample.ExtraLength));
        var isLegacy = sample.Pdrf < 6;
        BitConverter.TryWriteBytes(head[107..], isLegacy ? records.Length : 0);
        foreach (var record in records)
        {
            var number = (record[14] & (sample.Pdrf >= 6 ? 15 : 7)) - 1;
            if (isLegacy && number is >= 0 and < 5)
                head[111 + (4 * number)]++;
            if (isLegacy && number is >= 0 and < 5 && head[111 + (4 * number)] == 0)
                head[112 + (4 * number)]++;
        }

        double[] shifts = [sample.ShiftX, sample.ShiftY, 0];
        for (var axis = 0; axis < 3; axis++)
        {
            BitConverter.TryWriteBytes(head[(131 + (8 * axis))..], sample.Scale);
            BitConverter.TryWriteBytes(head[(155 + (8 * axis))..], shifts[axis]);
            var places = records.Select(record => (BitConverter.ToInt32(record, 4 * axis) * sample.Scale) + shifts[axis]).DefaultIfEmpty().ToArray();
            BitConverter.TryWriteBytes(head[(179 + (16 * axis))..], places.Max());
            BitConverter.TryWriteBytes(head[(187 + (16 * axis))..], places.Min());
        }

        if (sample.Minor >= 4)
        {
            BitConverter.TryWriteBytes(head[235..], evlrs.Count == 0 ? 0L : evlrOffset);
            BitConverter.TryWriteBytes(head[243..], evlrs.Count);
            BitConverter.TryWriteBytes(head[247..], (long)records.Length);
            for (var i = 1; i <= 15; i++)
                BitConverter.TryWriteBytes(head[(255 + (8 * (i - 1)))..], (long)records.Count(record => (record[14] & (sample.Pdrf >= 6 ? 15 : 7)) == i));
        }

        return bytes;
    }

    // Four flight lines there and back, each of scan lines across.
    private static (int X, int Y) Scanned(int i, int points, int extent, Random random)
    {
        const int Across = 32;
        var lines = Math.Max(1, points / Across);
        var line = i / Across;
        var flight = Math.Min(3, line * 4 / lines);
        var along = ((line * 4.0 / lines) - flight) * extent;
        if (flight % 2 == 1)
            along = extent - along;
        return ((int)along + random.Next(20), (flight * extent / 4) + (i % Across * (extent / 4 / Across)) + random.Next(20));
    }

    private static byte[] Field(string text, int length)
    {
        var field = new byte[length];
        Encoding.ASCII.GetBytes(text).CopyTo(field, 0);
        return field;
    }
}
