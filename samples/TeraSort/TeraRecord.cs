using System.Buffers.Binary;
using System.Globalization;

namespace Samples.TeraSort;

/// <summary>
/// The records of the sort benchmark, as gensort 1.5 makes its binary ones (sortbenchmark.org): 100 bytes, of which the first 10 are the
/// key. Record n is a function of n alone, so any task can make any part.
/// </summary>
internal static class TeraRecord
{
    /// <summary>Bytes of a record.</summary>
    public const int Length = 100;

    /// <summary>Bytes of its key.</summary>
    public const int KeyLength = 10;

    private const int NumberOffset = 12;
    private const int FillerOffset = 48;
    private const int FillerDigits = 12;

    // gensort's rand16.c: a linear congruential generator of 128 bits, whose states from the first on are the random numbers of records.
    private static readonly UInt128 Multiplier = new(0x2360ED051FC65DA4, 0x4385DF649FCCF645);
    private static readonly UInt128 Increment = new(0x4A696D4772617952, 0x4950202020202001);

    private static ReadOnlySpan<byte> Digits => "0123456789ABCDEF"u8;

    /// <summary>Makes some records, one after another.</summary>
    /// <param name="first">The number of the first, from 0.</param>
    /// <param name="destination">Takes them; a whole number of records long.</param>
    public static void Generate(long first, Span<byte> destination)
    {
        var random = RandomOf(first);
        for (var number = first; destination.Length > 0; number++, destination = destination[Length..])
        {
            Write(number, random, destination[..Length]);
            random = (random * Multiplier) + Increment;
        }
    }

    /// <summary>The key of a record that is in memory among others.</summary>
    public static ReadOnlySpan<byte> Key(ReadOnlySpan<byte> records, long index) => records.Slice(checked((int)(index * Length)), KeyLength);

    private static void Write(long number, UInt128 random, Span<byte> record)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, random);
        bytes[..KeyLength].CopyTo(record);
        record[10] = 0x00;
        record[11] = 0x11;
        if (!((UInt128)number).TryFormat(record[NumberOffset..], out _, "X32", CultureInfo.InvariantCulture))
            throw new InvalidOperationException("There is room for 32 digits.");
        BinaryPrimitives.WriteUInt32BigEndian(record[44..], 0x8899AABB);
        for (var i = 0; i < FillerDigits; i++)
            record.Slice(FillerOffset + (4 * i), 4).Fill(Digits[(int)(random >> (44 - (4 * i))) & 15]);
        BinaryPrimitives.WriteUInt32BigEndian(record[96..], 0xCCDDEEFF);
    }

    // The state after so many steps and one: steps are composed by squaring.
    private static UInt128 RandomOf(long number)
    {
        var (multiplier, increment) = (Multiplier, Increment);
        UInt128 state = 0;
        for (var steps = (ulong)number + 1; steps > 0; steps >>= 1)
        {
            if ((steps & 1) == 1)
                state = (state * multiplier) + increment;
            (multiplier, increment) = (multiplier * multiplier, (multiplier * increment) + increment);
        }

        return state;
    }
}
