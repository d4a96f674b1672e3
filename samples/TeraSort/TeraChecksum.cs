using System.IO.Hashing;

namespace Samples.TeraSort;

/// <summary>The checksum of gensort and valsort: the sum of the CRC-32 of all records, which does not depend on their order.</summary>
internal static class TeraChecksum
{
    /// <summary>The checksum of records that lie one after another.</summary>
    public static ulong Of(ReadOnlySpan<byte> records)
    {
        var sum = 0UL;
        for (; records.Length > 0; records = records[TeraRecord.Length..])
            sum += Crc32.HashToUInt32(records[..TeraRecord.Length]);
        return sum;
    }
}
