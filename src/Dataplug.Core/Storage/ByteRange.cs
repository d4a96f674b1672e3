using System.Globalization;
using System.Text.Json.Serialization;

namespace Dataplug.Storage;

/// <summary>A run of bytes inside an object: where it starts and how long it is. Both are 64-bit and not negative.</summary>
public readonly record struct ByteRange
{
    /// <summary>Creates a range.</summary>
    /// <param name="offset">Offset of the first byte from the start of the object, ≥ 0.</param>
    /// <param name="length">Number of bytes, ≥ 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative, or the end does not fit in 63 bits.</exception>
    [JsonConstructor]
    public ByteRange(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, long.MaxValue - offset);
        Offset = offset;
        Length = length;
    }

    /// <summary>Offset of the first byte from the start of the object.</summary>
    public long Offset { get; }

    /// <summary>Number of bytes.</summary>
    public long Length { get; }

    /// <summary>Offset of the first byte after the range.</summary>
    [JsonIgnore]
    public long End => Offset + Length;

    /// <summary>The range from <paramref name="start"/> up to, not including, <paramref name="end"/>.</summary>
    public static ByteRange FromBounds(long start, long end) => new(start, end - start);

    /// <summary>Whether <paramref name="other"/> lies wholly inside this range.</summary>
    public bool Contains(ByteRange other) => other.Offset >= Offset && other.End <= End;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"[{Offset}, {End})");
}
