namespace Dataplug.Bench;

/// <summary>
/// Reads as an Illumina machine writes them: bases from a pseudo genome that overlap, binned qualities that come in runs and fall
/// off along the read. gzip -6 makes about a quarter of them. The same bytes for the same length everywhere.
/// </summary>
internal static class SyntheticReads
{
    private const int ReadLength = 150;
    private const int GenomeLength = 1_000_000;

    /// <summary>The first <paramref name="length"/> bytes of a FASTQ file.</summary>
    public static byte[] Fastq(int length)
    {
        var random = new Random(20240607);
        var genome = new byte[GenomeLength + ReadLength];
        for (var i = 0; i < genome.Length; i++)
            genome[i] = "ACGT"u8[random.Next(4)];
        var fastq = new byte[length + 1024];
        var read = new byte[1024];
        var x = 1000;
        var y = 1000;
        for (var at = 0; at < length;)
        {
            x += random.Next(40);
            if (x > 32_000)
                (x, y) = (1000, y + 16);
            System.Text.Unicode.Utf8.TryWrite(read, $"@A00741:203:HGV7KDSX2:2:1101:{x}:{y} 1:N:0:GATCAGTC+TTGACCAA\n", out var written);
            var start = random.Next(GenomeLength);
            var isReverse = random.Next(2) == 0;
            for (var i = 0; i < ReadLength; i++)
                read[written++] = isReverse ? Complement(genome[start + ReadLength - 1 - i]) : genome[start + i];
            "\n+\n"u8.CopyTo(read.AsSpan(written));
            written += 3;
            var level = 7;
            for (var i = 0; i < ReadLength; i++)
            {
                if (random.NextDouble() < 0.1 + 0.25 * i / ReadLength)
                    level = level == 7 ? "6666664431"[random.Next(10)] - '0' : random.Next(10) < 7 ? 7 : 1 + random.Next(6);
                read[written++] = "#,5:?BFI"u8[level];
            }
            read[written++] = (byte)'\n';
            read.AsSpan(0, written).CopyTo(fastq.AsSpan(at));
            at += written;
        }
        return fastq[..length];
    }

    private static byte Complement(byte letter) => letter switch { (byte)'A' => (byte)'T', (byte)'C' => (byte)'G', (byte)'G' => (byte)'C', _ => (byte)'A' };
}
