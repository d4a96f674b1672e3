using System.Globalization;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Reads the records of VCF text as spans, without allocation per record: fill, take what is there, fill again.
/// <code>
/// while (await reader.FillAsync(cancellationToken))
///     while (reader.TryRead(out var record))
///         count += record.Ref.Length;
/// </code>
/// </summary>
/// <remarks>Header lines are passed over, and empty lines at the end. LF or CRLF; the last line end is optional. Owns the stream. Not
/// for use by several threads at once.</remarks>
public sealed class VcfReader : IAsyncDisposable, IDisposable
{
    /// <summary>The largest line in bytes: 512 MiB.</summary>
    public const int MaxLineLength = 512 << 20;

    private readonly ReadBuffer _bytes;
    private readonly VcfReaderOptions _options;

    // Bytes not taken that are known to hold no line feed.
    private int _searched;
    private bool _sawEmpty;

    /// <summary>Reads from a stream of VCF text, with or without a header.</summary>
    public VcfReader(Stream stream, VcfReaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _bytes = new ReadBuffer(stream);
        _options = options ?? new VcfReaderOptions();
    }

    /// <summary>Records taken so far.</summary>
    public long RecordsRead { get; private set; }

    /// <summary>Fetches more bytes. Take the records that are there before.</summary>
    /// <returns>False when there is nothing left.</returns>
    /// <exception cref="UnsupportedFormatException">A line is larger than <see cref="MaxLineLength"/>.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken = default)
    {
        if (_bytes.Ended)
            return !_bytes.Unread.IsEmpty;
        if (_bytes.IsToGrow && _bytes.Capacity >= 2 * (long)MaxLineLength)
            throw new UnsupportedFormatException(_options.Source, $"a line is longer than {MaxLineLength} bytes", "Read the slice as a stream of bytes instead.", _options.ByteOffset);
        await _bytes.FillAsync(cancellationToken).ConfigureAwait(false);
        return !_bytes.Unread.IsEmpty;
    }

    /// <summary>Takes the next record of what was fetched.</summary>
    /// <param name="record">The record; valid until the next <see cref="FillAsync"/>.</param>
    /// <returns>False when more must be fetched first, or all is read.</returns>
    /// <exception cref="CorruptObjectException">The bytes are not VCF.</exception>
    public bool TryRead(out VcfRecordView record)
    {
        record = default;
        while (TryLine(out var line))
        {
            if (line.IsEmpty)
            {
                _sawEmpty = true;
                continue;
            }

            if (line[0] == (byte)'#')
                continue;
            if (_sawEmpty)
                throw Corrupt("there is an empty line before it; empty lines may only come at the end");
            if (VcfFields.Parse(line, out var fields) is { } problem)
                throw Corrupt(problem);
            RecordsRead++;
            record = new VcfRecordView(line, fields);
            return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _searched = 0;
        return _bytes.DisposeAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _searched = 0;
        _bytes.Dispose();
    }

    private bool TryLine(out ReadOnlySpan<byte> line)
    {
        line = _bytes.Unread;
        var feed = line[_searched..].IndexOf((byte)'\n');
        if (feed < 0)
        {
            _searched = line.Length;
            if (!_bytes.Ended || line.IsEmpty)
                return false;
            _bytes.Take(line.Length);
        }
        else
        {
            line = line[..(_searched + feed)];
            _bytes.Take(line.Length + 1);
        }

        _searched = 0;
        if (line.EndsWith("\r"u8))
            line = line[..^1];
        return true;
    }

    private CorruptObjectException Corrupt(string problem)
    {
        var name = _options.FirstRecord is { } first
            ? string.Create(CultureInfo.InvariantCulture, $"record {first + RecordsRead + 1}")
            : string.Create(CultureInfo.InvariantCulture, $"record {RecordsRead + 1} of what is read");
        return new CorruptObjectException(_options.Source, $"{name}: {problem}", byteOffset: _options.ByteOffset);
    }
}
