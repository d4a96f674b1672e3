using System.Text;

namespace Dataplug.Text;

/// <summary>
/// Reads the rows of a slice, field by field; only what is asked for becomes strings. Memory is bounded by the longest row.
/// </summary>
/// <example><code>
/// await using var reader = await slice.OpenReaderAsync();
/// while (await reader.MoveNextAsync())
///     total += reader.GetField(2).Length;
/// </code></example>
public sealed class CsvReader : IAsyncDisposable
{
    private readonly RecordBuffer _bytes;
    private readonly CsvFields _fields;
    private readonly Encoding _encoding;
    private readonly string _source;
    private readonly long _firstRow;
    private bool _headerAhead;
    private int _toIgnore;
    private ReadOnlyMemory<byte> _row;

    internal CsvReader(Stream stream, CsvDialect dialect, TextEncoding encoding, bool byteOrderMark, bool hasHeader, long firstRow, string source)
    {
        _bytes = new RecordBuffer(stream, source);
        _fields = new CsvFields(dialect);
        _encoding = encoding.ToEncoding();
        _source = source;
        _firstRow = firstRow;
        _headerAhead = hasHeader;
        _toIgnore = byteOrderMark ? ByteOrderMark.Utf8Length : 0;
        Delimiter = (char)dialect.Delimiter;
        RowNumber = firstRow - 1;
    }

    /// <summary>The names of the columns.</summary>
    public CsvColumnNames Columns { get; private set; } = new(null);

    /// <summary>Number of the row, counted over the whole object from 0, the header aside.</summary>
    public long RowNumber { get; private set; }

    /// <summary>Number of fields of the row.</summary>
    public int FieldCount => _fields.Count;

    internal char Delimiter { get; }

    internal long RowsRead => RowNumber - _firstRow + 1;

    /// <summary>Goes to the next row; blank lines are none.</summary>
    /// <returns>False at the end of the slice.</returns>
    /// <exception cref="UnsupportedFormatException">A row is longer than 1 GiB.</exception>
    public ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default)
    {
        if (_toIgnore > 0 || !TryTake())
            return MoveNextSlowAsync(cancellationToken);
        RowNumber++;
        return ValueTask.FromResult(true);
    }

    /// <summary>The bytes of a field, quotes included; valid until the next <see cref="MoveNextAsync"/>.</summary>
    /// <param name="index">Number of the field, from 0 to <see cref="FieldCount"/> − 1.</param>
    public ReadOnlySpan<byte> GetField(int index)
    {
        CheckIndex(index);
        return _fields.GetRaw(_row.Span, index);
    }

    /// <summary>A field's value, quotes and doubling removed.</summary>
    /// <param name="index">Number of the field, from 0 to <see cref="FieldCount"/> − 1.</param>
    public string GetString(int index)
    {
        CheckIndex(index);
        return _fields.GetString(_row.Span, index, _encoding);
    }

    /// <summary>The whole row.</summary>
    public CsvRow GetRow() => new(GetStrings(), Columns, RowNumber);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _bytes.DisposeAsync();

    internal string[] GetStrings()
    {
        var strings = new string[FieldCount];
        for (var i = 0; i < strings.Length; i++)
            strings[i] = _fields.GetString(_row.Span, i, _encoding);
        return strings;
    }

    internal string GetRawRow() => _encoding.GetString(_row.Span);

    internal async ValueTask ReadHeaderAsync(CancellationToken cancellationToken)
    {
        if (!_headerAhead)
            return;
        _headerAhead = false;
        if (await MoveNextAsync(cancellationToken).ConfigureAwait(false))
            Columns = new CsvColumnNames(GetStrings());
        RowNumber = _firstRow - 1;
    }

    private async ValueTask<bool> MoveNextSlowAsync(CancellationToken cancellationToken)
    {
        while (_toIgnore > 0)
        {
            if (_bytes.Unread.IsEmpty)
            {
                if (_bytes.Ended)
                    return false;
                await _bytes.FillAsync(cancellationToken).ConfigureAwait(false);
            }

            var ignored = Math.Min(_toIgnore, _bytes.Unread.Length);
            _bytes.Take(ignored);
            _toIgnore -= ignored;
        }

        while (!TryTake())
        {
            if (_bytes.Ended)
                return false;
            await _bytes.FillAsync(cancellationToken).ConfigureAwait(false);
        }

        RowNumber++;
        return true;
    }

    private bool TryTake()
    {
        _bytes.Take(CsvSample.SkipLineEnds(_bytes.Unread));
        var unread = _bytes.Unread;
        if (unread.IsEmpty)
            return false;
        var length = _fields.Split(unread, _bytes.Ended);
        if (length == CsvFields.Unterminated)
            throw new CorruptObjectException(_source, $"a quoted field is never closed in row {RowNumber + 1}");
        if (length < 0)
            return false;
        _row = _bytes.Take(length);
        return true;
    }

    private void CheckIndex(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, FieldCount);
    }
}
