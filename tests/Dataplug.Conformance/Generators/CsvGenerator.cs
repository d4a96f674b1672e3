using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Conformance.Generators;

/// <summary>CSV as programs write it, and CSV as it is found.</summary>
public static class CsvGenerator
{
    private static readonly string[] Plain = ["", "a", "name", "42", "-3.5", "2024-02-29", "true", "naïve", "日本", "5\" pipe", "it's", "x y", "b\"\"c", "#"];
    private static readonly string[] Quotable = ["", "a", ",", "\n", "\r\n", "\r", "\"", "\"\"", "\",\"", "\"\n\"", ";", "Straße", "🙂", " ", "\n\n", ",\",", "\r"];
    private static readonly string[] LineEnds = ["\n", "\r\n", "\r"];

    private static readonly string[] Tokens =
    [
        "\"", "\"\"", "\"\"\"", ",", ",", "\n", "\r\n", "\r", "\n\n", "a", "bc", "\"a\"", "\",\"", ",\"", "\",", "\"\n\"", "é", "\"a\"b", "a\"b\"",
        new string('"', 63), new string('"', 64), new string('"', 65), new string('"', 200), new string('x', 61), new string('\n', 70), new string(',', 65),
    ];

    /// <summary>A table with a header, a delimiter out of four, one kind of line end; fields are quoted where they must be and
    /// sometimes where they need not. All rows have the same number of fields, at least two.</summary>
    public static Gen<byte[]> Realistic { get; } =
        from delimiter in Gen.Elements(',', ';', '\t', '|')
        from lineEnd in Gen.Elements(LineEnds)
        from bom in Gen.Frequency((4, Gen.Constant("")), (1, Gen.Constant("\uFEFF")))
        from lastEnd in Gen.Elements(true, false)
        from width in Gen.Choose(2, 7)
        from rows in QuotedOrNot(delimiter).ArrayOf(width).ListOf()
        select Encoding.UTF8.GetBytes(bom
            + string.Join(delimiter, Enumerable.Range(1, width).Select(i => $"field_{i}"))
            + string.Concat(rows.Select(row => lineEnd + string.Join(delimiter, row)))
            + (lastEnd ? lineEnd : ""));

    /// <summary>Valid under <c>Delimiter = ','</c>, <c>Quote = '"'</c>, whatever may be guessed: rows of any number of fields, all
    /// kinds of line ends mixed, also inside of quotes, blank lines, quotes in the middle of plain fields, plain text after closed
    /// quotes, long fields.</summary>
    public static Gen<byte[]> Hostile { get; } =
        from bom in Gen.Frequency((4, Gen.Constant("")), (1, Gen.Constant("\uFEFF")))
        from rows in Gen.Zip(HostileField.NonEmptyListOf(), Gen.Frequency((6, Gen.Elements(LineEnds)), (1, Gen.Constant("\n\r\n\n")))).ListOf()
        from last in Gen.Frequency((1, Gen.Constant("")), (1, HostileField))
        select Encoding.UTF8.GetBytes(bom + string.Concat(rows.Select(row => string.Join(',', row.Item1) + row.Item2)) + last);

    /// <summary>Anything made of quotes, commas, line ends and letters: half of it ends inside of quotes. For
    /// <c>Delimiter = ','</c>, <c>Quote = '"'</c>.</summary>
    public static Gen<byte[]> Soup { get; } =
        from count in Gen.Choose(0, 60)
        from tokens in Gen.Elements(Tokens).ArrayOf(count)
        select Encoding.UTF8.GetBytes(string.Concat(tokens));

    private static Gen<string> HostileField { get; } = Gen.Frequency(
        (4, Gen.Elements(Plain)),
        (4, Content.Select(content => Quote(content))),
        (1, Content.Select(content => Quote(content) + "tail\"x\"")),
        (1, Gen.Choose(1, 300).Select(length => new string('y', length))),
        (1, Gen.Choose(0, 150).Select(length => Quote(new string('"', length)))));

    private static Gen<string> Content => Gen.Choose(0, 12).SelectMany(count => Gen.Elements(Quotable).ArrayOf(count)).Select(string.Concat);

    private static Gen<string> QuotedOrNot(char delimiter) => Gen.Frequency(
        (4, Gen.Elements("1", "22", "-7", "3.25", "abc", "naïve", "日本", "", "2024-02-29")),
        (1, Content.Select(Quote)),
        (1, Gen.Constant(Quote("a" + delimiter + "b"))));

    private static string Quote(string content) => "\"" + content.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
