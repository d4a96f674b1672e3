using System.Buffers.Binary;

namespace Samples.TeraSort;

/// <summary>A key in registers, with the place of its record: what is sorted in place of the records.</summary>
/// <param name="High">The first eight bytes, as a big-endian number.</param>
/// <param name="Low">The last two.</param>
/// <param name="Index">The place of the record; keeps equal keys in order.</param>
internal readonly record struct TeraKey(ulong High, ushort Low, int Index) : IComparable<TeraKey>
{
    /// <summary>The key at the start of some bytes.</summary>
    public static TeraKey Read(ReadOnlySpan<byte> key, int index = 0) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(key), BinaryPrimitives.ReadUInt16BigEndian(key[8..]), index);

    public int CompareTo(TeraKey other) => CompareKeyTo(other) is var order and not 0 ? order : Index.CompareTo(other.Index);

    /// <summary>Compares the keys alone.</summary>
    public int CompareKeyTo(TeraKey other) => High.CompareTo(other.High) is var order and not 0 ? order : Low.CompareTo(other.Low);
}
