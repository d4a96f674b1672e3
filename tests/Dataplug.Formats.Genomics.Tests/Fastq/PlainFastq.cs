using System.Text;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>The rules of docs/formats/fastq.md by the plainest means: split into lines, take four at a time.</summary>
internal static class PlainFastq
{
    /// <summary>Title, sequence and qualities of every read.</summary>
    /// <exception cref="FormatException">The content is not FASTQ.</exception>
    public static List<(string Title, string Sequence, string Qualities)> Parse(byte[] content)
    {
        var lines = Lines(content);
        var reads = new List<(string, string, string)>();
        for (var i = 0; i < lines.Count; i += 4)
        {
            if (lines[i].Length == 0)
            {
                if (lines.Skip(i).Any(line => line.Length > 0))
                    throw new FormatException("text after an empty line");
                break;
            }

            if (lines[i][0] != '@' || lines.Count < i + 4 || !lines[i + 2].StartsWith('+'))
                throw new FormatException("no record");
            var (title, sequence, repeat, qualities) = (lines[i][1..], lines[i + 1], lines[i + 2][1..], lines[i + 3]);
            if (repeat.Length > 0 && repeat != title && repeat != title.Split(' ', '\t')[0])
                throw new FormatException("another title");
            if (sequence.Length != qualities.Length || (sequence + qualities).Any(c => c is < '!' or > '~'))
                throw new FormatException("sequence and qualities");
            reads.Add((title, sequence, qualities));
        }

        return reads;
    }

    /// <summary>Lines without LF or CRLF; a carriage return at the very end of the content is one too.</summary>
    private static List<string> Lines(byte[] content)
    {
        var lines = Encoding.Latin1.GetString(content).Split('\n').ToList();
        if (lines[^1].Length == 0)
            lines.RemoveAt(lines.Count - 1);
        return lines.ConvertAll(line => line.EndsWith('\r') ? line[..^1] : line);
    }
}
