using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>Where a slice of compressed points finds its chunks.</summary>
public sealed record LazSource
{
    /// <summary>The id of the format: <c>laz</c> or <c>copc</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Where in the object begins what is behind its points, in bytes.</summary>
    public required long Tail { get; init; }

    /// <summary>For each run of the slice, the bytes of all chunks that have points of it. Those that are known to have none that are wanted
    /// are not fetched.</summary>
    [JsonConverter(typeof(ByteRangesConverter))]
    public required IReadOnlyList<ByteRange> Fetched { get; init; }

    /// <summary>What the index says of each of these chunks.</summary>
    public required IReadOnlyList<BlobReference> Pages { get; init; }

    /// <summary>The deepest level of the octree that is read; null for all.</summary>
    public int? MaxLevel { get; init; }

    /// <summary>Whether the slice's file is plain LAS; LAZ otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool WritesLas { get; init; }

    /// <inheritdoc/>
    public bool Equals(LazSource? other) =>
        other is not null && Kind == other.Kind && Tail == other.Tail && MaxLevel == other.MaxLevel && WritesLas == other.WritesLas
        && Fetched.SequenceEqual(other.Fetched) && Pages.SequenceEqual(other.Pages);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Tail, Fetched.Count, Pages.Count, MaxLevel, WritesLas);
}

/// <summary>Rising ranges as short text, so that a slice of many stays small: <c>1709+3000,90000+1234</c>.</summary>
internal sealed class ByteRangesConverter : JsonConverter<IReadOnlyList<ByteRange>>
{
    public override IReadOnlyList<ByteRange> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var ranges = new List<ByteRange>();
        foreach (var part in (reader.GetString() ?? throw new JsonException("no ranges")).Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var plus = part.IndexOf('+', StringComparison.Ordinal);
            if (plus < 0
                || !long.TryParse(part.AsSpan(0, plus), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
                || !long.TryParse(part.AsSpan(plus + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length > long.MaxValue - offset)
            {
                throw new JsonException($"'{part}' is no range of bytes");
            }

            ranges.Add(new ByteRange(offset, length));
        }

        return ranges;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<ByteRange> value, JsonSerializerOptions options)
    {
        var text = new StringBuilder();
        foreach (var range in value)
            text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? "," : "")}{range.Offset}+{range.Length}");
        writer.WriteStringValue(text.ToString());
    }
}
