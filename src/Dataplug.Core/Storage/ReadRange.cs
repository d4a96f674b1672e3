namespace Dataplug.Storage;

/// <summary>
/// What part of an object one read asks for: all of it, a bounded range, everything from an offset, or the last bytes
/// (the forms of RFC 9110 §14.1.2).
/// </summary>
public readonly record struct ReadRange
{
    private ReadRange(ReadRangeKind kind, long offset, long length)
    {
        Kind = kind;
        Offset = offset;
        Length = length;
    }

    /// <summary>The whole object, also an empty one.</summary>
    public static ReadRange All => default;

    /// <summary>The form of the request.</summary>
    public ReadRangeKind Kind { get; }

    /// <summary>Offset of the first byte, for <see cref="ReadRangeKind.Bounded"/> and <see cref="ReadRangeKind.From"/>.</summary>
    public long Offset { get; }

    /// <summary>Number of bytes, for <see cref="ReadRangeKind.Bounded"/> and <see cref="ReadRangeKind.Suffix"/>.</summary>
    public long Length { get; }

    /// <summary>A bounded range. Where it runs over the end of the object, the answer is shorter; where it starts at or
    /// past the end, a <see cref="RangeNotSatisfiableException"/> is thrown. An empty range reads nothing.</summary>
    public static ReadRange Bounded(long offset, long length)
    {
        var range = new ByteRange(offset, length);
        return new ReadRange(ReadRangeKind.Bounded, range.Offset, range.Length);
    }

    /// <summary>Everything from <paramref name="offset"/> to the end of the object.</summary>
    public static ReadRange From(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return new ReadRange(ReadRangeKind.From, offset, 0);
    }

    /// <summary>The last <paramref name="length"/> bytes; the whole object where it is shorter.</summary>
    public static ReadRange Suffix(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        return new ReadRange(ReadRangeKind.Suffix, 0, length);
    }

    /// <summary>A bounded range.</summary>
    public static implicit operator ReadRange(ByteRange range) => Bounded(range.Offset, range.Length);

    /// <summary>For stores: the bytes that the range stands for in an object of a known size.</summary>
    /// <exception cref="RangeNotSatisfiableException">It starts at or past the end.</exception>
    public ByteRange Resolve(long size, ObjectUri uri)
    {
        switch (Kind)
        {
            case ReadRangeKind.Suffix:
                return ByteRange.FromBounds(Math.Max(0, size - Length), size);
            case ReadRangeKind.From when Offset < size || Offset == 0:
                return ByteRange.FromBounds(Offset, size);
            case ReadRangeKind.Bounded when Length == 0 && Offset <= size:
                return new ByteRange(Offset, 0);
            case ReadRangeKind.Bounded when Offset < size:
                return new ByteRange(Offset, Math.Min(Length, size - Offset));
            case ReadRangeKind.All:
                return new ByteRange(0, size);
            default:
                throw new RangeNotSatisfiableException(uri.Display, $"the range starts at or past the end of the object's {size} bytes", byteOffset: Offset);
        }
    }

    /// <summary>A bounded range.</summary>
    public static ReadRange FromByteRange(ByteRange range) => range;
}
