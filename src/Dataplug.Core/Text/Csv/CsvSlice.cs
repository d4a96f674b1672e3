using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using CsvHelper;
using CsvHelper.Configuration;
using Dataplug.Partitioning;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// A piece of a CSV object: whole rows. Opened, it is a CSV file with the object's header; its records are rows. Reading costs
/// one range GET, and one more for headers over 512 bytes; a slice without rows costs none (but for such a header, when it is
/// opened as a file).
/// </summary>
public sealed record CsvSlice : Slice<CsvRow, IReadOnlyList<CsvRow>>
{
    /// <summary>The character between fields.</summary>
    public required char Delimiter { get; init; }

    /// <summary>The character around fields; null when there is none.</summary>
    public required char? Quote { get; init; }

    /// <summary>How bytes become characters.</summary>
    public required TextEncoding Encoding { get; init; }

    /// <summary>Whether the object starts with a UTF-8 byte order mark.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ByteOrderMark { get; init; }

    /// <summary>Whether the object's first row names its columns.</summary>
    public required bool HasHeader { get; init; }

    /// <summary>Bytes of the object before its first row: byte order mark and header.</summary>
    public required long HeaderLength { get; init; }

    /// <summary>These bytes in Base64; null when there are none or more than 512.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Header { get; init; }

    /// <summary>Offset of the first byte of rows that is fetched.</summary>
    public required long Offset { get; init; }

    /// <summary>Number of bytes of rows that are fetched; 0 for a slice without rows.</summary>
    public required long Length { get; init; }

    /// <summary>Number of the first row, counted over the whole object from 0, the header aside.</summary>
    public required long FirstRow { get; init; }

    /// <summary>Number of rows.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows that are fetched before the slice's own and left out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Skip { get; init; }

    /// <summary>Rows that are fetched after the slice's own and left out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Surplus { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => CsvFormat.FormatId;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<ByteRange> Ranges
    {
        get
        {
            if (Index == 0)
                return Length > 0 || FetchesHeader ? [new ByteRange(0, Offset + Length)] : [];
            var rows = new ByteRange(Offset, Length);
            return (FetchesHeader, Length > 0) switch
            {
                (true, true) => [new ByteRange(0, HeaderLength), rows],
                (true, false) => [new ByteRange(0, HeaderLength)],
                (false, true) => [rows],
                _ => [],
            };
        }
    }

    private CsvDialect Dialect => new((byte)Delimiter, (byte?)Quote);

    private bool FetchesHeader => HeaderLength > 0 && Header is null;

    /// <summary>Opens the piece as a CSV file: the object's header, and the slice's rows.</summary>
    /// <inheritdoc/>
    public override async Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default)
    {
        if (Index == 0)
            return OpenFirst();
        if (HeaderLength == 0)
            return OpenRows();
        var header = Header is null
            ? await PinSource().ReadAsync(new ByteRange(0, HeaderLength), cancellationToken).ConfigureAwait(false)
            : Convert.FromBase64String(Header);
        return new PrefixedStream(header, OpenRows());
    }

    /// <inheritdoc/>
    public override Task<Stream> OpenContinuationAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult(Index == 0 ? OpenFirst() : OpenRows());

    /// <summary>Opens the rows as fields of bytes, for those who want few strings.</summary>
    public async Task<CsvReader> OpenReaderAsync(CancellationToken cancellationToken = default)
    {
        // Without rows nothing is worth a request, not even a long header.
        var stream = Length == 0 ? Stream.Null : await OpenReadAsync(cancellationToken).ConfigureAwait(false);
        var reader = new CsvReader(stream, Dialect, Encoding, ByteOrderMark, HasHeader && Length > 0, FirstRow, Source.Uri.Display);
        try
        {
            await reader.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Reads the rows one after another.</summary>
    public override async IAsyncEnumerable<CsvRow> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var reader = await OpenReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.MoveNextAsync(cancellationToken).ConfigureAwait(false))
                yield return reader.GetRow();
        }
    }

    /// <summary>Reads the rows as objects, mapped by CsvHelper: by the header's names, or by attributes or a class map.</summary>
    /// <typeparam name="T">A class or record whose properties or constructor parameters are columns.</typeparam>
    /// <param name="map">Which column goes where; null to go by names (and CsvHelper's attributes).</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="CorruptObjectException">A row does not fit <typeparamref name="T"/>.</exception>
    public async IAsyncEnumerable<T> ReadAsync<T>(ClassMap<T>? map = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Length == 0)
            yield break;
        var reader = await OpenReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            using var records = new CsvHelper.CsvReader(new CsvHelperParser(reader, HasHeader, cancellationToken));
            if (map is not null)
                records.Context.RegisterClassMap(map);
            if (HasHeader && await records.ReadAsync().ConfigureAwait(false))
                records.ReadHeader();
            while (await records.ReadAsync().ConfigureAwait(false))
                yield return Map<T>(records, reader);
        }
    }

    /// <summary>Reads all rows into memory.</summary>
    public override async Task<IReadOnlyList<CsvRow>> GetAsync(CancellationToken cancellationToken = default)
    {
        var rows = new List<CsvRow>();
        await foreach (var row in ReadAsync(cancellationToken).ConfigureAwait(false))
            rows.Add(row);
        return rows;
    }

    private T Map<T>(CsvHelper.CsvReader records, CsvReader reader)
    {
        try
        {
            return records.GetRecord<T>();
        }
        catch (CsvHelperException e)
        {
            var problem = e is CsvHelper.TypeConversion.TypeConverterException { Text: var text } && records.CurrentIndex >= 0
                ? $"field {records.CurrentIndex} is '{text}'"
                : e.Message.Split('\r', '\n')[0].TrimEnd('.');
            throw new CorruptObjectException(
                Source.Uri.Display,
                $"row {reader.RowNumber} does not fit {typeof(T).Name}: {problem}",
                "Read the rows as CsvRow, or map them by a class map that fits.",
                innerException: e);
        }
    }

    /// <summary>The header and the rows of the first slice are neighbours.</summary>
    private Stream OpenFirst()
    {
        if (Offset + Length == 0)
            return Stream.Null;
        if (Length == 0 && Header is not null)
            return new MemoryStream(Convert.FromBase64String(Header), writable: false);
        var bytes = PinSource().OpenRead(new ByteRange(0, Offset + Length));
        return Surplus == 0
            ? bytes
            : new RecordWindowStream(bytes, new CsvRowStartFinder(Dialect, ByteOrderMark ? Text.ByteOrderMark.Utf8Length : 0), 0, Rows + (HasHeader ? 1 : 0));
    }

    private Stream OpenRows()
    {
        if (Length == 0)
            return Stream.Null;
        var bytes = PinSource().OpenRead(new ByteRange(Offset, Length));
        return Skip == 0 && Surplus == 0 ? bytes : new RecordWindowStream(bytes, new CsvRowStartFinder(Dialect, 0), Skip, Rows);
    }
}
