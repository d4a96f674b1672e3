namespace Dataplug.Formats.Imzml.Xml;

/// <summary>Reads tags of plain ASCII markup: no comments, instructions, sections, declarations, prefixes or entities.</summary>
internal ref struct TagReader
{
    public const int MaxDepth = 32;

    private const int MaxAttributes = 24;

    private readonly ReadOnlySpan<byte> _bytes;
    private AttributeList _attributes;
    private int _count;
    private int _nameStart;
    private int _nameEnd;

    public TagReader(ReadOnlySpan<byte> bytes, int position = 0)
    {
        _bytes = bytes;
        Position = position;
        Problem = "";
    }

    /// <summary>Behind what was read last.</summary>
    public int Position { get; private set; }

    public bool IsEnd { get; private set; }

    public bool IsEmpty { get; private set; }

    /// <summary>What departs from plain markup.</summary>
    public string Problem { get; private set; }

    /// <summary>Whether the bytes end in the middle of what was to be read.</summary>
    public readonly bool IsShort => Position >= _bytes.Length;

    public readonly ReadOnlySpan<byte> Name => _bytes[_nameStart.._nameEnd];

    public readonly Range NameRange => _nameStart.._nameEnd;

    /// <summary>Reads the tag that starts here.</summary>
    /// <returns>False where there is none, or one that departs from plain markup, or the bytes end.</returns>
    public bool Read()
    {
        var at = Position;
        _count = 0;
        if (at + 1 >= _bytes.Length || _bytes[at] != (byte)'<')
            return Fail("something else where a tag should be", at + 1 >= _bytes.Length);
        at++;
        IsEnd = _bytes[at] == (byte)'/';
        if (IsEnd)
            at++;
        _nameStart = at;
        while (at < _bytes.Length && IsNameByte(_bytes[at]))
            at++;
        _nameEnd = at;
        if (at == _bytes.Length)
            return Fail("a name does not end", true);
        if (at == _nameStart || IsDigit(_bytes[_nameStart]))
            return Fail("a comment, an instruction, a section, a prefix or a declaration", false);
        while (true)
        {
            var hadSpace = at < _bytes.Length && SpectrumScanner.IsWhiteSpace(_bytes[at]);
            while (at < _bytes.Length && SpectrumScanner.IsWhiteSpace(_bytes[at]))
                at++;
            if (at + 1 >= _bytes.Length && (at == _bytes.Length || _bytes[at] != (byte)'>'))
                return Fail("a tag does not end", true);
            if (_bytes[at] == (byte)'>')
            {
                IsEmpty = false;
                Position = at + 1;
                return true;
            }

            if (_bytes[at] == (byte)'/' && !IsEnd)
            {
                if (_bytes[at + 1] != (byte)'>')
                    return Fail("a tag that is not well-formed", false);
                IsEmpty = true;
                Position = at + 2;
                return true;
            }

            if (IsEnd || !hadSpace || !ReadAttribute(ref at))
                return Fail("a tag that is not plain", at >= _bytes.Length);
        }
    }

    /// <summary>Skips white space.</summary>
    /// <returns>False where anything but a tag follows.</returns>
    public bool SkipWhiteSpace()
    {
        while (Position < _bytes.Length && SpectrumScanner.IsWhiteSpace(_bytes[Position]))
            Position++;
        return Position < _bytes.Length && _bytes[Position] == (byte)'<';
    }

    /// <summary>Skips printable text without entities, up to the next tag.</summary>
    /// <returns>False where there is other text, or the bytes end.</returns>
    public bool SkipText()
    {
        while (Position < _bytes.Length && _bytes[Position] != (byte)'<')
        {
            var value = _bytes[Position];
            if (value is (byte)'&' or (byte)']' or > 0x7E || (value < 0x20 && !SpectrumScanner.IsWhiteSpace(value)))
                return false;
            Position++;
        }

        return Position < _bytes.Length;
    }

    public readonly bool TryGet(ReadOnlySpan<byte> name, out int attribute)
    {
        for (attribute = 0; attribute < _count; attribute++)
        {
            var place = _attributes[attribute];
            if (_bytes.Slice(place.NameStart, place.NameLength).SequenceEqual(name))
                return true;
        }

        return false;
    }

    public readonly ReadOnlySpan<byte> Value(int attribute) => _bytes.Slice(_attributes[attribute].ValueStart, _attributes[attribute].ValueLength);

    public readonly int ValueStart(int attribute) => _attributes[attribute].ValueStart;

    private static bool IsNameByte(byte value) => value is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z') or (byte)'_' || IsDigit(value);

    private static bool IsDigit(byte value) => value is (>= (byte)'0' and <= (byte)'9') or (byte)'-' or (byte)'.';

    private bool ReadAttribute(ref int at)
    {
        var start = at;
        while (at < _bytes.Length && (IsNameByte(_bytes[at]) || _bytes[at] == (byte)':'))
            at++;
        var length = at - start;
        if (length == 0 || IsDigit(_bytes[start]) || at + 1 >= _bytes.Length || _bytes[at] != (byte)'=' || _bytes[at + 1] is not ((byte)'"' or (byte)'\''))
            return false;
        var quote = _bytes[at + 1];
        var value = at + 2;
        var width = _bytes[value..].IndexOf(quote);
        if (width < 0)
        {
            at = _bytes.Length;
            return false;
        }

        // Prefixed attributes would need their prefix declared.
        var text = _bytes.Slice(value, width);
        if (_count == MaxAttributes || text.IndexOfAny((byte)'<', (byte)'&') >= 0 || text.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7E) >= 0
            || _bytes.Slice(start, length).IndexOf((byte)':') >= 0 || TryGet(_bytes.Slice(start, length), out _))
        {
            return false;
        }

        _attributes[_count++] = new AttributePlace(start, length, value, width);
        at = value + width + 1;
        return true;
    }

    private bool Fail(string problem, bool isShort)
    {
        Problem = problem;
        if (isShort)
            Position = _bytes.Length;
        return false;
    }

    private readonly record struct AttributePlace(int NameStart, int NameLength, int ValueStart, int ValueLength);

    [System.Runtime.CompilerServices.InlineArray(MaxAttributes)]
    private struct AttributeList
    {
        private AttributePlace _first;
    }
}
