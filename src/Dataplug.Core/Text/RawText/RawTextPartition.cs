using System.Text.Json.Serialization;
using Dataplug.Partitioning;

namespace Dataplug.Text;

/// <summary>What of a text is never cut.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TextUnit>))]
public enum TextUnit
{
    /// <summary>Whole lines: they end with LF, CRLF, CR, or the text.</summary>
    [JsonStringEnumMemberName("lines")]
    Lines,

    /// <summary>Whole words: they end with ASCII white space, or the text.</summary>
    [JsonStringEnumMemberName("words")]
    Words,
}

/// <summary>The strategies for raw text.</summary>
public static class TextPartition
{
    /// <summary>Exactly <paramref name="count"/> slices of about the same number of bytes; some are empty when there are more
    /// slices than places to cut at.</summary>
    /// <param name="count">Number of slices, from 1 to 4 194 304.</param>
    /// <param name="unit">What is never cut.</param>
    /// <exception cref="PartitionException">When it is used: the number is too large.</exception>
    public static IPartitionStrategy<RawTextIndex, RawTextSlice> IntoChunks(int count, TextUnit unit = TextUnit.Lines)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return new Strategy(unit, body => body.IntoChunks(count));
    }

    /// <summary>Slices as long as can be without being longer than <paramref name="bytes"/>. A slice is longer only where no
    /// known line (or word) starts in so many bytes: lines longer than that, or sizes below the spacing of the index (4 KiB for
    /// objects from 4 MiB to 1 GiB; docs/formats/raw-text.md). An empty object has one empty slice.</summary>
    /// <param name="bytes">Bytes per slice, ≥ 1.</param>
    /// <param name="unit">What is never cut.</param>
    /// <exception cref="PartitionException">When it is used: there would be more than 4 194 304 slices.</exception>
    public static IPartitionStrategy<RawTextIndex, RawTextSlice> BySize(long bytes, TextUnit unit = TextUnit.Lines)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        return new Strategy(unit, body => body.BySize(bytes));
    }

    /// <summary>Slices of exactly <paramref name="lines"/> lines, the last of the remainder. Reading one fetches up to one
    /// spacing of the index and one line more on either side. An empty object has one empty slice.</summary>
    /// <param name="lines">Lines per slice, ≥ 1.</param>
    /// <exception cref="PartitionException">When it is used: there would be more than 4 194 304 slices.</exception>
    public static IPartitionStrategy<RawTextIndex, RawTextSlice> ByLines(long lines)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lines);
        return new Strategy(TextUnit.Lines, body => body.ByRecords(lines));
    }

    private sealed class Strategy(TextUnit unit, Func<MarkedBody, List<MarkedRange>> cut) : IPartitionStrategy<RawTextIndex, RawTextSlice>
    {
        public IReadOnlyList<RawTextSlice> Partition(RawTextIndex index)
        {
            ArgumentNullException.ThrowIfNull(index);
            return index.SlicesOf(cut(index.BodyOf(unit)), unit);
        }
    }
}
