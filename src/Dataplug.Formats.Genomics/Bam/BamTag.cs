using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>An optional field of a record (SAM specification, section 4.2.4). Valid as long as the record that it is of.</summary>
public readonly ref struct BamTag
{
    private readonly ReadOnlySpan<byte> _bytes;

    internal BamTag(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Its two letters.</summary>
    public ReadOnlySpan<byte> Name => _bytes[..2];

    /// <summary>Its type: <c>A c C s S i I f Z H B</c>.</summary>
    public char Type => (char)_bytes[2];

    /// <summary>Whether it is a whole number.</summary>
    public bool IsInteger => Type is 'c' or 'C' or 's' or 'S' or 'i' or 'I';

    /// <summary>The bytes of its value as they are stored; of text without the zero byte, of an array without type and count.</summary>
    public ReadOnlySpan<byte> Value => Type switch
    {
        'Z' or 'H' => _bytes[3..^1],
        'B' => _bytes[8..],
        _ => _bytes[3..],
    };

    /// <summary>Of an array the type of its elements: <c>c C s S i I f</c>.</summary>
    /// <exception cref="InvalidOperationException">It is no array.</exception>
    public char ElementType => Type == 'B' ? (char)_bytes[3] : throw Other("an array");

    /// <summary>Of an array the number of its elements, of anything else 1.</summary>
    public int Count => Type == 'B' ? BinaryPrimitives.ReadInt32LittleEndian(_bytes[4..]) : 1;

    /// <summary>Its value as a whole number.</summary>
    /// <exception cref="InvalidOperationException">It is none.</exception>
    public long ToInt64() => IsInteger ? ReadInteger(_bytes[3..], Type) : throw Other("a whole number");

    /// <summary>Its value as a number.</summary>
    /// <exception cref="InvalidOperationException">It is none.</exception>
    public double ToDouble() => Type == 'f' ? BinaryPrimitives.ReadSingleLittleEndian(_bytes[3..]) : IsInteger ? ToInt64() : throw Other("a number");

    /// <summary>Its value as a character.</summary>
    /// <exception cref="InvalidOperationException">It is none.</exception>
    public char ToChar() => Type == 'A' ? (char)_bytes[3] : throw Other("a character");

    /// <summary>An element of an array of whole numbers, from 0.</summary>
    /// <exception cref="InvalidOperationException">It is no such array.</exception>
    public long GetInt64(int index) => ElementType != 'f' ? ReadInteger(Element(index), ElementType) : throw Other("an array of whole numbers");

    /// <summary>An element of an array of numbers, from 0.</summary>
    /// <exception cref="InvalidOperationException">It is no such array.</exception>
    public double GetDouble(int index) => ElementType == 'f' ? BinaryPrimitives.ReadSingleLittleEndian(Element(index)) : GetInt64(index);

    /// <summary>As SAM writes it: <c>NM:i:3</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append((char)_bytes[0]).Append((char)_bytes[1]).Append(':').Append(IsInteger ? 'i' : Type).Append(':');
        switch (Type)
        {
            case 'A':
                text.Append(ToChar());
                break;
            case 'f':
                text.Append(Write(ToDouble()));
                break;
            case 'Z' or 'H':
                text.Append(Encoding.UTF8.GetString(Value));
                break;
            case 'B':
                text.Append(ElementType);
                for (var i = 0; i < Count; i++)
                    text.Append(',').Append(ElementType == 'f' ? Write(GetDouble(i)) : GetInt64(i).ToString(CultureInfo.InvariantCulture));
                break;
            default:
                text.Append(CultureInfo.InvariantCulture, $"{ToInt64()}");
                break;
        }

        return text.ToString();
    }

    internal static int ElementLength(char type) => type switch
    {
        'A' or 'c' or 'C' => 1,
        's' or 'S' => 2,
        'i' or 'I' or 'f' => 4,
        _ => 0,
    };

    private static long ReadInteger(ReadOnlySpan<byte> bytes, char type) => type switch
    {
        'c' => (sbyte)bytes[0],
        'C' => bytes[0],
        's' => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        'S' => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        'i' => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
    };

    // Six digits, as C's %g.
    private static string Write(double value) =>
        double.IsFinite(value) ? value.ToString("G6", CultureInfo.InvariantCulture).Replace('E', 'e') : double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";

    private ReadOnlySpan<byte> Element(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return Value[(index * ElementLength(ElementType))..];
    }

    private InvalidOperationException Other(string expected) => new($"The tag {(char)_bytes[0]}{(char)_bytes[1]} is of type '{Type}', not {expected}.");
}

/// <summary>The optional fields of a record. Valid as long as the record that they are of.</summary>
public readonly ref struct BamTags
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly string? _source;

    internal BamTags(ReadOnlySpan<byte> bytes, string? source)
    {
        _bytes = bytes;
        _source = source;
    }

    /// <summary>Goes through the tags.</summary>
    public Enumerator GetEnumerator() => new(_bytes, _source);

    /// <summary>Finds a tag.</summary>
    /// <param name="name">Its two letters.</param>
    /// <param name="tag">The tag.</param>
    /// <returns>False when the record has none of that name.</returns>
    /// <exception cref="CorruptObjectException">A tag is of an unknown type, or reaches beyond its record.</exception>
    public bool TryGet(ReadOnlySpan<byte> name, out BamTag tag)
    {
        foreach (var candidate in this)
        {
            if (candidate.Name.SequenceEqual(name))
            {
                tag = candidate;
                return true;
            }
        }

        tag = default;
        return false;
    }

    /// <summary>The length of the first tag of some bytes.</summary>
    /// <returns>False when there is no whole one.</returns>
    internal static bool TryMeasure(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (bytes.Length < 4)
            return false;
        var type = (char)bytes[2];
        switch (type)
        {
            case 'Z' or 'H':
                var terminator = bytes[3..].IndexOf((byte)0);
                length = 3 + terminator + 1;
                return terminator >= 0;
            case 'B':
                if (bytes.Length < 8)
                    return false;
                var each = bytes[3] == (byte)'A' ? 0 : BamTag.ElementLength((char)bytes[3]);
                var end = 8 + ((long)each * BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]));
                length = (int)Math.Min(end, int.MaxValue);
                return each > 0 && end <= bytes.Length;
            default:
                length = 3 + BamTag.ElementLength(type);
                return length > 3 && length <= bytes.Length;
        }
    }

    /// <summary>Goes through the tags of a record.</summary>
    public ref struct Enumerator
    {
        private readonly string? _source;
        private ReadOnlySpan<byte> _rest;
        private int _length;

        internal Enumerator(ReadOnlySpan<byte> bytes, string? source)
        {
            _rest = bytes;
            _source = source;
        }

        /// <summary>The present tag.</summary>
        public readonly BamTag Current => new(_rest[.._length]);

        /// <summary>Goes on to the next.</summary>
        /// <exception cref="CorruptObjectException">It is of an unknown type, or reaches beyond its record.</exception>
        public bool MoveNext()
        {
            _rest = _rest[_length..];
            _length = 0;
            if (_rest.IsEmpty)
                return false;
            return TryMeasure(_rest, out _length)
                ? true
                : throw new CorruptObjectException(_source, "a tag of a record is of an unknown type, or reaches beyond its record");
        }
    }
}
