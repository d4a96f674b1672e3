namespace Dataplug.Core.Tests.Text.RawText;

/// <summary>Lines and words by the plainest code.</summary>
internal static class PlainText
{
    public static int BomLength(byte[] text) => text is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0;

    /// <summary>Offsets at which lines start; the first starts after the byte order mark.</summary>
    public static List<long> LineStarts(byte[] text)
    {
        var starts = new List<long>();
        var atStart = true;
        for (var i = BomLength(text); i < text.Length; i++)
        {
            if (atStart)
                starts.Add(i);
            atStart = text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n'));
        }

        return starts;
    }

    /// <summary>Offsets at which words start.</summary>
    public static List<long> WordStarts(byte[] text)
    {
        var starts = new List<long>();
        var inWord = false;
        for (var i = BomLength(text); i < text.Length; i++)
        {
            if (!IsSpace(text[i]) && !inWord)
                starts.Add(i);
            inWord = !IsSpace(text[i]);
        }

        return starts;
    }

    /// <summary>The lines without their ends.</summary>
    public static List<byte[]> Lines(byte[] text)
    {
        var lines = new List<byte[]>();
        var starts = LineStarts(text);
        for (var i = 0; i < starts.Count; i++)
        {
            var line = text[(int)starts[i]..(i + 1 < starts.Count ? (int)starts[i + 1] : text.Length)];
            if (line is [.., (byte)'\r', (byte)'\n'])
                line = line[..^2];
            else if (line is [.., (byte)'\r' or (byte)'\n'])
                line = line[..^1];
            lines.Add(line);
        }

        return lines;
    }

    /// <summary>The words.</summary>
    public static List<byte[]> Words(byte[] text) =>
        WordStarts(text).Select(start => text.Skip((int)start).TakeWhile(b => !IsSpace(b)).ToArray()).ToList();

    /// <summary>Of the record starts, the first in each cell, with the number of those before it.</summary>
    public static (long[] Offsets, long[] Numbers) Marks(IReadOnlyList<long> starts, long cellSize)
    {
        var marks = starts.Select((start, number) => (start, number)).GroupBy(s => s.start / cellSize).Select(cell => cell.First()).ToArray();
        return (marks.Select(m => m.start).ToArray(), marks.Select(m => (long)m.number).ToArray());
    }

    private static bool IsSpace(byte b) => b is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\v' or (byte)'\f' or (byte)'\r';
}
