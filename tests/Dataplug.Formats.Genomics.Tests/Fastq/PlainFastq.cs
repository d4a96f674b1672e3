using System.Text;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>The rules of docs/formats/fastq.md by the plainest means: split into lines, take them one by one.</summary>
internal static class PlainFastq
{
    private const string NucleotideCodes = "ACGTURYSWKMBDHVNXacgturyswkmbdhvnx*-.";

    /// <summary>Title, sequence and qualities of every read.</summary>
    /// <exception cref="FormatException">The content is not FASTQ.</exception>
    public static List<(string Title, string Sequence, string Qualities)> Parse(byte[] content) => Parse(content, out _);

    /// <summary>Title, sequence and qualities of every read, and whether one has more than four lines.</summary>
    /// <exception cref="FormatException">The content is not FASTQ.</exception>
    public static List<(string Title, string Sequence, string Qualities)> Parse(byte[] content, out bool wrapped)
    {
        var lines = Lines(content);
        var reads = new List<(string, string, string)>();
        wrapped = false;
        for (var i = 0; i < lines.Count;)
        {
            if (lines[i].Length == 0)
            {
                if (lines.Skip(i).Any(line => line.Length > 0))
                    throw new FormatException("text after an empty line");
                break;
            }

            var title = lines[i++];
            if (title[0] != '@')
                throw new FormatException("no title");
            var sequence = Next(lines, ref i);
            string plus;
            while (!(plus = Next(lines, ref i)).StartsWith('+'))
            {
                if (plus.Length == 0 || !NucleotideCodes.Contains(plus[0]))
                    throw new FormatException("no '+' line");
                wrapped = true;
                sequence += plus;
            }

            var line = Next(lines, ref i);
            var qualities = line;
            while (wrapped && qualities.Length < sequence.Length && line.Length > 0)
                qualities += line = Next(lines, ref i);
            if (plus.Length > 1 && plus[1..] != title[1..] && plus[1..] != title[1..].Split(' ', '\t')[0])
                throw new FormatException("another title");
            if (sequence.Length != qualities.Length || (sequence + qualities).Any(c => c is < '!' or > '~'))
                throw new FormatException("sequence and qualities");
            reads.Add((title[1..], sequence, qualities));
        }

        return reads;
    }

    private static string Next(List<string> lines, ref int i) => i < lines.Count ? lines[i++] : throw new FormatException("a line is missing");

    /// <summary>Lines without LF or CRLF; a carriage return at the very end of the content is one too.</summary>
    private static List<string> Lines(byte[] content)
    {
        var lines = Encoding.Latin1.GetString(content).Split('\n').ToList();
        if (lines[^1].Length == 0)
            lines.RemoveAt(lines.Count - 1);
        return lines.ConvertAll(line => line.EndsWith('\r') ? line[..^1] : line);
    }
}
