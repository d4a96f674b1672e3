using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Conformance.Generators;

/// <summary>Texts as people have them, and texts as nobody should.</summary>
public static class TextGenerator
{
    private static readonly byte[][] Words =
    [
        .. new[] { "a", "the", "quick", "brown", "Fox", "1,234.56", "naïve", "Ærøskøbing", "日本語", "🙂🙃", "don't", "x=y;", "e\u0301", "\"quoted\"" }
            .Select(Encoding.UTF8.GetBytes),
    ];

    private static readonly byte[][] LineEnds = ["\n"u8.ToArray(), "\r\n"u8.ToArray(), "\r"u8.ToArray()];

    private static readonly byte[][] Oddities =
    [
        .. LineEnds, "\n\n\n"u8.ToArray(), "\r\r\n"u8.ToArray(), "\n\r"u8.ToArray(), " "u8.ToArray(), "\t \t"u8.ToArray(), "\v"u8.ToArray(),
        "\f"u8.ToArray(), "\u00A0"u8.ToArray(), "\u2028"u8.ToArray(), "\u3000"u8.ToArray(), "\uFEFF"u8.ToArray(), [0], [0x1A], [0x7F], [0x85],
        [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x99], [0x80, 0x80, 0x80, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5], [0xFF],
    ];

    /// <summary>Lines of words in UTF-8 with one kind of line end; with or without byte order mark, last line end and blank
    /// lines. From nothing to some kilobytes.</summary>
    public static Gen<byte[]> Realistic { get; } =
        from lineEnd in Gen.Elements(LineEnds)
        from bom in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
        from lastEnd in Gen.Elements(true, false)
        from count in Gen.Choose(0, 60)
        from lines in Gen.Choose(0, 12).SelectMany(words => Gen.Elements(Words).ArrayOf(words)).ArrayOf(count)
        select Join(bom, lines.Select(words => Lines(words)), lineEnd, lastEnd);

    /// <summary>Words, line ends of all kinds, broken and overlong UTF-8, controls, very long words and lines, in any order.</summary>
    public static Gen<byte[]> Hostile { get; } =
        from count in Gen.Choose(0, 120)
        from pieces in Gen.Frequency(
            (4, Gen.Elements(Words)),
            (3, Gen.Elements(LineEnds)),
            (3, Gen.Elements(Oddities)),
            (1, Gen.Choose(1, 700).Select(length => Enumerable.Repeat((byte)'x', length).ToArray())),
            (1, Gen.Choose(1, 200).Select(length => Enumerable.Repeat((byte)'\n', length).ToArray())),
            (1, Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf())).ArrayOf(count)
        select Readable(pieces.SelectMany(piece => piece).ToArray());

    /// <summary>Both, and one enormous line, and one enormous word.</summary>
    public static Gen<byte[]> Any { get; } = Gen.Frequency(
        (4, Realistic),
        (5, Hostile),
        (1, Gen.Choose(1, 6000).Select(length => Enumerable.Range(0, length).Select(i => (byte)(i % 7 == 6 ? ' ' : 'w')).ToArray())),
        (1, Gen.Choose(1, 6000).Select(length => Enumerable.Repeat((byte)'w', length).ToArray())));

    // The marks of UTF-16 and UTF-32 are refused on purpose; such texts are another test's.
    private static byte[] Readable(byte[] text) =>
        text is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] or [0, 0, 0xFE, 0xFF, ..] ? text[1..] is var rest && rest is [0, 0xFE, 0xFF, ..] ? rest[1..] : text[2..] : text;

    private static byte[] Lines(byte[][] words) => words.SelectMany((word, i) => i == 0 ? word : [(byte)' ', .. word]).ToArray();

    private static byte[] Join(bool bom, IEnumerable<byte[]> lines, byte[] lineEnd, bool lastEnd)
    {
        var text = new List<byte>(bom ? [0xEF, 0xBB, 0xBF] : []);
        var first = true;
        foreach (var line in lines)
        {
            if (!first)
                text.AddRange(lineEnd);
            text.AddRange(line);
            first = false;
        }

        if (lastEnd && !first)
            text.AddRange(lineEnd);
        return [.. text];
    }
}
