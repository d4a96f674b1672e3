using System.Buffers;
using System.Buffers.Binary;

namespace Dataplug.Text;

/// <summary>
/// A partial result of a line-indexing pass: marks, windows and, in the last one, totals, as a row of tagged entries, so that
/// two partial results one after another are a partial result again.
/// </summary>
internal sealed class GZipLinePartial(ReadOnlyMemory<byte> bytes)
{
    private const byte MarkTag = 1;
    private const byte WindowTag = 2;
    private const byte TotalsTag = 3;
    private const byte PartTag = 4;
    private const byte FoundTag = 5;
    private const int NumbersLength = 3 * sizeof(long);

    private ReadOnlyMemory<byte> _rest = bytes;

    /// <summary>Reads the next entry.</summary>
    /// <exception cref="CorruptIndexException">The bytes are no partial result.</exception>
    public bool TryRead(out Entry entry)
    {
        entry = default;
        if (_rest.IsEmpty)
            return false;
        var reader = new Reader(_rest.Span);
        var tag = reader.ReadByte();
        var (a, b, c) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
        var leadIn = tag == WindowTag ? reader.ReadInt64() : 0;
        var length = tag == MarkTag ? 0 : reader.ReadLength();
        var start = _rest.Length - reader.Remaining;
        entry = new Entry((EntryKind)tag, a, b, c, leadIn, _rest.Slice(start, length));
        if (tag is not (MarkTag or WindowTag or TotalsTag or PartTag or FoundTag))
            throw Reader.Corrupt();
        _rest = _rest[(start + length)..];
        return true;
    }

    public static byte[] Concatenate(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) => [.. first, .. second];

    public static void WriteBytes(ArrayBufferWriter<byte> destination, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination.GetSpan(sizeof(int)), value.Length);
        destination.Advance(sizeof(int));
        destination.Write(value);
    }

    public static void WriteInt64(ArrayBufferWriter<byte> destination, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination.GetSpan(sizeof(long)), value);
        destination.Advance(sizeof(long));
    }

    /// <summary>Where the content ends in the object, and whether it ends at damage, as one number above 0.</summary>
    public static long PackEnd(long storedEnd, bool isSalvaged) => (storedEnd << 1) | (isSalvaged ? 1L : 0L);

    public enum EntryKind : byte
    {
        Mark = MarkTag,
        Window = WindowTag,
        Totals = TotalsTag,
        Part = PartTag,
        Found = FoundTag,
    }

    /// <summary>A mark (bit offset, content offset, packed line), a window (bit offset, content offset, packed line at the end of
    /// its lead-in, the lead-in's length, the window), the totals (lines, content size, the packed end of an object whose content ends
    /// before it or 0, 0, attributes), what one part of several knows, or what the content found.</summary>
    public readonly record struct Entry(EntryKind Kind, long First, long Second, long Third, long LeadIn, ReadOnlyMemory<byte> Bytes);

    public sealed class Builder
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();

        public void AddMark(long bit, long output, long line) => Write(MarkTag, bit, output, line);

        public void AddWindow(long bit, long output, long line, long leadIn, ReadOnlySpan<byte> window)
        {
            Write(WindowTag, bit, output, line);
            BinaryPrimitives.WriteInt64LittleEndian(_bytes.GetSpan(sizeof(long)), leadIn);
            _bytes.Advance(sizeof(long));
            WriteBytes(_bytes, window);
        }

        public void AddTotals(long lines, long contentSize, long end, ReadOnlySpan<byte> attributes)
        {
            Write(TotalsTag, lines, contentSize, end);
            WriteBytes(_bytes, attributes);
        }

        public void AddPart(GZipLinePart part)
        {
            Write(PartTag, 0, 0, 0);
            WriteBytes(_bytes, part.ToBytes());
        }

        public void AddFound(ReadOnlySpan<byte> found)
        {
            if (found.IsEmpty)
                return;
            Write(FoundTag, 0, 0, 0);
            WriteBytes(_bytes, found);
        }

        public byte[] ToBytes() => _bytes.WrittenSpan.ToArray();

        private void Write(byte tag, long first, long second, long third)
        {
            var span = _bytes.GetSpan(1 + NumbersLength);
            span[0] = tag;
            BinaryPrimitives.WriteInt64LittleEndian(span[1..], first);
            BinaryPrimitives.WriteInt64LittleEndian(span[9..], second);
            BinaryPrimitives.WriteInt64LittleEndian(span[17..], third);
            _bytes.Advance(1 + NumbersLength);
        }
    }

    public ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public readonly int Remaining => _rest.Length;

        public static CorruptIndexException Corrupt() => new(null, "a partial result of preprocessing is damaged");

        public byte ReadByte() => Take(1)[0];

        public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

        public int ReadLength()
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));
            return length >= 0 && length <= _rest.Length ? length : throw Corrupt();
        }

        public ReadOnlySpan<byte> ReadBytes() => Take(ReadLength());

        private ReadOnlySpan<byte> Take(int length)
        {
            if (length > _rest.Length)
                throw Corrupt();
            var taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }
    }
}
