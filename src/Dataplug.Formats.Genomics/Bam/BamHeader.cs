using System.Buffers.Binary;
using System.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>The header of a BAM object (SAM specification, section 4.2): its text and its reference sequences. Immutable; text is
/// taken apart when it is asked for.</summary>
public sealed class BamHeader
{
    private readonly Lazy<IReadOnlyList<BamHeaderLine>> _lines;
    private readonly Lazy<Dictionary<string, int>> _numbers;

    private BamHeader(ReadOnlyMemory<byte> bytes, int textLength, BamReference[] references)
    {
        Bytes = bytes;
        References = references;
        var text = bytes.Slice(TextStart, textLength);
        var terminator = text.Span.IndexOf((byte)0);
        TextBytes = terminator < 0 ? text : text[..terminator];
        _lines = new Lazy<IReadOnlyList<BamHeaderLine>>(() => [.. Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(BamHeaderLine.Parse)]);
        _numbers = new Lazy<Dictionary<string, int>>(NumberNames);
    }

    internal static ReadOnlySpan<byte> Magic => "BAM\u0001"u8;

    internal const int TextStart = 8;

    /// <summary>The header as BAM has it, decompressed, from its magic to its last reference sequence.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The text, UTF-8, without what comes behind a zero byte.</summary>
    public ReadOnlyMemory<byte> TextBytes { get; }

    /// <summary>The text: header lines as in SAM (section 1.3), each ended by a line feed.</summary>
    public string Text => Encoding.UTF8.GetString(TextBytes.Span);

    /// <summary>The reference sequences; records name them by their number in this list, from 0.</summary>
    public IReadOnlyList<BamReference> References { get; }

    /// <summary>The lines of the text, in order.</summary>
    public IReadOnlyList<BamHeaderLine> Lines => _lines.Value;

    /// <summary>The lines of the reference sequences, <c>@SQ</c>.</summary>
    public IEnumerable<BamHeaderLine> Sequences => Lines.Where(line => line.Type == "SQ");

    /// <summary>The lines of the read groups, <c>@RG</c>.</summary>
    public IEnumerable<BamHeaderLine> ReadGroups => Lines.Where(line => line.Type == "RG");

    /// <summary>The lines of the programs, <c>@PG</c>.</summary>
    public IEnumerable<BamHeaderLine> Programs => Lines.Where(line => line.Type == "PG");

    /// <summary>What the header says of the records' order: <c>unknown</c>, <c>unsorted</c>, <c>queryname</c> or <c>coordinate</c>;
    /// <c>unknown</c> also where it says nothing, or something else.</summary>
    public string SortOrder => Lines.FirstOrDefault(line => line.Type == "HD")?["SO"] is { } order and ("unsorted" or "queryname" or "coordinate") ? order : "unknown";

    /// <summary>The number of a reference sequence.</summary>
    /// <returns>False when there is none of that name.</returns>
    public bool TryFind(string name, out int number) => _numbers.Value.TryGetValue(name, out number);

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">Its bytes, decompressed, and none behind it.</param>
    /// <param name="source">The object's name for messages.</param>
    /// <exception cref="CorruptObjectException">They are no header.</exception>
    public static BamHeader Parse(ReadOnlyMemory<byte> bytes, string? source = null)
    {
        var measure = new BamHeaderMeasure(source);
        if (!measure.TryFinish(bytes.Span, 0, out var length) || length != bytes.Length)
            throw new CorruptObjectException(source, $"the {bytes.Length} bytes are not a BAM header");
        var span = bytes.Span;
        var textLength = BinaryPrimitives.ReadInt32LittleEndian(span[4..]);
        var at = TextStart + textLength;
        var references = new BamReference[BinaryPrimitives.ReadInt32LittleEndian(span[at..])];
        at += 4;
        for (var i = 0; i < references.Length; i++)
        {
            var nameLength = BinaryPrimitives.ReadInt32LittleEndian(span[at..]);
            var name = span.Slice(at + 4, nameLength);
            var terminator = name.IndexOf((byte)0);
            at += 4 + nameLength;
            references[i] = new BamReference(Encoding.UTF8.GetString(terminator < 0 ? name : name[..terminator]), BinaryPrimitives.ReadInt32LittleEndian(span[at..]));
            at += 4;
        }

        return new BamHeader(bytes, textLength, references);
    }

    private Dictionary<string, int> NumberNames()
    {
        var numbers = new Dictionary<string, int>(References.Count, StringComparer.Ordinal);
        for (var i = 0; i < References.Count; i++)
            _ = numbers.TryAdd(References[i].Name, i);
        return numbers;
    }
}

/// <summary>A reference sequence.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Length">Its positions.</param>
public sealed record BamReference(string Name, int Length);

/// <summary>A line of a header's text (SAM specification, section 1.3).</summary>
/// <param name="Type">Its two letters without '@', e.g. <c>RG</c>; of a line that begins with none, nothing.</param>
/// <param name="Text">The whole line.</param>
public sealed record BamHeaderLine(string Type, string Text)
{
    /// <summary>The value of a field, e.g. of <c>SM</c>; null where the line has none of that name.</summary>
    public string? this[string tag] =>
        Type == "CO" ? null : Text.Split('\t').Skip(1).FirstOrDefault(field => field.Length > 2 && field[2] == ':' && field.StartsWith(tag, StringComparison.Ordinal))?[3..];

    internal static BamHeaderLine Parse(string line)
    {
        line = line.TrimEnd('\r');
        return new BamHeaderLine(line.Length >= 3 && line[0] == '@' ? line[1..3] : "", line);
    }
}
