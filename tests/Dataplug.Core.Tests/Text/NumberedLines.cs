using System.Globalization;
using System.Text;

namespace Dataplug.Core.Tests.Text;

/// <summary>Text that compresses as text does, and whose every line is another.</summary>
internal static class NumberedLines
{
    private const string Letters = "ACGTACGTNacgt0123456789 the of and to in is";

    public static byte[] Make(int lines, int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        for (var i = 0; i < lines; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{i}:");
            for (var j = random.Next(40); j > 0; j--)
                text.Append(Letters[random.Next(Letters.Length)]);
            text.Append('\n');
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>The lines from one up to another.</summary>
    public static byte[] Between(byte[] content, long first, long end)
    {
        var start = Offset(content, 0, first);
        return content[start..Offset(content, start, end - first)];
    }

    private static int Offset(byte[] content, int from, long lines)
    {
        for (; lines > 0; lines--)
        {
            var feed = content.AsSpan(from).IndexOf((byte)'\n');
            from = feed < 0 ? content.Length : from + feed + 1;
        }

        return from;
    }
}
