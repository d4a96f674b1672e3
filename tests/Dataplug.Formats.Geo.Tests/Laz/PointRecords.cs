using System.Buffers.Binary;

namespace Dataplug.Formats.Geo.Laz.Tests;

/// <summary>Point records of any format, as a scanner gives them and as nobody does.</summary>
internal static class PointRecords
{
    private static readonly int[] Lengths = [20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67];

    /// <summary>Bytes of a record without extra bytes.</summary>
    public static int LengthOf(int pointFormat) => Lengths[pointFormat];

    /// <summary>Records of bytes drawn by chance, so that every field leaps everywhere.</summary>
    public static byte[] Hostile(int pointFormat, int extra, int count, int seed)
    {
        var records = new byte[count * (Lengths[pointFormat] + extra)];
        new Random(seed).NextBytes(records);
        return records;
    }

    /// <summary>Pulses of a few returns along a flight line, with several scanner channels and time sequences, and fields that are constant
    /// for a while, or always.</summary>
    public static byte[] Realistic(int pointFormat, int extra, int count, int seed)
    {
        var random = new Random(seed);
        var length = Lengths[pointFormat] + extra;
        var records = new byte[count * length];
        var layered = pointFormat >= 6;
        var channels = layered ? random.Next(1, 5) : 1;
        var firstChannel = layered ? random.Next(4) : 0;
        var hasTime = pointFormat is 1 or 3 or 4 or 5 || layered;
        var hasColours = pointFormat is 2 or 3 or 5 or 7 or 8 or 10;
        var hasInfrared = pointFormat is 8 or 10;
        var hasPacket = pointFormat is 4 or 5 or 9 or 10;
        var constantExtra = random.Next(2) == 0;
        var grey = random.Next(3) == 0;
        int x = random.Next(-1_000_000, 1_000_000), y = random.Next(-1_000_000, 1_000_000), z = random.Next(10_000);
        var times = Enumerable.Range(0, 6).Select(_ => 300_000 * random.NextDouble()).ToArray();
        var sequence = 0;
        int returns = 1, number = 1, channel = firstChannel;
        long packet = random.Next();
        int colour = random.Next(65536), classification = 2, source = random.Next(65536), angle = -15, intensity = 100;
        byte user = 3;
        for (var i = 0; i < count; i++)
        {
            var record = records.AsSpan(i * length, length);
            if (number >= returns)
            {
                returns = random.Next(10) < 6 ? 1 : random.Next(1, layered ? 16 : 8);
                number = 1;
                channel = (firstChannel + random.Next(channels)) & 3;
                if (random.Next(50) == 0)
                    sequence = random.Next(times.Length);
                times[sequence] += random.Next(20) == 0 ? random.Next(100) * 1e-5 : 2e-5;
                if (random.Next(100) == 0)
                    angle++;
                if (random.Next(200) == 0)
                    source = random.Next(65536);
                if (random.Next(30) == 0)
                    user = (byte)random.Next(256);
            }
            else
            {
                number++;
            }
            x += random.Next(-60, 200);
            y += random.Next(-30, 31);
            z += random.Next(-100, 101) * (random.Next(20) == 0 ? 100 : 1);
            intensity = Math.Clamp(intensity + random.Next(-20, 21), 0, 65535);
            if (random.Next(20) == 0)
                classification = random.Next(layered ? 256 : 32);

            BinaryPrimitives.WriteInt32LittleEndian(record, x);
            BinaryPrimitives.WriteInt32LittleEndian(record[4..], y);
            BinaryPrimitives.WriteInt32LittleEndian(record[8..], z);
            BinaryPrimitives.WriteUInt16LittleEndian(record[12..], (ushort)intensity);
            var at = 20;
            if (layered)
            {
                record[14] = (byte)(number | returns << 4);
                record[15] = (byte)(channel << 4 | (i / 97 & 1) << 6 | (number == returns && random.Next(100) == 0 ? 128 : 0) | (random.Next(90) == 0 ? random.Next(16) : 0));
                record[16] = (byte)classification;
                record[17] = user;
                BinaryPrimitives.WriteInt16LittleEndian(record[18..], (short)(angle * 167));
                BinaryPrimitives.WriteUInt16LittleEndian(record[20..], (ushort)source);
                at = 22;
            }
            else
            {
                record[14] = (byte)(number | returns << 3 | (i / 97 & 1) << 6);
                record[15] = (byte)classification;
                record[16] = (byte)angle;
                record[17] = user;
                BinaryPrimitives.WriteUInt16LittleEndian(record[18..], (ushort)source);
            }
            if (hasTime)
            {
                BinaryPrimitives.WriteDoubleLittleEndian(record[at..], times[sequence]);
                at += 8;
            }
            if (hasColours)
            {
                colour = Math.Clamp(colour + random.Next(-300, 301), 0, 65535);
                BinaryPrimitives.WriteUInt16LittleEndian(record[at..], (ushort)colour);
                BinaryPrimitives.WriteUInt16LittleEndian(record[(at + 2)..], (ushort)(grey ? colour : colour * 9 / 10));
                BinaryPrimitives.WriteUInt16LittleEndian(record[(at + 4)..], (ushort)(grey ? colour : Math.Max(0, colour - random.Next(40))));
                at += 6;
            }
            if (hasInfrared)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(record[at..], (ushort)(colour / 2 + random.Next(5)));
                at += 2;
            }
            if (hasPacket)
            {
                record[at] = (byte)random.Next(1, 3);
                packet += random.Next(4) switch { 0 => 0, 1 => 160, 2 => random.Next(-5000, 5000), _ => (long)random.Next() << 8 };
                BinaryPrimitives.WriteInt64LittleEndian(record[(at + 1)..], packet);
                BinaryPrimitives.WriteInt32LittleEndian(record[(at + 9)..], random.Next(8) == 0 ? 200 : 160);
                BinaryPrimitives.WriteSingleLittleEndian(record[(at + 13)..], 1000 * random.NextSingle());
                for (var k = 0; k < 3; k++)
                    BinaryPrimitives.WriteSingleLittleEndian(record[(at + 17 + 4 * k)..], 0.001f * k + 1e-6f * random.NextSingle());
                at += 29;
            }
            for (; at < length; at++)
                record[at] = (byte)(constantExtra || at % 3 == 0 ? 7 : random.Next(30) == 0 ? random.Next(256) : i / 10);
        }
        return records;
    }
}
