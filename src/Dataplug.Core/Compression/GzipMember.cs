namespace Dataplug.Compression;

/// <summary>One member of a gzip object with all fields of its header and trailer (RFC 1952, section 2.3).</summary>
public sealed record GzipMember
{
    /// <summary>Byte offset of the member's header in the stored object.</summary>
    public required long Offset { get; init; }

    /// <summary>Bytes of the header; the deflate data begin at <see cref="Offset"/> + this.</summary>
    public required int HeaderLength { get; init; }

    /// <summary>Bytes of the whole member: header, deflate data and trailer.</summary>
    public required long CompressedLength { get; init; }

    /// <summary>Bytes of output of all members before this one.</summary>
    public required long OutputOffset { get; init; }

    /// <summary>Bytes of this member's output, exact also beyond 4 GiB.</summary>
    public required long OutputLength { get; init; }

    /// <summary>CRC-32 of the output, as stored and verified.</summary>
    public required uint Crc32 { get; init; }

    /// <summary>The output's length modulo 2^32, as stored and verified.</summary>
    public required uint ISize { get; init; }

    /// <summary>MTIME: seconds since 1970-01-01T00:00:00Z of the original file's last change; 0 = none.</summary>
    public required uint ModificationTime { get; init; }

    /// <summary>OS: the file system that the file came from (0 FAT, 3 Unix, 255 unknown, ...).</summary>
    public required byte OperatingSystem { get; init; }

    /// <summary>XFL: 2 = slowest compression, 4 = fastest, else 0.</summary>
    public required byte ExtraFlags { get; init; }

    /// <summary>FTEXT: the compressor thought that the data are text.</summary>
    public required bool IsText { get; init; }

    /// <summary>FNAME: the original file's name (ISO 8859-1); null when absent.</summary>
    public string? FileName { get; init; }

    /// <summary>FCOMMENT: a comment for people (ISO 8859-1); null when absent.</summary>
    public string? Comment { get; init; }

    /// <summary>FEXTRA: the extra field's bytes, subfields as stored (RFC 1952, section 2.3.1.1); empty when absent.</summary>
    public ReadOnlyMemory<byte> ExtraField { get; init; }

    /// <summary>FHCRC: the header carried a CRC-16, and it was verified.</summary>
    public required bool HasHeaderCrc { get; init; }
}

/// <summary>The end of a member whose start was not seen.</summary>
/// <param name="Crc">CRC-32 of the output that was seen.</param>
/// <param name="OutputEnd">Bytes of the object's output before its end.</param>
/// <param name="StoredCrc">CRC-32 of all its output, as its trailer has it.</param>
/// <param name="StoredLength">Its output's length modulo 2^32, as its trailer has it.</param>
/// <param name="TrailerOffset">Byte offset of its trailer in the stored object.</param>
internal readonly record struct GzipMemberTail(uint Crc, long OutputEnd, uint StoredCrc, uint StoredLength, long TrailerOffset);
