using System.Text;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>FASTA read by the plainest means.</summary>
internal static class PlainFasta
{
    /// <summary>The records of a content: name, description and letters. Throws where letters come before the first header, or a sequence
    /// holds bytes that no text has.</summary>
    public static IReadOnlyList<(string Name, string Description, string Letters)> Parse(byte[] content)
    {
        var records = new List<(string Name, string Description, string Letters)>();
        foreach (var line in Encoding.Latin1.GetString(content).Split('\n'))
        {
            if (line.StartsWith('>'))
            {
                var title = (line.EndsWith('\r') ? line[1..^1] : line[1..]).TrimStart(' ', '\t');
                var blank = title.IndexOfAny([' ', '\t']);
                records.Add(blank < 0 ? (title, "", "") : (title[..blank], title[(blank + 1)..], ""));
                continue;
            }

            var letters = string.Concat(line.Where(c => c is >= '!' and <= '~'));
            if (records.Count == 0 && letters.Length > 0)
                throw new FormatException("letters before the first header");
            if (line.Any(c => c is < '\t' or (> '\r' and < ' ') or > '~'))
                throw new FormatException("no text");
            if (records.Count > 0)
                records[^1] = records[^1] with { Letters = records[^1].Letters + letters };
        }

        return records;
    }
}
