using System.Text.Json;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>The index of a FASTQ object: where its reads are, and what they are like.</summary>
public class FastqIndex : ObjectIndex
{
    private const int LinesPerRead = 4;

    private readonly long[] _markOffsets;
    private readonly long[] _markReads;
    private readonly long[] _markBases;

    private protected FastqIndex(SidecarReader sidecar, FastqCompression compression, GZipLineIndex? lineIndex, long[] markOffsets, long[] markReads, long[] markBases)
        : base(sidecar)
    {
        Compression = compression;
        LineIndex = lineIndex;
        (_markOffsets, _markReads, _markBases) = (markOffsets, markReads, markBases);
        try
        {
            Lines = Attributes.GetProperty("lines").GetInt64();
            IsWrapped = Attributes.GetProperty("wrapped").GetBoolean();
            Reads = Attributes.GetProperty("reads").GetInt64();
            Bases = Attributes.GetProperty("bases").GetInt64();
            Members = Attributes.TryGetProperty("members", out var members) ? members.GetInt64() : null;
            MinReadLength = Attributes.TryGetProperty("minReadLength", out var shortest) ? shortest.GetInt64() : null;
            MaxReadLength = Attributes.TryGetProperty("maxReadLength", out var longest) ? longest.GetInt64() : null;
            MinQualityByte = Attributes.TryGetProperty("minQualityByte", out var lowest) ? lowest.GetByte() : null;
            MaxQualityByte = Attributes.TryGetProperty("maxQualityByte", out var highest) ? highest.GetByte() : null;
            QualityEncoding = FastqQuality.Parse(Attributes.GetProperty("qualityEncoding").GetString());
        }
        catch (Exception failure) when (failure is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CorruptIndexException(Source.Uri.Display, "the attributes of a FASTQ index are missing", innerException: failure);
        }

        if (Reads < 0 || Reads > Lines / LinesPerRead || (lineIndex is not null && lineIndex.Lines != Lines))
            throw new CorruptIndexException(Source.Uri.Display, $"{Reads} reads do not fit into {Lines} lines");
        if (markReads.Length != markOffsets.Length || markBases.Length != markOffsets.Length
            || !IsRising(markOffsets, UncompressedSize) || !IsRising(markReads, Reads) || !IsRising(markBases, Bases))
        {
            throw new CorruptIndexException(Source.Uri.Display, "the marks of its FASTQ index contradict each other");
        }
    }

    /// <summary>How the object is compressed.</summary>
    public FastqCompression Compression { get; }

    /// <summary>Where the lines of a compressed object are; null where it is not compressed.</summary>
    public GZipLineIndex? LineIndex { get; }

    /// <summary>Whether a read has more than four lines.</summary>
    public bool IsWrapped { get; }

    /// <summary>Number of reads.</summary>
    public long Reads { get; }

    /// <summary>Number of lines: four a read, unless reads are wrapped, and those empty lines that may follow the last one.</summary>
    public long Lines { get; }

    /// <summary>Number of bases of all reads.</summary>
    public long Bases { get; }

    /// <summary>Bases of the shortest read; null without reads.</summary>
    public long? MinReadLength { get; }

    /// <summary>Bases of the longest read; null without reads.</summary>
    public long? MaxReadLength { get; }

    /// <summary>Bases a read; null without reads.</summary>
    public double? MeanReadLength => Reads > 0 ? (double)Bases / Reads : null;

    /// <summary>The lowest quality byte, 33 to 126; null without bases.</summary>
    public byte? MinQualityByte { get; }

    /// <summary>The highest quality byte, 33 to 126; null without bases.</summary>
    public byte? MaxQualityByte { get; }

    /// <summary>The encoding that the range of quality bytes speaks for, <see cref="FastqQuality.Guess(byte, byte)"/>.</summary>
    public QualityEncoding QualityEncoding { get; }

    /// <summary>Bytes of FASTQ: decompressed, or of the object.</summary>
    public long UncompressedSize => LineIndex?.ContentSize ?? Source.Size;

    /// <summary>Number of gzip members; null of other objects.</summary>
    public long? Members { get; }

    /// <summary>
    /// Slices between cuts: slice i holds the reads from cut i up to, not including, cut i + 1. For strategies of your own.
    /// </summary>
    /// <param name="cuts">Read numbers that never fall, from 0 to <see cref="Reads"/>: one more than slices.</param>
    /// <exception cref="PartitionException">The cuts are not such numbers, or too many.</exception>
    public IReadOnlyList<FastqSlice> Cut(IReadOnlyList<long> cuts)
    {
        LineCuts.Check(cuts, Reads, Source);
        var slices = new FastqSlice[cuts.Count - 1];
        for (var i = 0; i < slices.Length; i++)
        {
            // Empty lines after the last read belong to the last slice, so that the slices are the whole content.
            var slice = new FastqSlice
            {
                Source = Source,
                Index = i,
                Count = slices.Length,
                FirstRead = cuts[i],
                ReadCount = cuts[i + 1] - cuts[i],
                QualityEncoding = QualityEncoding,
                Compression = Compression,
                IsWrapped = IsWrapped,
            };
            slices[i] = LineIndex is not null && !IsWrapped
                ? slice with { Lines = LineIndex.Locate(cuts[i] * LinesPerRead, i == slices.Length - 1 ? Lines : cuts[i + 1] * LinesPerRead) }
                : Locate(slice, isLast: i == slices.Length - 1);
        }

        return slices;
    }

    /// <summary>The read nearest to a place of the content, as well as the marks tell: exact at a mark, in proportion between two. Never
    /// falls while the offset rises.</summary>
    /// <param name="contentOffset">Bytes of content before the place, from 0 to <see cref="UncompressedSize"/>.</param>
    public long ReadNear(long contentOffset) => Interpolate(_markOffsets, UncompressedSize, contentOffset);

    /// <summary>The read nearest to a place in the row of all bases: exact where all reads have one length, and at a mark; in proportion
    /// between two marks. Never falls while the number rises.</summary>
    /// <param name="bases">Bases before the place, from 0 to <see cref="Bases"/>.</param>
    public long ReadNearBase(long bases) =>
        MinReadLength == MaxReadLength && MinReadLength > 0 ? Math.Min(Reads, (bases + MinReadLength.Value - 1) / MinReadLength.Value) : Interpolate(_markBases, Bases, bases);

    internal static async Task<FastqIndex> LoadAsync(SidecarReader sidecar, FastqCompression compression, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sidecar);
        var lines = compression == FastqCompression.None ? null : await GZipLineIndex.LoadAsync(sidecar, cancellationToken).ConfigureAwait(false);
        var offsets = await sidecar.ReadColumnAsync(FastqMarkColumns.Offsets, cancellationToken).ConfigureAwait(false);
        var reads = await sidecar.ReadColumnAsync(FastqMarkColumns.Reads, cancellationToken).ConfigureAwait(false);
        var bases = await sidecar.ReadColumnAsync(FastqMarkColumns.Bases, cancellationToken).ConfigureAwait(false);
        return compression == FastqCompression.GZip
            ? new FastqGZipIndex(sidecar, lines!, offsets, reads, bases)
            : new FastqIndex(sidecar, compression, lines, offsets, reads, bases);
    }

    // From the last mark before its reads to the first one after them; the last slice to the end.
    private FastqSlice Locate(FastqSlice slice, bool isLast)
    {
        var end = slice.FirstRead + slice.ReadCount;
        if (slice.ReadCount == 0 && !isLast)
            return slice with { Content = ContentRange.Of(null, 0, 0) };
        var from = Array.BinarySearch(_markReads, slice.FirstRead);
        from = from >= 0 ? from : ~from - 1;
        var to = Array.BinarySearch(_markReads, end);
        to = to >= 0 ? to : ~to;
        var (start, before) = slice.FirstRead == 0 || from < 0 ? (0, 0) : (_markOffsets[from], _markReads[from]);
        var content = ContentRange.Of(LineIndex, start, isLast || to == _markReads.Length ? UncompressedSize : _markOffsets[to]);
        if (Compression == FastqCompression.Zstd && content.Compressed is { } compressed)
            content = content with { Compressed = compressed with { IsZstd = true } };
        return slice with { Content = content, Skip = slice.FirstRead - before, ToEnd = isLast };
    }

    private long Interpolate(long[] places, long all, long place)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(place);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(place, all);

        // Of several marks at one place the last.
        var after = Array.BinarySearch(places, place + 1);
        after = after >= 0 ? after : ~after;
        while (after > 0 && places[after - 1] > place)
            after--;
        var (from, fromReads) = after > 0 ? (places[after - 1], _markReads[after - 1]) : (0, 0);
        var (to, toReads) = after < places.Length ? (places[after], _markReads[after]) : (all, Reads);
        return to == from ? toReads : fromReads + (long)((Int128)(toReads - fromReads) * (place - from) / (to - from));
    }

    private static bool IsRising(long[] numbers, long all)
    {
        long last = 0;
        foreach (var number in numbers)
        {
            if (number < last || number > all)
                return false;
            last = number;
        }

        return true;
    }
}

/// <summary>The index of FASTQ in gzip, which can be read anywhere and exported.</summary>
internal sealed class FastqGZipIndex(SidecarReader sidecar, GZipLineIndex lineIndex, long[] markOffsets, long[] markReads, long[] markBases)
    : FastqIndex(sidecar, FastqCompression.GZip, lineIndex, markOffsets, markReads, markBases), IGZipIndexed
{
    GZipLineIndex IGZipIndexed.LineIndex => LineIndex!;
}
