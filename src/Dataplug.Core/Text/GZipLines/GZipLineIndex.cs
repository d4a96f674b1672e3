using Dataplug.Metadata;

namespace Dataplug.Text;

/// <summary>
/// Where the lines of a gzip object's content are: a few places at which inflating can begin (access points), many at which it
/// can end (marks), each with the number of lines before it. Answers which stored bytes a run of lines needs.
/// </summary>
/// <remarks>
/// Columns of the sidecar (docs/formats/gzip-text.md): <c>marks.bit</c>, <c>marks.output</c>, <c>marks.line</c>, and the same
/// three of <c>windows</c>, each with the blob number <c>windows.blob</c>. Marks are at most
/// <see cref="GZipMarkColumns.Limit"/>, whatever the size of the object.
/// </remarks>
public sealed class GZipLineIndex
{
    private const int NoEntry = -2;
    private const int MemberStart = -1;

    // Marks and access points with windows, merged in the order of the object; an access point that is also a mark is there once.
    private readonly long[] _bits;
    private readonly long[] _outputs;
    private readonly long[] _keys;
    private readonly int[] _windows;

    // The places at which inflating can begin, as indexes into the arrays above.
    private readonly int[] _entries;
    private readonly BlobTable? _blobs;

    private GZipLineIndex(GZipMarkColumns marks, GZipMarkColumns windows, long[] blobNumbers, BlobTable? blobs, long storedSize, long lines, long contentSize)
    {
        var capacity = marks.Count + windows.Count;
        _bits = new long[capacity];
        _outputs = new long[capacity];
        _keys = new long[capacity];
        _windows = new int[capacity];
        _blobs = blobs;
        StoredSize = storedSize;
        Lines = lines;
        ContentSize = contentSize;

        int m = 0, w = 0, count = 0;
        while (m < marks.Count || w < windows.Count)
        {
            var takeWindow = m == marks.Count || (w < windows.Count && windows.Bits[w] <= marks.Bits[m]);
            var from = takeWindow ? windows : marks;
            var i = takeWindow ? w : m;
            _bits[count] = from.Bits[i];
            _outputs[count] = from.Outputs[i];
            _keys[count] = GZipMarkColumns.KeyOf(from.Lines[i]);
            _windows[count] = takeWindow ? checked((int)blobNumbers[i]) : GZipMarkColumns.IsMemberStart(from.Lines[i]) ? MemberStart : NoEntry;
            count++;
            if (takeWindow)
            {
                if (m < marks.Count && marks.Bits[m] == windows.Bits[w])
                    m++;
                w++;
            }
            else
            {
                m++;
            }
        }

        Array.Resize(ref _bits, count);
        Array.Resize(ref _outputs, count);
        Array.Resize(ref _keys, count);
        Array.Resize(ref _windows, count);
        _entries = [.. Enumerable.Range(0, count).Where(i => _windows[i] != NoEntry)];
        Check();
    }

    /// <summary>Size of the stored object in bytes.</summary>
    public long StoredSize { get; }

    /// <summary>Number of lines: line feeds, and one more where the content does not end with one.</summary>
    public long Lines { get; }

    /// <summary>Bytes of decompressed content.</summary>
    public long ContentSize { get; }

    /// <summary>Number of places at which reading can begin.</summary>
    public int AccessPointCount => _entries.Length;

    /// <summary>Number of places at which reading can end, access points included.</summary>
    public int MarkCount => _bits.Length;

    /// <summary>The most stored bytes beside its own that a run of lines fetches: the widest gap between two access points plus
    /// the widest between two marks (law 4).</summary>
    public long MaxOverread
    {
        get
        {
            long entryGap = 0, markGap = 0;
            for (var i = 0; i < _entries.Length; i++)
                entryGap = Math.Max(entryGap, (i + 1 < _entries.Length ? (_bits[_entries[i + 1]] >> 3) + 1 : StoredSize) - (_bits[_entries[i]] >> 3));
            for (var i = 0; i < _bits.Length; i++)
                markGap = Math.Max(markGap, (i + 1 < _bits.Length ? (_bits[i + 1] >> 3) + 1 : StoredSize) - (_bits[i] >> 3));
            return entryGap + markGap;
        }
    }

    /// <summary>Loads the columns, not the windows.</summary>
    /// <exception cref="CorruptIndexException">Columns are missing or contradict each other.</exception>
    public static async Task<GZipLineIndex> LoadAsync(SidecarReader sidecar, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sidecar);
        var marks = await GZipMarkColumns.ReadAsync(sidecar, "marks", cancellationToken).ConfigureAwait(false);
        var windows = await GZipMarkColumns.ReadAsync(sidecar, "windows", cancellationToken).ConfigureAwait(false);
        var numbers = await sidecar.ReadColumnAsync("windows.blob", cancellationToken).ConfigureAwait(false);
        var totals = await sidecar.ReadColumnAsync("totals", cancellationToken).ConfigureAwait(false);
        var blobs = numbers.Length > 0 ? await sidecar.ReadBlobTableAsync("windows", cancellationToken).ConfigureAwait(false) : null;
        var name = sidecar.Header.Source.Uri.Display;
        if (totals.Length != 2 || numbers.Length != windows.Count || totals[0] < 0 || totals[1] < 0
            || numbers.Any(number => number < 0 || number >= blobs!.Count))
        {
            throw Corrupt(name);
        }

        try
        {
            return new GZipLineIndex(marks, windows, numbers, blobs, sidecar.Header.Source.Size, totals[0], totals[1]);
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
        var window = _windows[entry];
        var toEnd = endLine == Lines;
        return new GZipLineRange
        {
            FirstLine = firstLine,
            LineCount = endLine - firstLine,
            Start = _bits[entry] >> 3,
            BitOffset = (int)(_bits[entry] & 7),
            IsMemberStart = window == MemberStart,
            Window = window == MemberStart ? null : _blobs![window],
            SkipLines = firstLine - (_keys[entry] >> 1),
            End = toEnd ? StoredSize : EndAfter(2 * endLine),
            ToEnd = toEnd,
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
        var after = Ascending.FirstAtLeast(_outputs, contentOffset + 1);
        var (fromOffset, fromLine) = after > 0 ? (_outputs[after - 1], LineFrom(_keys[after - 1])) : (0, 0);
        var (toOffset, toLine) = after < _outputs.Length ? (_outputs[after], LineFrom(_keys[after])) : (ContentSize, Lines);
        toLine = Math.Min(toLine, Lines);
        return toOffset == fromOffset
            ? toLine
            : Math.Min(toLine, fromLine + (long)(((Int128)(toLine - fromLine) * (contentOffset - fromOffset)) / (toOffset - fromOffset)));
    }

    /// <summary>An access point.</summary>
    /// <param name="number">Its number, from 0 to <see cref="AccessPointCount"/> − 1, in the order of the object.</param>
    internal GZipAccessPoint AccessPoint(int number)
    {
        var place = _entries[number];
        var window = _windows[place];
        return new GZipAccessPoint(_bits[place], _outputs[place], _keys[place] >> 1, window == MemberStart ? null : _blobs![window]);
    }

    /// <summary>The last access point at or before a place of the content.</summary>
    /// <param name="contentOffset">Bytes of content before the place, ≥ 0.</param>
    internal GZipAccessPoint AccessPointBefore(long contentOffset)
    {
        int low = 0, high = _entries.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_outputs[_entries[middle]] <= contentOffset)
                low = middle + 1;
            else
                high = middle;
        }

        return AccessPoint(low - 1);
    }

    /// <summary>How many stored bytes hold all of the content before a place: up to the first mark at or after it.</summary>
    /// <param name="contentOffset">Bytes of content before the place.</param>
    internal long StoredEndAfter(long contentOffset)
    {
        var mark = Ascending.FirstAtLeast(_outputs, contentOffset);
        return mark < _bits.Length ? Math.Min(StoredSize, (_bits[mark] + 7) >> 3) : StoredSize;
    }

    // A key is twice the number of line feeds before a place, plus 1 inside a line: line n begins at or after a place exactly
    // when the place's key is at most 2 n, and it ends at or before the place exactly when the key is at least 2 (n + 1).
    private static long LineFrom(long key) => (key + 1) >> 1;

    private static CorruptIndexException Corrupt(string name) => new(name, "the columns of its line index contradict each other");

    private int LastEntryAtOrBefore(long key)
    {
        int low = 0, high = _entries.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_keys[_entries[middle]] <= key)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }

    private long EndAfter(long key)
    {
        var mark = Ascending.FirstAtLeast(_keys, key);
        return mark < _bits.Length ? Math.Min(StoredSize, (_bits[mark] + 7) >> 3) : StoredSize;
    }

    private void Check()
    {
        if (_entries.Length == 0 || _entries[0] != 0 || _bits[0] != 0 || _outputs[0] != 0 || _keys[0] != 0 || _bits[^1] >> 3 > StoredSize || _outputs[^1] > ContentSize || _keys[^1] > (2 * Lines) + 1)
            throw new InvalidDataException();
        for (var i = 1; i < _bits.Length; i++)
        {
            if (_bits[i] <= _bits[i - 1] || _outputs[i] < _outputs[i - 1] || _keys[i] < _keys[i - 1])
                throw new InvalidDataException();
        }
    }
}
