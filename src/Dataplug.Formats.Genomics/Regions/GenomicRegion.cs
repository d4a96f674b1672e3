using System.Globalization;

namespace Dataplug.Formats.Genomics;

/// <summary>A run of positions of a reference sequence.</summary>
/// <param name="Name">The sequence.</param>
/// <param name="Start">Its first position, from 0.</param>
/// <param name="End">The position after its last; <see cref="ToEnd"/> for all that follow.</param>
/// <remarks>As text it is written as samtools has it, from 1 and with the last position included: <c>chr1:1,000-2,000</c>,
/// <c>chr1:1000</c> (from there to the end), <c>chr1:-2000</c>, <c>chr1</c>, and <c>{name:with:colons}:1-2</c>.</remarks>
public sealed record GenomicRegion(string Name, long Start = 0, long End = GenomicRegion.ToEnd)
{
    /// <summary>The end of a region that goes to the end of its sequence.</summary>
    public const long ToEnd = long.MaxValue;

    /// <summary>Positions in it; <see cref="ToEnd"/> where it goes to the end of its sequence.</summary>
    public long Length => End == ToEnd ? ToEnd : End - Start;

    /// <summary>Reads a region.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isName">Tells whether a sequence has a name, for names that hold colons: the whole text is one where it is a name;
    /// null where names are not known.</param>
    /// <exception cref="FormatException">It is none, or could be two.</exception>
    public static GenomicRegion Parse(string text, Func<string, bool>? isName = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith('{'))
        {
            var close = text.IndexOf('}', StringComparison.Ordinal);
            if (close < 2 || (close + 1 < text.Length && text[close + 1] != ':'))
                throw Invalid(text, "the name in braces must end with '}' and ':'");
            return close + 1 == text.Length ? new GenomicRegion(text[1..close]) : WithPositions(text, text[1..close], text[(close + 2)..]);
        }

        var colon = text.LastIndexOf(':');
        if (colon < 0)
            return text.Length > 0 ? new GenomicRegion(text) : throw Invalid(text, "it is empty");
        var name = text[..colon];
        var hasPositions = TryParsePositions(text[(colon + 1)..], out _, out _);
        if (isName is not null && isName(text))
        {
            return hasPositions && isName(name)
                ? throw Invalid(text, $"it could be the whole of '{text}' or a part of '{name}'; put the name in braces")
                : new GenomicRegion(text);
        }

        return name.Length > 0 ? WithPositions(text, name, text[(colon + 1)..]) : throw Invalid(text, "there is no name before the colon");
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var name = Name.Contains(':', StringComparison.Ordinal) ? "{" + Name + "}" : Name;
        return (Start, End) switch
        {
            (0, ToEnd) => name,
            (_, ToEnd) => string.Create(CultureInfo.InvariantCulture, $"{name}:{Start + 1}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{name}:{Start + 1}-{End}"),
        };
    }

    private static GenomicRegion WithPositions(string text, string name, string positions) =>
        TryParsePositions(positions, out var start, out var end)
            ? end > start || end == ToEnd ? new GenomicRegion(name, start, end) : throw Invalid(text, "it ends before it starts")
            : throw Invalid(text, "expected NAME, NAME:FROM, NAME:FROM-TO or NAME:-TO, with positions from 1");

    private static bool TryParsePositions(string text, out long start, out long end)
    {
        (start, end) = (0, ToEnd);
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var from = dash < 0 ? text : text[..dash];
        if (from.Length > 0)
        {
            if (!TryParsePosition(from, out start))
                return false;
            start = Math.Max(0, start - 1);
        }
        else if (dash < 0)
        {
            return false;
        }

        return dash < 0 || (dash + 1 == text.Length && from.Length > 0) || TryParsePosition(text[(dash + 1)..], out end);
    }

    private static bool TryParsePosition(string text, out long position) =>
        long.TryParse(text.Replace(",", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out position) && position < long.MaxValue;

    private static FormatException Invalid(string text, string problem) => new($"'{text}' is no region: {problem}");
}
