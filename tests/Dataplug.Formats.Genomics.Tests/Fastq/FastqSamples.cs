using System.Globalization;
using System.Text;
using Dataplug.Conformance.GZip;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>FASTQ contents, valid and almost valid.</summary>
internal static class FastqSamples
{
    /// <summary>Valid contents: any read lengths, also 0; CRLF; repeated titles; no last line end; empty lines at the end.</summary>
    public static Gen<byte[]> Valid { get; } = Gen.Sized(size =>
        from reads in Gen.Choose(0, 4 * (size + 1))
        from style in Gen.Choose(0, 63)
        from longest in Gen.Elements(1, 10, 150, 3000)
        from seed in Gen.Choose(0, int.MaxValue)
        select Make(reads, style, longest, new System.Random(seed)));

    /// <summary>Valid contents whose reads are wrapped over lines of one length, as old programs wrote them.</summary>
    public static Gen<byte[]> Wrapped { get; } = Gen.Sized(size =>
        from reads in Gen.Choose(0, 2 * (size + 1))
        from width in Gen.Choose(1, 80)
        from longest in Gen.Elements(10, 150, 3000)
        from style in Gen.Choose(0, 7)
        from seed in Gen.Choose(0, int.MaxValue)
        select Wrap(reads, width, longest, style, new System.Random(seed)));

    /// <summary>Contents that are valid but for a few bytes changed, inserted or taken out.</summary>
    public static Gen<byte[]> Damaged { get; } =
        from content in Valid
        from edits in Gen.Choose(1, 3)
        from seed in Gen.Choose(0, int.MaxValue)
        select Damage(content, edits, new System.Random(seed));

    private static byte[] Make(int count, int style, int longest, System.Random random)
    {
        var text = new StringBuilder();
        var end = (style & 1) != 0 ? "\r\n" : "\n";
        for (var i = 0; i < count; i++)
        {
            var title = (style & 2) != 0 ? $"M0:1:FC:1:1101:{random.Next(30000)}:{i} 1:N:0:ACGT" : $"r{i}";
            var length = (style & 4) != 0 && random.Next(4) == 0 ? 0 : random.Next(longest + 1);
            var sequence = new string([.. Enumerable.Range(0, length).Select(_ => "ACGTN"[random.Next(5)])]);
            var qualities = new string([.. Enumerable.Range(0, length).Select(_ => (char)random.Next('!', (style & 8) != 0 ? '~' + 1 : 'J'))]);
            var repeat = (style & 16) == 0 ? "" : random.Next(2) == 0 ? title : title.Split(' ')[0];
            text.Append('@').Append(title).Append(end).Append(sequence).Append(end).Append('+').Append(repeat).Append(end).Append(qualities).Append(end);
        }

        if ((style & 32) != 0 && random.Next(2) == 0)
        {
            for (var i = random.Next(5); i > 0; i--)
                text.Append(end);
        }
        else if ((style & 32) != 0 && text.Length > 0 && !text.ToString().EndsWith("+" + end + end, StringComparison.Ordinal) && PlainLastReadHasBases(text.ToString()))
        {
            text.Length -= end.Length;
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static byte[] Wrap(int count, int width, int longest, int style, System.Random random)
    {
        var text = new StringBuilder();
        var end = (style & 1) != 0 ? "\r\n" : "\n";
        for (var i = 0; i < count; i++)
        {
            // A first read over several lines tells the layout; qualities may begin with '@' and '+'.
            var length = i == 0 ? (width * 2) + 1 : random.Next(longest + 1);
            var sequence = new string([.. Enumerable.Range(0, length).Select(_ => "ACGTN"[random.Next(5)])]);
            var qualities = new string([.. Enumerable.Range(0, length).Select(_ => "@+>I!"[random.Next(5)])]);
            text.Append(CultureInfo.InvariantCulture, $"@r{i}").Append(end);
            AppendLines(sequence);
            text.Append('+').Append((style & 2) != 0 ? $"r{i}" : "").Append(end);
            AppendLines(qualities);
        }

        var bytes = Encoding.ASCII.GetBytes(text.ToString());
        return (style & 4) != 0 && count > 0 && !text.ToString().EndsWith(end + end, StringComparison.Ordinal) ? bytes[..^end.Length] : bytes;

        void AppendLines(string line)
        {
            for (var at = 0; at == 0 || at < line.Length; at += width)
                text.Append(line, at, Math.Min(width, line.Length - at)).Append(end);
        }
    }

    // The last line end may be missing, unless the qualities before it are empty: then the line itself would be.
    private static bool PlainLastReadHasBases(string text) => !text.TrimEnd('\r', '\n').Split('\n')[^1].StartsWith('+') || text.Split('\n')[^2].TrimEnd('\r').Length > 0;

    private static byte[] Damage(byte[] content, int edits, System.Random random)
    {
        var bytes = content.ToList();
        for (; edits > 0; edits--)
        {
            var at = random.Next(bytes.Count + 1);
            var odd = random.Next(6) == 0 ? (byte)random.Next(256) : "\n\n\r@+ \tA~!"u8[random.Next(10)];
            if (at == bytes.Count || random.Next(3) == 0)
                bytes.Insert(at, odd);
            else if (random.Next(2) == 0)
                bytes[at] = odd;
            else
                bytes.RemoveAt(at);
        }

        return [.. bytes];
    }
}
