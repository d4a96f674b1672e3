namespace Dataplug.Formats.Genomics;

/// <summary>What a piece of FASTA content is made of, as <see cref="FastaScanner"/> writes it and <see cref="FastaAssembler"/> reads it.</summary>
internal enum FastaEvent : byte
{
    /// <summary>Where the piece begins: offset in the content.</summary>
    Begin = 1,

    /// <summary>Whole lines of one shape.</summary>
    Lines,

    /// <summary>Whole lines of many shapes, with marks.</summary>
    ManyLines,

    /// <summary>A header line, or its first part where it does not end.</summary>
    Header,

    /// <summary>A part of a line that began in an earlier piece.</summary>
    Continuation,

    /// <summary>The first part of a line that ends in a later piece.</summary>
    Line,

    /// <summary>What a line before this event is not, if it is one of a sequence: an offset and a byte that no text has.</summary>
    Binary,
}
