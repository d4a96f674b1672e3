using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>FASTA of every kind that there is.</summary>
internal static class FastaSamples
{
    private const string Alphabet = "ACGTNacgtnRYKMSWBDHV-*";

    /// <summary>Objects: sequences of lines of one length, of many, of one line; empty ones; LF and CRLF; empty lines between.</summary>
    public static Gen<byte[]> Valid { get; } =
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from count in Gen.Frequency((6, Gen.Choose(0, 12)), (1, Gen.Choose(30, 200)))
        from longest in Gen.Elements(10, 200, 3000)
        from regular in Gen.Frequency((3, Gen.Constant(true)), (2, Gen.Constant(false)))
        select Make(new Random(seed), count, longest, regular);

    /// <summary>Writes an object.</summary>
    /// <param name="random">What everything is drawn from.</param>
    /// <param name="count">Number of sequences.</param>
    /// <param name="longest">Bases of the longest.</param>
    /// <param name="regular">Whether all lines of a sequence but the last have one length, as samtools wants it.</param>
    public static byte[] Make(Random random, int count, int longest, bool regular)
    {
        var text = new StringBuilder();
        var end = random.Next(4) == 0 ? "\r\n" : "\n";
        if (random.Next(8) == 0)
            text.Append(end);
        for (var i = 0; i < count; i++)
        {
            text.Append('>').Append(random.Next(10) == 0 ? "same" : $"seq{i}").Append(random.Next(3) switch { 0 => " a description", 1 => "\tmore >of it", _ => "" }).Append(end);
            var length = random.Next(6) == 0 ? 0 : random.Next(longest) + 1;
            var width = random.Next(3) switch { 0 => length + 1, 1 => random.Next(1, 20), _ => random.Next(20, 100) };
            for (var at = 0; at < length;)
            {
                var line = Math.Min(length - at, regular ? width : random.Next(0, width + 1));
                for (var j = 0; j < line; j++)
                    text.Append(Alphabet[random.Next(Alphabet.Length)]);
                if (!regular && random.Next(10) == 0)
                    text.Append(' ');
                text.Append(end);
                at += line;
            }

            if (random.Next(5) == 0 && length > 0)
                text.Append(end);
        }

        var bytes = Encoding.ASCII.GetBytes(text.ToString());
        return count > 0 && random.Next(4) == 0 ? bytes[..^end.Length] : bytes;
    }
}
