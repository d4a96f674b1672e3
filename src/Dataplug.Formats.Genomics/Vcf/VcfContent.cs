using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>Validates VCF and gathers its index while it is decompressed.</summary>
internal sealed class VcfContent : IGZipIndexedContent
{
    private const int StateLength = 24;

    private readonly VcfScanner _scanner = new(VcfGrid.Finest);

    // Line feeds before the partial at hand.
    private long _lineFeedsBefore;
    private bool _endsWithLine = true;
    private long _recordEnd;

    /// <inheritdoc/>
    public long LineFeeds { get; private set; }

    /// <inheritdoc/>
    public bool IsAtLineStart => _endsWithLine;

    /// <inheritdoc/>
    public long RecordEnd => _recordEnd;

    /// <inheritdoc/>
    public bool IsBetweenRecords => _scanner.IsPassing || _scanner.IsAtLineStart;

    /// <inheritdoc/>
    public void BeginAt(long lineFeeds, bool isAtLineStart)
    {
        (LineFeeds, _endsWithLine) = (lineFeeds, isAtLineStart);
        _lineFeedsBefore = lineFeeds + (isAtLineStart ? 0 : 1);
        if (!isAtLineStart)
            _scanner.PassLine();
    }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> content, in GZipPlace place)
    {
        if (content.IsEmpty)
            return;
        if (place.ContentOffset == 0)
            VcfLineError.RefuseBcf(content, place.Uri.Display);
        _scanner.Append(content, VcfPiece.Plain(place.ContentOffset, content.Length));
        LineFeeds += content.Count((byte)'\n');
        _endsWithLine = content[^1] == (byte)'\n';
        Check(place);
        if (!_scanner.IsPassing)
            _recordEnd = _scanner.LineStart.Block;
    }

    /// <inheritdoc/>
    public void Complete(in GZipPlace place)
    {
        _scanner.Complete(new VirtualOffset(place.ContentOffset, 0));
        Check(place);
        _recordEnd = place.ContentOffset;
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> TakeFound()
    {
        if (_scanner.Partial.IsEmpty)
            return default;
        var taken = _scanner.Take();
        _lineFeedsBefore += taken.Lines;
        return taken.ToBytes();
    }

    /// <inheritdoc/>
    public IGZipColumns CreateColumns() => new Columns();

    /// <inheritdoc/>
    public void Save(IBufferWriter<byte> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Span<byte> numbers = stackalloc byte[StateLength];
        BinaryPrimitives.WriteInt64LittleEndian(numbers, LineFeeds);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[8..], _lineFeedsBefore);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[16..], _endsWithLine ? _recordEnd : ~_recordEnd);
        state.Write(numbers);
        _scanner.Save(state);
    }

    /// <inheritdoc/>
    public void Restore(ReadOnlySpan<byte> state)
    {
        if (state.Length < StateLength)
            throw new CorruptIndexException(null, "a saved state of the VCF validation is damaged");
        LineFeeds = BinaryPrimitives.ReadInt64LittleEndian(state);
        _lineFeedsBefore = BinaryPrimitives.ReadInt64LittleEndian(state[8..]);
        var recordEnd = BinaryPrimitives.ReadInt64LittleEndian(state[16..]);
        _endsWithLine = recordEnd >= 0;
        _recordEnd = _endsWithLine ? recordEnd : ~recordEnd;
        _scanner.Restore(state[StateLength..]);
    }

    /// <inheritdoc/>
    public void Merge(ReadOnlySpan<byte> following)
    {
        // All that is known of records is in what was found; here only the place counts.
        if (following.Length < StateLength)
            throw new CorruptIndexException(null, "a saved state of the VCF validation is damaged");
        LineFeeds = BinaryPrimitives.ReadInt64LittleEndian(following);
        _endsWithLine = BinaryPrimitives.ReadInt64LittleEndian(following[16..]) >= 0;
    }

    /// <inheritdoc/>
    public void WriteAttributes(Utf8JsonWriter attributes)
    {
        // They come with the columns.
    }

    private void Check(in GZipPlace place)
    {
        if (_scanner.Partial is { Problem: { } problem, ProblemPlace: var at })
        {
            var error = VcfLineError.Of(VcfContainer.GZip, null, problem, _lineFeedsBefore + at.Line, at.Place);
            throw new CorruptObjectException(place.Uri.Display, error.Problem, error.Cure, place.CompressedOffset);
        }
    }

    /// <summary>Puts together what was found.</summary>
    private sealed class Columns : IGZipColumns
    {
        private readonly VcfMerge _merge = new(VcfContainer.GZip, null, VcfGrid.Finest);
        private CorruptObjectException? _failure;

        public void Add(ReadOnlySpan<byte> found)
        {
            if (found.IsEmpty || _failure is not null)
                return;
            try
            {
                _merge.Add(VcfPartial.FromBytes(found.ToArray(), VcfGrid.Finest));
            }
            catch (CorruptObjectException failure)
            {
                // Which object it is becomes known at the end.
                _failure = failure;
            }
        }

        public async Task WriteAsync(SidecarWriter writer, GZipPlace place, CancellationToken cancellationToken)
        {
            try
            {
                if (_failure is not null)
                    throw _failure;
                await _merge.WriteAsync(writer, new VirtualOffset(place.ContentOffset, 0), place.ContentOffset, cancellationToken).ConfigureAwait(false);
            }
            catch (CorruptObjectException failure) when (failure.ObjectName is null)
            {
                throw new CorruptObjectException(place.Uri.Display, failure.Problem, failure.Cure, failure.ByteOffset, failure);
            }
        }

        public void WriteAttributes(Utf8JsonWriter attributes) => _merge.WriteAttributes(attributes);
    }
}
