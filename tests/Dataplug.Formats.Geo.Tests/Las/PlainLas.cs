using System.Text;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>LAS by the plainest means: fields at their offsets, as the specification lists them.</summary>
internal sealed class PlainLas
{
    private static readonly int[] BaseLengths = [20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67];

    private PlainLas(byte[] bytes)
    {
        Assert.Equal("LASF", Encoding.ASCII.GetString(bytes, 0, 4));
        Bytes = bytes;
        Minor = bytes[25];
        PointsOffset = BitConverter.ToUInt32(bytes, 96);
        Pdrf = bytes[104];
        RecordLength = BitConverter.ToUInt16(bytes, 105);
        var legacy = BitConverter.ToUInt32(bytes, 107);
        var extended = Minor >= 4 ? BitConverter.ToInt64(bytes, 247) : 0;
        Count = Minor >= 4 && !(extended == 0 && legacy > 0) ? extended : legacy;
        Scale = [.. Enumerable.Range(0, 3).Select(i => BitConverter.ToDouble(bytes, 131 + (8 * i)))];
        Shift = [.. Enumerable.Range(0, 3).Select(i => BitConverter.ToDouble(bytes, 155 + (8 * i)))];
        Records = [.. Enumerable.Range(0, (int)Count).Select(i => bytes[(int)(PointsOffset + (i * RecordLength))..(int)(PointsOffset + ((i + 1) * RecordLength))])];
    }

    public byte[] Bytes { get; }

    public int Minor { get; }

    public long PointsOffset { get; }

    public int Pdrf { get; }

    public int RecordLength { get; }

    public long Count { get; }

    public double[] Scale { get; }

    public double[] Shift { get; }

    public byte[][] Records { get; }

    public long PointsEnd => PointsOffset + (Count * RecordLength);

    public byte[] Tail => Bytes[(int)PointsEnd..];

    public static int BaseLengthOf(int pdrf) => BaseLengths[pdrf];

    public static PlainLas Parse(byte[] bytes) => new(bytes);

    public static int X(byte[] record) => BitConverter.ToInt32(record, 0);

    public static int Y(byte[] record) => BitConverter.ToInt32(record, 4);

    public static int Z(byte[] record) => BitConverter.ToInt32(record, 8);

    public double PlaceX(byte[] record) => (X(record) * Scale[0]) + Shift[0];

    public double PlaceY(byte[] record) => (Y(record) * Scale[1]) + Shift[1];

    public double PlaceZ(byte[] record) => (Z(record) * Scale[2]) + Shift[2];

    public int ReturnOf(byte[] record) => record[14] & (Pdrf >= 6 ? 15 : 7);

    public int ClassOf(byte[] record) => Pdrf >= 6 ? record[16] : record[15] & 31;

    /// <summary>The same file with its points in the order of their bytes.</summary>
    public byte[] Canonical() => [.. Bytes[..(int)PointsOffset], .. Records.OrderBy(Convert.ToHexString, StringComparer.Ordinal).SelectMany(record => record), .. Tail];

    /// <summary>Checks that what the header says of the points is so, as a strict reader would.</summary>
    public void AssertHeaderIsTrue()
    {
        var byReturn = new long[16];
        foreach (var record in Records)
            byReturn[ReturnOf(record)]++;
        if (Minor >= 4)
        {
            Assert.Equal(Count, BitConverter.ToInt64(Bytes, 247));
            for (var i = 1; i <= 15; i++)
                Assert.Equal(byReturn[i], BitConverter.ToInt64(Bytes, 255 + (8 * (i - 1))));
        }

        var isLegacy = Pdrf < 6 || Minor < 4;
        Assert.Equal(isLegacy ? Count : 0, BitConverter.ToUInt32(Bytes, 107));
        for (var i = 1; i <= 5; i++)
            Assert.Equal(isLegacy ? byReturn[i] : 0, BitConverter.ToUInt32(Bytes, 111 + (4 * (i - 1))));
        var places = new Func<byte[], double>[] { PlaceX, PlaceY, PlaceZ };
        for (var axis = 0; axis < 3; axis++)
        {
            Assert.Equal(Count == 0 ? 0 : Records.Max(places[axis]), BitConverter.ToDouble(Bytes, 179 + (16 * axis)));
            Assert.Equal(Count == 0 ? 0 : Records.Min(places[axis]), BitConverter.ToDouble(Bytes, 187 + (16 * axis)));
        }
    }
}
