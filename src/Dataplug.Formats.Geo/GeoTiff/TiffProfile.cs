using System.Buffers.Binary;
using Dataplug.Metadata;

namespace Dataplug.Formats.Geo;

/// <summary>The tags of an image that are taken over as they are. A blob of the index holds them: for each its tag, type and length
/// (2, 2 and 4 bytes, little-endian) and its values.</summary>
internal sealed class TiffProfile
{
    private readonly Dictionary<ushort, TiffValue> _values;

    public TiffProfile(IEnumerable<TiffValue> values) => _values = values.ToDictionary(value => value.Tag);

    public IEnumerable<TiffValue> Values => _values.Values.OrderBy(value => value.Tag);

    public TiffValue? Find(ushort tag) => _values.GetValueOrDefault(tag);

    /// <summary>The text of the tag GDAL_NODATA; null where there is none.</summary>
    public string? NoData => Find(TiffTag.GdalNoData)?.ToText().Trim() is { Length: > 0 } text ? text : null;

    /// <summary>The same, with what another image has and this one lacks.</summary>
    public TiffProfile Inherit(TiffProfile other) =>
        new(_values.Values.Concat(TiffTag.Inherited.Where(tag => !_values.ContainsKey(tag)).Select(other.Find).OfType<TiffValue>()));

    public byte[] ToBytes()
    {
        var bytes = new byte[_values.Values.Sum(value => 8 + value.Bytes.Length)];
        var at = 0;
        foreach (var value in Values)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), value.Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at + 2), value.Type);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at + 4), value.Bytes.Length);
            value.Bytes.CopyTo(bytes, at + 8);
            at += 8 + value.Bytes.Length;
        }

        return bytes;
    }

    public static TiffProfile FromBytes(ReadOnlySpan<byte> bytes, string source)
    {
        var values = new Dictionary<ushort, TiffValue>();
        while (!bytes.IsEmpty)
        {
            if (bytes.Length < 8 || BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]) is var length && (length < 0 || length > bytes.Length - 8))
                throw Damaged();
            var value = new TiffValue(BinaryPrimitives.ReadUInt16LittleEndian(bytes), BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]), bytes.Slice(8, length).ToArray());
            if (TiffValue.SizeOf(value.Type) is var size && (size == 0 || length % size != 0 || !values.TryAdd(value.Tag, value)))
                throw Damaged();
            bytes = bytes[(8 + length)..];
        }

        return new TiffProfile(values.Values);

        CorruptIndexException Damaged() => new(source, "the tags in the index of a GeoTIFF are damaged");
    }
}
