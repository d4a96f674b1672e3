using Dataplug.Compression;
using Dataplug.Metadata;

namespace Dataplug.Text;

/// <summary>
/// Where the lines of a gzip object's content are: a few places at which inflating can begin (access points), many at which it
/// can end (marks), each with the number of lines before it. Answers which stored bytes a run of lines needs.
/// </summary>
/// <remarks>
/// Columns of the sidecar (docs/formats/gzip-text.md): <c>marks.bit</c>, <c>marks.output</c>, <c>marks.line</c>, and the same
/// three of <c>windows</c>, each with its lead-in <c>windows.lead</c> and the blob number <c>windows.blob</c>. Marks are at most
/// <see cref="GZipMarkColumns.Limit"/>, whatever the size of the object.
/// </remarks>
public sealed class GZipLineIndex
{
    private const int MemberStart = -1;

    // Where reading can end.
    private readonly GZipMarkColumns _marks;

    // Where reading can begin: member starts among the marks, and access points with a window.
    private readonly Entry[] _entries;
    private readonly BlobTable? _blobs;

    /// <summary>An access point.</summary>
    /// <param name="Bit">Its place in the object, in bits.</param>
    /// <param name="Output">Bytes of content before it.</param>
    /// <param name="LeadIn">Bytes of output after it that can't be had.</param>
    /// <param name="Key">The key of the place where its lead-in ends.</param>
    /// <param name="Window">The number of its window's blob, or <see cref="MemberStart"/>.</param>
    private readonly record struct Entry(long Bit, long Output, int LeadIn, long Key, int Window);

    private GZipLineIndex(GZipMarkColumns marks, GZipMarkColumns windows, long[] leadIns, long[] blobNumbers, BlobTable? blobs, long storedSize, long storedEnd, bool isSalvaged, long lines, long contentSize)
    {
        _marks = marks;
        _blobs = blobs;
        StoredSize = storedSize;
        StoredEnd = storedEnd;
        IsSalvaged = isSalvaged;
        Lines = lines;
        ContentSize = contentSize;
        CheckMarks();

        var entries = new List<Entry>(windows.Count + 1);
        int m = 0, w = 0;
        long lastEnd = -1;
        while (m < marks.Count || w < windows.Count)
        {
            Entry entry;
            if (w < windows.Count && (m == marks.Count || windows.Bits[w] <= marks.Bits[m]))
            {
                if (leadIns[w] is < 0 or > GzipScanOptions.MaxLeadIn)
                    throw new InvalidDataException();
                entry = new Entry(windows.Bits[w], windows.Outputs[w], (int)leadIns[w], GZipMarkColumns.KeyOf(windows.Lines[w]), checked((int)blobNumbers[w]));
                w++;
            }
            else
            {
                var i = m++;
                if (!GZipMarkColumns.IsMemberStart(marks.Lines[i]))
                    continue;
                entry = new Entry(marks.Bits[i], marks.Outputs[i], 0, GZipMarkColumns.KeyOf(marks.Lines[i]), MemberStart);
            }

            // Output can be had from each access point at or after the end of the lead-in of the one before.
            var end = entry.Output + entry.LeadIn;
            if (entries.Count > 0 && (entry.Bit <= entries[^1].Bit || entry.Output < lastEnd || entry.Key < entries[^1].Key))
                throw new InvalidDataException();
            if (end > ContentSize || entry.Bit >> 3 > StoredEnd || entry.Key > (2 * Lines) + 1)
                throw new InvalidDataException();
            entries.Add(entry);
            lastEnd = end;
        }

        if (entries.Count == 0 || entries[0] != new Entry(0, 0, 0, 0, MemberStart))
            throw new InvalidDataException();
        _entries = [.. entries];
    }

    /// <summary>Size of the stored object in bytes.</summary>
    public long StoredSize { get; }

    /// <summary>Bytes of the stored object that hold the content: all of it, or fewer where the bytes after the compressed data are
    /// ignored, or where the object was indexed up to its damage. No slice reads beyond.</summary>
    public long StoredEnd { get; }

    /// <summary>Whether the object is damaged and was indexed up to its damage (<see cref="GZipLineOptions.Salvage"/>).</summary>
    public bool IsSalvaged { get; }

    /// <summary>Number of lines: line feeds, and one more where the content does not end with one.</summary>
    public long Lines { get; }

    /// <summary>Bytes of decompressed content.</summary>
    public long ContentSize { get; }

    /// <summary>Number of places at which reading can begin.</summary>
    public int AccessPointCount => _entries.Length;

    /// <summary>Number of places at which reading can end.</summary>
    public int MarkCount => _marks.Count;

    /// <summary>The most stored bytes beside its own that a run of lines fetches (law 4): the widest span from an access point to
    /// where the next one's lead-in ends, plus the widest between two marks.</summary>
    public long MaxOverread
    {
        get
        {
            long entrySpan = 0, markSpan = 0;
            for (var i = 0; i < _entries.Length; i++)
                entrySpan = Math.Max(entrySpan, (i + 1 < _entries.Length ? LeadInEnd(_entries[i + 1]) : StoredEnd) - (_entries[i].Bit >> 3));
            var bits = _marks.Bits;
            for (var i = 0; i < bits.Length; i++)
                markSpan = Math.Max(markSpan, (i + 1 < bits.Length ? (bits[i + 1] >> 3) + 1 : StoredEnd) - (bits[i] >> 3));
            return entrySpan + markSpan;
        }
    }

    /// <summary>Loads the columns, not the windows.</summary>
    /// <exception cref="CorruptIndexException">Columns are missing or contradict each other.</exception>
    public static async Task<GZipLineIndex> LoadAsync(SidecarReader sidecar, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sidecar);
        var marks = await GZipMarkColumns.ReadAsync(sidecar, "marks", cancellationToken).ConfigureAwait(false);
        var windows = await GZipMarkColumns.ReadAsync(sidecar, "windows", cancellationToken).ConfigureAwait(false);
        var leadIns = await sidecar.ReadColumnAsync("windows.lead", cancellationToken).ConfigureAwait(false);
        var numbers = await sidecar.ReadColumnAsync("windows.blob", cancellationToken).ConfigureAwait(false);
        var totals = await sidecar.ReadColumnAsync("totals", cancellationToken).ConfigureAwait(false);
        var blobs = numbers.Length > 0 ? await sidecar.ReadBlobTableAsync("windows", cancellationToken).ConfigureAwait(false) : null;
        var size = sidecar.Header.Source.Size;
        var end = sidecar.HasSection("end") ? await sidecar.ReadColumnAsync("end", cancellationToken).ConfigureAwait(false) : [size, 0];
        var name = sidecar.Header.Source.Uri.Display;
        if (totals.Length != 2 || numbers.Length != windows.Count || leadIns.Length != windows.Count || totals[0] < 0 || totals[1] < 0
            || end.Length != 2 || end[0] < 0 || end[0] > size || end[1] is not (0 or 1)
            || numbers.Any(number => number < 0 || number >= blobs!.Count))
        {
            throw Corrupt(name);
        }

        try
        {
            return new GZipLineIndex(marks, windows, leadIns, numbers, blobs, size, end[0], end[1] == 1, totals[0], totals[1]);
        }
        catch (InvalidDataException)
        {
            throw Corrupt(name);
        }
    }

    /// <summary>What is needed to read a run of lines. Costs no read.</summary>
    /// <param name="firstLine">Number of the first line, from 0.</param>
    /// <param name="endLine">Number of the line after the last; with <see cref="Lines"/> the run goes to the end of the object.</param>
    /// <exception cref="ArgumentOutOfRangeException">The lines are not all there.</exception>
    public GZipLineRange Locate(long firstLine, long endLine)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstLine);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstLine, endLine);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(endLine, Lines);
        if (firstLine == endLine)
            return GZipLineRange.Empty(firstLine);

        var entry = _entries[LastEntryAtOrBefore(2 * firstLine)];
        var isMemberStart = entry.Window == MemberStart;
        var toEnd = endLine == Lines;
        return new GZipLineRange
        {
            FirstLine = firstLine,
            LineCount = endLine - firstLine,
            Start = entry.Bit >> 3,
            BitOffset = (int)(entry.Bit & 7),
            IsMemberStart = isMemberStart,
            Window = isMemberStart ? null : _blobs![entry.Window],
            LeadIn = entry.LeadIn,
            SkipLines = firstLine - (entry.Key >> 1),
            End = toEnd ? StoredEnd : EndAfter(2 * endLine),
            ToEnd = toEnd,
            ContentLength = toEnd && EndsEarly ? ContentSize - entry.Output : null,
            IsSalvaged = toEnd && IsSalvaged,
        };
    }

    /// <summary>What is needed to read a run of bytes of the content. Costs no read.</summary>
    /// <param name="start">Bytes of content before it.</param>
    /// <param name="end">Bytes of content before what comes after it; with <see cref="ContentSize"/> it goes to the end of the object.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes are not all there.</exception>
    public GZipContentRange LocateContent(long start, long end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, end);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, ContentSize);
        if (start == end)
            return new GZipContentRange { Offset = start, Length = 0, Start = 0, End = 0 };
        var point = AccessPointBefore(start);
        var toEnd = end == ContentSize;
        return new GZipContentRange
        {
            Offset = start,
            Length = end - start,
            Start = point.BitOffset >> 3,
            BitOffset = (int)(point.BitOffset & 7),
            IsMemberStart = point.Window is null,
            Window = point.Window,
            Skip = start - point.ContentOffset,
            End = toEnd ? StoredEnd : StoredEndAfter(end),
            ToEnd = toEnd,
            IsSalvaged = toEnd && IsSalvaged,
        };
    }

    /// <summary>
    /// The line nearest to a place of the content, as well as the marks tell: exact at a mark, in proportion between two.
    /// Never falls while the offset rises.
    /// </summary>
    /// <param name="contentOffset">Bytes of content before the place, 0 to <see cref="ContentSize"/>.</param>
    public long LineNear(long contentOffset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(contentOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(contentOffset, ContentSize);
        var outputs = _marks.Outputs;
        var after = Ascending.FirstAtLeast(outputs, contentOffset + 1);
        var (fromOffset, fromLine) = after > 0 ? (outputs[after - 1], LineFrom(KeyOf(after - 1))) : (0, 0);
        var (toOffset, toLine) = after < outputs.Length ? (outputs[after], LineFrom(KeyOf(after))) : (ContentSize, Lines);
        toLine = Math.Min(toLine, Lines);
        return toOffset == fromOffset
            ? toLine
            : Math.Min(toLine, fromLine + (long)(((Int128)(toLine - fromLine) * (contentOffset - fromOffset)) / (toOffset - fromOffset)));
    }

    /// <summary>An access point.</summary>
    /// <param name="number">Its number, from 0 to <see cref="AccessPointCount"/> − 1, in the order of the object.</param>
    internal GZipAccessPoint AccessPoint(int number)
    {
        var entry = _entries[number];
        return new GZipAccessPoint(entry.Bit, entry.Output, entry.LeadIn, entry.Key >> 1, entry.Window == MemberStart ? null : _blobs![entry.Window]);
    }

    /// <summary>The last access point from which a place of the content can be had.</summary>
    /// <param name="contentOffset">Bytes of content before the place, ≥ 0.</param>
    internal GZipAccessPoint AccessPointBefore(long contentOffset)
    {
        int low = 0, high = _entries.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_entries[middle].Output + _entries[middle].LeadIn <= contentOffset)
                low = middle + 1;
            else
                high = middle;
        }

        return AccessPoint(low - 1);
    }

    /// <summary>The first mark at or after a place of the content, as an access point without a window; null where there is none,
    /// or where it is the start of a member.</summary>
    /// <param name="contentOffset">Bytes of content before the place.</param>
    internal (long Bit, long ContentOffset, long LineFeeds)? MarkAfter(long contentOffset)
    {
        var mark = Ascending.FirstAtLeast(_marks.Outputs, contentOffset);
        return mark == _marks.Count || GZipMarkColumns.IsMemberStart(_marks.Lines[mark])
            ? null
            : (_marks.Bits[mark], _marks.Outputs[mark], KeyOf(mark) >> 1);
    }

    /// <summary>How many stored bytes hold all of the content before a place: up to the first mark at or after it.</summary>
    /// <param name="contentOffset">Bytes of content before the place.</param>
    internal long StoredEndAfter(long contentOffset)
    {
        var mark = Ascending.FirstAtLeast(_marks.Outputs, contentOffset);
        return mark < _marks.Count ? Math.Min(StoredEnd, (_marks.Bits[mark] + 7) >> 3) : StoredEnd;
    }

    private bool EndsEarly => IsSalvaged || StoredEnd < StoredSize;

    // A key is twice the number of line feeds before a place, plus 1 inside a line: line n begins at or after a place exactly
    // when the place's key is at most 2 n, and it ends at or before the place exactly when the key is at least 2 (n + 1).
    private static long LineFrom(long key) => (key + 1) >> 1;

    private static CorruptIndexException Corrupt(string name) => new(name, "the columns of its line index contradict each other");

    private long KeyOf(int mark) => GZipMarkColumns.KeyOf(_marks.Lines[mark]);

    // The stored byte after which the output from the end of an access point's lead-in on comes: at the first mark after it, at the latest.
    private long LeadInEnd(in Entry entry)
    {
        if (entry.LeadIn == 0)
            return (entry.Bit >> 3) + 1;
        var mark = Ascending.FirstAtLeast(_marks.Outputs, entry.Output + entry.LeadIn);
        return mark < _marks.Count ? (_marks.Bits[mark] >> 3) + 1 : StoredEnd;
    }

    private int LastEntryAtOrBefore(long key)
    {
        int low = 0, high = _entries.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_entries[middle].Key <= key)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }

    // Keys rise like packed lines: those whose key is at least k are those that are at least 2 k.
    private long EndAfter(long key)
    {
        var mark = Ascending.FirstAtLeast(_marks.Lines, 2 * key);
        return mark < _marks.Count ? Math.Min(StoredEnd, (_marks.Bits[mark] + 7) >> 3) : StoredEnd;
    }

    private void CheckMarks()
    {
        var bits = _marks.Bits;
        var outputs = _marks.Outputs;
        var count = bits.Length;
        if (count == 0 || bits[^1] >> 3 > StoredEnd || outputs[^1] > ContentSize || KeyOf(count - 1) > (2 * Lines) + 1 || bits[0] != 0 || outputs[0] != 0)
            throw new InvalidDataException();
        for (var i = 1; i < count; i++)
        {
            if (bits[i] <= bits[i - 1] || outputs[i] < outputs[i - 1] || KeyOf(i) < KeyOf(i - 1))
                throw new InvalidDataException();
        }
    }
}
