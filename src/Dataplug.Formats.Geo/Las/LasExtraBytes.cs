using System.Buffers.Binary;

namespace Dataplug.Formats.Geo;

/// <summary>The types of extra attributes (LAS 1.4 R15, section 4.3).</summary>
public enum LasExtraType
{
    /// <summary>Bytes of no described meaning.</summary>
    Undocumented = 0,

    /// <summary>unsigned char.</summary>
    Unsigned8 = 1,

    /// <summary>char.</summary>
    Signed8 = 2,

    /// <summary>unsigned short.</summary>
    Unsigned16 = 3,

    /// <summary>short.</summary>
    Signed16 = 4,

    /// <summary>unsigned long.</summary>
    Unsigned32 = 5,

    /// <summary>long.</summary>
    Signed32 = 6,

    /// <summary>unsigned long long.</summary>
    Unsigned64 = 7,

    /// <summary>long long.</summary>
    Signed64 = 8,

    /// <summary>float.</summary>
    Real32 = 9,

    /// <summary>double.</summary>
    Real64 = 10,
}

/// <summary>An attribute that points have beyond those of their format: an entry of the Extra Bytes record (LAS 1.4 R15, section 4.3),
/// or the bytes at the end of a point that no entry describes.</summary>
public sealed class LasExtraBytes
{
    internal const int DescriptorLength = 192;

    private const int NoDataOption = 1;
    private const int MinOption = 2;
    private const int MaxOption = 4;
    private const int ScaleOption = 8;
    private const int OffsetOption = 16;

    private LasExtraBytes(string name, string description, LasExtraType type, int elements, int offset, int length)
    {
        Name = name;
        Description = description;
        Type = type;
        Elements = elements;
        Offset = offset;
        Length = length;
    }

    /// <summary>Its name; <c>undescribed</c> where no entry tells.</summary>
    public string Name { get; }

    /// <summary>What it is, in words.</summary>
    public string Description { get; }

    /// <summary>The type of each element.</summary>
    public LasExtraType Type { get; }

    /// <summary>Elements a point, 1 to 3 (the deprecated arrays of two and three); 1 of undocumented bytes.</summary>
    public int Elements { get; }

    /// <summary>Where it starts in a point record, in bytes.</summary>
    public int Offset { get; }

    /// <summary>Bytes a point, all elements.</summary>
    public int Length { get; }

    /// <summary>For each element what stands for "no value", as a number; null where every value is one.</summary>
    public IReadOnlyList<double>? NoData { get; private init; }

    /// <summary>The least value of each element as its author counted it; null where it did not.</summary>
    public IReadOnlyList<double>? Min { get; private init; }

    /// <summary>The greatest value of each element as its author counted it; null where it did not.</summary>
    public IReadOnlyList<double>? Max { get; private init; }

    /// <summary>By what each element is multiplied; null for 1.</summary>
    public IReadOnlyList<double>? Scale { get; private init; }

    /// <summary>What is added to each element after that; null for 0.</summary>
    public IReadOnlyList<double>? Shift { get; private init; }

    internal int ElementLength => Length / Elements;

    internal static LasExtraBytes Undescribed(int offset, int length) => new("undescribed", "", LasExtraType.Undocumented, 1, offset, length);

    /// <summary>Reads one entry.</summary>
    /// <returns>Null where it says nothing that can be used: an unknown type, or no bytes.</returns>
    internal static LasExtraBytes? Parse(ReadOnlySpan<byte> entry, int offset)
    {
        var (code, options) = (entry[2], entry[3]);
        var name = LasVlr.TextOf(entry.Slice(4, 32));
        var description = LasVlr.TextOf(entry.Slice(160, 32));
        if (code == 0)
            return options == 0 ? null : new LasExtraBytes(name, description, LasExtraType.Undocumented, 1, offset, options);
        if (code > 30)
            return null;
        var type = (LasExtraType)(((code - 1) % 10) + 1);
        var elements = ((code - 1) / 10) + 1;
        return new LasExtraBytes(name, description, type, elements, offset, elements * LengthOf(type))
        {
            NoData = (options & NoDataOption) != 0 ? Anys(entry[40..], type, elements) : null,
            Min = (options & MinOption) != 0 ? Anys(entry[64..], type, elements) : null,
            Max = (options & MaxOption) != 0 ? Anys(entry[88..], type, elements) : null,
            Scale = (options & ScaleOption) != 0 ? Doubles(entry[112..], elements) : null,
            Shift = (options & OffsetOption) != 0 ? Doubles(entry[136..], elements) : null,
        };
    }

    internal static int LengthOf(LasExtraType type) => type switch
    {
        LasExtraType.Unsigned8 or LasExtraType.Signed8 => 1,
        LasExtraType.Unsigned16 or LasExtraType.Signed16 => 2,
        LasExtraType.Unsigned32 or LasExtraType.Signed32 or LasExtraType.Real32 => 4,
        LasExtraType.Unsigned64 or LasExtraType.Signed64 or LasExtraType.Real64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>One element as a number, as it is stored.</summary>
    internal static double NumberOf(ReadOnlySpan<byte> bytes, LasExtraType type) => type switch
    {
        LasExtraType.Unsigned8 => bytes[0],
        LasExtraType.Signed8 => (sbyte)bytes[0],
        LasExtraType.Unsigned16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        LasExtraType.Signed16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        LasExtraType.Unsigned32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        LasExtraType.Signed32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        LasExtraType.Unsigned64 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        LasExtraType.Signed64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        LasExtraType.Real32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        LasExtraType.Real64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    // "anytype" (section 4.3): eight bytes, of which integers fill all, sign-extended, and floating point ones too, as double.
    private static double[] Anys(ReadOnlySpan<byte> bytes, LasExtraType type, int elements)
    {
        var values = new double[elements];
        for (var i = 0; i < elements; i++)
        {
            var any = bytes.Slice(8 * i, 8);
            values[i] = type switch
            {
                LasExtraType.Real32 or LasExtraType.Real64 => BinaryPrimitives.ReadDoubleLittleEndian(any),
                LasExtraType.Unsigned8 or LasExtraType.Unsigned16 or LasExtraType.Unsigned32 or LasExtraType.Unsigned64 => BinaryPrimitives.ReadUInt64LittleEndian(any),
                _ => BinaryPrimitives.ReadInt64LittleEndian(any),
            };
        }

        return values;
    }

    private static double[] Doubles(ReadOnlySpan<byte> bytes, int elements)
    {
        var values = new double[elements];
        for (var i = 0; i < elements; i++)
            values[i] = BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]);
        return values;
    }
}
