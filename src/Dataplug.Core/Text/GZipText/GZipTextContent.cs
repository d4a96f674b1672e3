using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Dataplug.Compression;

namespace Dataplug.Text;

/// <summary>Counts lines, and asks nothing else of the content.</summary>
internal sealed class GZipTextContent : IGZipPartContent
{
    private const int StateLength = sizeof(long) + 1;

    private bool _insideLine;

    public long LineFeeds { get; private set; }

    public bool IsAtLineStart => !_insideLine;

    // What ends a line that began before is not asked.
    public bool IsBetweenRecords => true;

    public void BeginAt(long lineFeeds, bool isAtLineStart)
    {
        LineFeeds = lineFeeds;
        _insideLine = !isAtLineStart;
    }

    // The next part counts on from where this one ends.
    public void Merge(ReadOnlySpan<byte> following) => Restore(following);

    public long RecordEnd { get; private set; }

    public void Append(ReadOnlySpan<byte> content, in GZipPlace place)
    {
        if (content.IsEmpty)
            return;
        LineFeeds += LineCounter.Count(content);
        _insideLine = content[^1] != (byte)'\n';
        RecordEnd = place.ContentOffset + content.Length;
    }

    public void Complete(in GZipPlace place)
    {
    }

    public void Save(IBufferWriter<byte> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var span = state.GetSpan(StateLength);
        BinaryPrimitives.WriteInt64LittleEndian(span, LineFeeds);
        span[sizeof(long)] = _insideLine ? (byte)1 : (byte)0;
        state.Advance(StateLength);
    }

    public void Restore(ReadOnlySpan<byte> state)
    {
        if (state.Length != StateLength)
            throw new CorruptIndexException(null, "a saved state of the line count is damaged");
        LineFeeds = BinaryPrimitives.ReadInt64LittleEndian(state);
        _insideLine = state[sizeof(long)] != 0;
    }

    public void WriteAttributes(Utf8JsonWriter attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        attributes.WriteNumber("lines", LineFeeds + (_insideLine ? 1 : 0));
        attributes.WriteBoolean("endsWithLineFeed", IsAtLineStart && LineFeeds > 0);
    }
}
