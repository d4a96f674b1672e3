namespace Dataplug.Formats.Genomics;

/// <summary>One sequence of a FASTA object: what a line of a .fai file says of it (faidx(5)), and where its header is.</summary>
/// <param name="Number">Its number in the object, from 0.</param>
/// <param name="Name">Its name: the title up to the first blank.</param>
/// <param name="HeaderOffset">Bytes of content before its header.</param>
/// <param name="Offset">Bytes of content before its first base.</param>
/// <param name="Length">Number of its bases, letters of any kind.</param>
/// <param name="LineBases">Bases in each of its lines but the last; 0 where it has none, or its lines differ.</param>
/// <param name="LineWidth">Bytes of each of its lines but the last, line end included; 0 where it has none, or its lines differ.</param>
/// <param name="EndOffset">Bytes of content before what comes after it: the next header, or the end.</param>
public sealed record FastaSequence(int Number, string Name, long HeaderOffset, long Offset, long Length, long LineBases, long LineWidth, long EndOffset)
{
    /// <summary>Whether its lines differ in length, so that a base is found only by counting from a mark of the index.</summary>
    public bool IsRagged => Length > 0 && LineWidth == 0;
}
