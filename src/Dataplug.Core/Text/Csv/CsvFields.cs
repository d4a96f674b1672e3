using System.Buffers;
using System.Text;

namespace Dataplug.Text;

/// <summary>
/// One row split into fields, by the rules that the scanner finds rows by (RFC 4180 §2, and lenient where it is silent):
/// a quote opens a quoted field only as the field's first byte, and is plain text anywhere else outside of one; inside, a
/// doubled quote stands for one, and a single one ends the quoted part; what follows up to the delimiter is plain text.
/// </summary>
internal sealed class CsvFields
{
    /// <summary>What <see cref="Split"/> answers when the row goes on past the bytes.</summary>
    public const int Incomplete = -1;

    /// <summary>What <see cref="Split"/> answers when the bytes end inside quotes and there are no more.</summary>
    public const int Unterminated = -2;

    private readonly byte _delimiter;
    private readonly byte _quote;
    private readonly bool _quoting;
    private readonly SearchValues<byte> _ends;
    private Field[] _fields = new Field[16];

    public CsvFields(CsvDialect dialect)
    {
        _delimiter = dialect.Delimiter;
        _quoting = dialect.Quote is not null;
        _quote = dialect.Quote ?? 0;
        _ends = SearchValues.Create([_delimiter, (byte)'\r', (byte)'\n']);
    }

    /// <summary>Number of fields of the row that was split last.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// Splits the row at the start of the bytes.
    /// </summary>
    /// <param name="bytes">Bytes from the start of a row, of which the first is no line end.</param>
    /// <param name="final">Whether nothing comes after them.</param>
    /// <returns>The row's length with one byte of its line end (LF after CR is a blank line to skip, as all line ends before a
    /// row are), <see cref="Incomplete"/> or <see cref="Unterminated"/>.</returns>
    public int Split(ReadOnlySpan<byte> bytes, bool final)
    {
        Count = 0;
        var start = 0;
        while (true)
        {
            var plainFrom = start;
            var kind = FieldKind.Plain;
            var contentEnd = 0;
            if (_quoting && start < bytes.Length && bytes[start] == _quote)
            {
                kind = FieldKind.Quoted;
                var i = start + 1;
                while (true)
                {
                    var quote = bytes[i..].IndexOf(_quote);
                    if (quote < 0)
                        return final ? Unterminated : Incomplete;
                    i += quote + 1;
                    if (i >= bytes.Length || bytes[i] != _quote)
                        break;
                    kind = FieldKind.Doubled;
                    i++;
                }

                if (i >= bytes.Length && !final)
                    return Incomplete;
                contentEnd = i - 1;
                plainFrom = i;
            }

            var length = bytes[plainFrom..].IndexOfAny(_ends);
            if (length < 0 && !final)
                return Incomplete;
            var end = length < 0 ? bytes.Length : plainFrom + length;
            if (kind != FieldKind.Plain && end > plainFrom)
                kind = FieldKind.Doubled;
            Add(new Field(start, end, contentEnd, kind));
            if (length < 0)
                return end;
            if (bytes[end] != _delimiter)
                return end + 1;
            start = end + 1;
        }
    }

    /// <summary>A field's raw bytes, quotes included.</summary>
    public ReadOnlySpan<byte> GetRaw(ReadOnlySpan<byte> row, int index) => row[_fields[index].Start.._fields[index].End];

    /// <summary>Whether a field is quoted.</summary>
    public bool IsQuoted(int index) => _fields[index].Kind != FieldKind.Plain;

    /// <summary>A field's value.</summary>
    public string GetString(ReadOnlySpan<byte> row, int index, Encoding encoding)
    {
        var field = _fields[index];
        return field.Kind switch
        {
            FieldKind.Plain => encoding.GetString(row[field.Start..field.End]),
            FieldKind.Quoted => encoding.GetString(row[(field.Start + 1)..field.ContentEnd]),
            _ => Unescape(row, field, encoding),
        };
    }

    private string Unescape(ReadOnlySpan<byte> row, Field field, Encoding encoding)
    {
        var content = row[(field.Start + 1)..field.ContentEnd];
        var tail = row[(field.ContentEnd + 1)..field.End];
        var value = ArrayPool<byte>.Shared.Rent(content.Length + tail.Length);
        var length = 0;
        while (content.IndexOf(_quote) is var quote and >= 0)
        {
            // Every quote in the content is the first of two.
            content[..(quote + 1)].CopyTo(value.AsSpan(length));
            length += quote + 1;
            content = content[(quote + 2)..];
        }

        content.CopyTo(value.AsSpan(length));
        tail.CopyTo(value.AsSpan(length + content.Length));
        var text = encoding.GetString(value, 0, length + content.Length + tail.Length);
        ArrayPool<byte>.Shared.Return(value);
        return text;
    }

    private void Add(Field field)
    {
        if (Count == _fields.Length)
            Array.Resize(ref _fields, Count * 2);
        _fields[Count++] = field;
    }

    private enum FieldKind
    {
        Plain,
        Quoted,

        // With doubled quotes inside, or with plain text after the closing quote.
        Doubled,
    }

    private readonly record struct Field(int Start, int End, int ContentEnd, FieldKind Kind);
}
