using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>Looks at FASTA while it is decompressed.</summary>
internal sealed class FastaContent : IGZipIndexedContent
{
    private const int StateLength = (3 * sizeof(long)) + 1;

    private FastaScanner? _scanner;
    private FastaScanner.Within _within = FastaScanner.Within.Nothing;

    /// <inheritdoc/>
    public long LineFeeds { get; private set; }

    /// <inheritdoc/>
    public bool IsAtLineStart => (_scanner?.State ?? _within) == FastaScanner.Within.Nothing;

    /// <inheritdoc/>
    public long RecordEnd { get; private set; }

    // Sequences are longer than parts: they are put together afterwards.
    /// <inheritdoc/>
    public bool IsBetweenRecords => true;

    private long Offset { get; set; }

    /// <inheritdoc/>
    public void BeginAt(long lineFeeds, bool isAtLineStart)
    {
        LineFeeds = lineFeeds;
        _within = isAtLineStart ? FastaScanner.Within.Nothing : FastaScanner.Within.Something;
    }

    /// <inheritdoc/>
    public void Merge(ReadOnlySpan<byte> following) => Restore(following);

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> content, in GZipPlace place)
    {
        _scanner ??= new FastaScanner(place.ContentOffset, _within);
        _scanner.Scan(content);
        LineFeeds += content.Count((byte)'\n');
        if (content.LastIndexOf((byte)'\n') is var feed and >= 0)
            RecordEnd = place.ContentOffset + feed + 1;
        Offset = place.ContentOffset + content.Length;
    }

    /// <inheritdoc/>
    public void Complete(in GZipPlace place)
    {
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> TakeFound() => _scanner?.TakePiece() ?? default;

    /// <inheritdoc/>
    public IGZipColumns CreateColumns() => new FastaAssembler();

    /// <inheritdoc/>
    public void Save(IBufferWriter<byte> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var span = state.GetSpan(StateLength);
        BinaryPrimitives.WriteInt64LittleEndian(span, LineFeeds);
        BinaryPrimitives.WriteInt64LittleEndian(span[8..], RecordEnd);
        BinaryPrimitives.WriteInt64LittleEndian(span[16..], Offset);
        span[24] = (byte)(_scanner?.State ?? _within);
        state.Advance(StateLength);
    }

    /// <inheritdoc/>
    public void Restore(ReadOnlySpan<byte> state)
    {
        if (state.Length != StateLength || state[24] > (byte)FastaScanner.Within.Sequence)
            throw new CorruptIndexException(null, "a saved state of the FASTA scan is damaged");
        LineFeeds = BinaryPrimitives.ReadInt64LittleEndian(state);
        RecordEnd = BinaryPrimitives.ReadInt64LittleEndian(state[8..]);
        Offset = BinaryPrimitives.ReadInt64LittleEndian(state[16..]);
        _within = (FastaScanner.Within)state[24];
    }

    /// <inheritdoc/>
    public void WriteAttributes(Utf8JsonWriter attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        attributes.WriteNumber("lines", LineFeeds + (IsAtLineStart ? 0 : 1));
    }
}
