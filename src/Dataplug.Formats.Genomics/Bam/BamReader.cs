using System.Buffers.Binary;
using System.Globalization;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Reads the records of BAM as spans, without allocation per record: fill, take what is there, fill again.
/// <code>
/// while (await reader.FillAsync(cancellationToken))
///     while (reader.TryRead(out var record))
///         mapped += record.IsMapped ? 1 : 0;
/// </code>
/// </summary>
/// <remarks>Owns the stream. Not for use by several threads at once.</remarks>
public sealed class BamReader : IAsyncDisposable, IDisposable
{
    /// <summary>The largest record, in bytes: 256 MiB.</summary>
    public const int MaxRecordLength = BamLayout.MaxRecordLength;

    private const int SizeLength = 4;

    private readonly ReadBuffer _bytes;
    private readonly BamReaderOptions _options;
    private readonly BamOverlap? _overlap;
    private readonly int _references;
    private readonly long _end;
    private long _skip;
    private long _number;
    private bool _done;

    /// <summary>Reads from a stream of decompressed records, without a header before them.</summary>
    public BamReader(Stream stream, BamReaderOptions? options = null)
        : this(stream, options, null)
    {
    }

    internal BamReader(Stream stream, BamReaderOptions? options, BamSelection? selection)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _bytes = new ReadBuffer(stream);
        _options = options ?? new BamReaderOptions();
        _references = _options.Header?.References.Count ?? int.MaxValue;
        _overlap = selection?.Overlap;
        _skip = selection?.Skip ?? 0;
        _end = selection?.Take is { } take ? _skip + take : long.MaxValue;
        _done = _end == _skip;
    }

    /// <summary>Records taken so far.</summary>
    public long RecordsRead { get; private set; }

    /// <summary>Fetches more bytes. Take the records that are there before.</summary>
    /// <returns>False when there is nothing left.</returns>
    /// <exception cref="CorruptObjectException">The stream ended in the middle of a record.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken = default)
    {
        if (_done)
            return false;
        if (_bytes.Ended)
            return _bytes.Unread.IsEmpty ? false : throw Corrupt("ends before it is complete");
        await _bytes.FillAsync(cancellationToken).ConfigureAwait(false);
        return !_bytes.Unread.IsEmpty;
    }

    /// <summary>Takes the next record of what was fetched.</summary>
    /// <param name="record">The record; valid until the next <see cref="FillAsync"/>.</param>
    /// <returns>False when more must be fetched first, or all is read.</returns>
    /// <exception cref="CorruptObjectException">The bytes are no records.</exception>
    /// <exception cref="UnsupportedFormatException">A record is larger than <see cref="MaxRecordLength"/>.</exception>
    public bool TryRead(out BamRecordView record)
    {
        while (!_done && TryTake(out var bytes))
        {
            if (_skip > 0)
            {
                _skip--;
                continue;
            }

            if (_overlap is not null && !_overlap.Holds(bytes))
            {
                _done = _overlap.IsBehind(bytes);
                continue;
            }

            RecordsRead++;
            _done = _number == _end;
            record = new BamRecordView(bytes, _options);
            return true;
        }

        record = default;
        return false;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _done = true;
        return _bytes.DisposeAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _done = true;
        _bytes.Dispose();
    }

    private bool TryTake(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        var rest = _bytes.Unread;
        if (rest.Length < SizeLength)
            return false;
        var size = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (BamLayout.ProblemOfLength(size) is { } bad)
            throw Corrupt(bad);
        if (size > MaxRecordLength)
            throw new UnsupportedFormatException(_options.Source, $"a record is longer than {MaxRecordLength} bytes", "Read the slice as a stream of bytes instead.", _options.ByteOffset);
        if (rest.Length - SizeLength < size)
            return false;
        bytes = rest.Slice(SizeLength, size);
        if (BamLayout.ProblemOf(bytes, _references) is { } problem)
            throw Corrupt(problem);
        _bytes.Take(SizeLength + size);
        _number++;
        return true;
    }

    private CorruptObjectException Corrupt(string problem) =>
        new(_options.Source, string.Create(CultureInfo.InvariantCulture, $"record {_number + 1} of the piece {problem}"), byteOffset: _options.ByteOffset);
}
