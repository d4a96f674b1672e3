using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace Dataplug.Text;

/// <summary>
/// Hands rows to CsvHelper for mapping to objects. It splits nothing itself, so that its rows are exactly the index's rows.
/// </summary>
internal sealed class CsvHelperParser : IParser
{
    private readonly CsvReader _reader;
    private readonly CsvConfiguration _configuration;
    private readonly CancellationToken _cancellationToken;
    private string[]? _header;
    private bool _onHeader;

    public CsvHelperParser(CsvReader reader, bool hasHeader, CancellationToken cancellationToken)
    {
        _reader = reader;
        _cancellationToken = cancellationToken;
        _configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = reader.Delimiter.ToString(),
            HasHeaderRecord = hasHeader,
        };
        _header = hasHeader ? [.. reader.Columns.Names] : null;
        Context = new CsvContext(this);
    }

    public long ByteCount => 0;

    public long CharCount => 0;

    public int Count => _onHeader ? _header!.Length : _reader.FieldCount;

    public string[]? Record => _onHeader ? _header : _reader.GetStrings();

    public string RawRecord => _onHeader ? "" : _reader.GetRawRow();

    public int Row => (int)Math.Min(int.MaxValue, _reader.RowsRead);

    public int RawRow => Row;

    public string Delimiter => _configuration.Delimiter;

    public CsvContext Context { get; }

    public IParserConfiguration Configuration => _configuration;

    public string this[int index] => _onHeader ? _header![index] : _reader.GetString(index);

    public bool Read() => throw new NotSupportedException("Rows are read asynchronously only.");

    public async Task<bool> ReadAsync()
    {
        // The reader has read the header already.
        if (_header is not null && !_onHeader)
        {
            _onHeader = true;
            return true;
        }

        _onHeader = false;
        _header = null;
        return await _reader.MoveNextAsync(_cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
    }
}
