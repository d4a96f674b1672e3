namespace Dataplug.Formats.Genomics;

/// <summary>Whether content is FASTQ, by its first read.</summary>
internal static class FastqDetection
{
    /// <summary>How sure it is that the content of an object is FASTQ.</summary>
    public static FormatMatch Match(ReadOnlySpan<byte> content, FormatProbe probe, IReadOnlyList<string> extensions)
    {
        var named = probe.HasExtension(extensions);
        if (content.IsEmpty)
            return named ? FormatMatch.Likely : FormatMatch.None;
        return (BeginsWithRead(content), named) switch
        {
            (true, true) => FormatMatch.Certain,
            (true, false) => FormatMatch.Likely,
            (false, true) => FormatMatch.Possible,
            _ => FormatMatch.None,
        };
    }

    /// <summary>Whether a read in the first bytes of a content is wrapped over more lines than four.</summary>
    public static bool IsWrapped(ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty && content[0] == (byte)'@')
        {
            _ = TakeLine(ref content, out _);
            var sequence = TakeLine(ref content, out _);
            var plus = TakeLine(ref content, out var isWhole);
            if (!isWhole)
                return false;
            if (plus.IsEmpty || plus[0] != (byte)'+')
                return !sequence.IsEmpty;
            _ = TakeLine(ref content, out _);
        }

        return false;
    }

    // The first read, or as much of it as there is, follows the pattern.
    private static bool BeginsWithRead(ReadOnlySpan<byte> content)
    {
        if (content[0] != (byte)'@')
            return false;
        var title = TakeLine(ref content, out var hasTitle);
        if (!hasTitle)
            return title.Length >= 1024; // a lone short line may begin with '@' in any text
        long bases = 0;
        var isWrapped = false;
        for (var lines = 0; ; lines++)
        {
            var line = TakeLine(ref content, out var isWhole);
            if (lines > 0 && line.StartsWith("+"u8) && isWhole)
                break;
            if (line.ContainsAnyExceptInRange((byte)'!', (byte)'~') || (lines > 0 && line.IsEmpty))
                return false;
            bases += line.Length;
            isWrapped = lines > 0;
            if (!isWhole)
                return bases >= 1024;
        }

        for (long qualities = 0; ;)
        {
            var line = TakeLine(ref content, out var isWhole);
            qualities += line.Length;
            if (qualities > bases || (qualities < bases && isWhole && !isWrapped))
                return false;
            if (qualities == bases || !isWhole)
                return true;
            if (line.IsEmpty)
                return false;
        }
    }

    private static ReadOnlySpan<byte> TakeLine(ref ReadOnlySpan<byte> text, out bool isWhole)
    {
        var feed = text.IndexOf((byte)'\n');
        isWhole = feed >= 0;
        var line = isWhole ? text[..feed] : text;
        text = text[line.Length..];
        if (isWhole)
            text = text[1..];
        return line.EndsWith("\r"u8) ? line[..^1] : line;
    }
}
