using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dataplug.Compression;

/// <summary>
/// A place in the content of a BGZF object (SAM specification, section 4.1.1, "Random access"): the offset of a block in the stored
/// object, 48 bits, and of a byte in that block's content, 16 bits. Places are in the order of their values.
/// </summary>
/// <param name="Value">The offset of the block times 65536, plus the offset in its content.</param>
[JsonConverter(typeof(VirtualOffsetConverter))]
public readonly record struct VirtualOffset(ulong Value) : IComparable<VirtualOffset>
{
    private const int WithinBits = 16;

    /// <summary>The most bytes that a BGZF object can have for its places to be written so: 2⁴⁸.</summary>
    public const long MaxObjectSize = 1L << 48;

    /// <summary>Makes the offset of a place.</summary>
    /// <param name="block">Offset in bytes of a block's header in the stored object, below <see cref="MaxObjectSize"/>.</param>
    /// <param name="within">Bytes of its content before the place, 0 to 65535.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public VirtualOffset(long block, int within)
        : this(((ulong)block << WithinBits) | (uint)within)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(block);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(block, MaxObjectSize);
        ArgumentOutOfRangeException.ThrowIfNegative(within);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(within, ushort.MaxValue);
    }

    /// <summary>Offset in bytes of the block's header in the stored object.</summary>
    public long Block => (long)(Value >> WithinBits);

    /// <summary>Bytes of the block's content before the place, 0 to 65535.</summary>
    public int Within => (int)(Value & ushort.MaxValue);

    /// <inheritdoc/>
    public int CompareTo(VirtualOffset other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Block}:{Within}");

    /// <summary>Whether a place comes before another.</summary>
    public static bool operator <(VirtualOffset left, VirtualOffset right) => left.Value < right.Value;

    /// <summary>Whether a place comes after another.</summary>
    public static bool operator >(VirtualOffset left, VirtualOffset right) => left.Value > right.Value;

    /// <summary>Whether a place does not come after another.</summary>
    public static bool operator <=(VirtualOffset left, VirtualOffset right) => left.Value <= right.Value;

    /// <summary>Whether a place does not come before another.</summary>
    public static bool operator >=(VirtualOffset left, VirtualOffset right) => left.Value >= right.Value;
}

/// <summary>Writes virtual offsets as numbers.</summary>
public sealed class VirtualOffsetConverter : JsonConverter<VirtualOffset>
{
    /// <inheritdoc/>
    public override VirtualOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetUInt64());

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, VirtualOffset value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNumberValue(value.Value);
    }
}
