namespace Dataplug.Formats.Genomics;

/// <summary>The parts of a FASTQ title line: the name up to the first space or tab, and the description after it.</summary>
internal static class FastqTitle
{
    public static ReadOnlySpan<byte> Name(ReadOnlySpan<byte> title) =>
        title.IndexOfAny((byte)' ', (byte)'\t') is var end and >= 0 ? title[..end] : title;

    public static int DescriptionStart(ReadOnlySpan<byte> title, int nameLength) => Math.Min(nameLength + 1, title.Length);
}
