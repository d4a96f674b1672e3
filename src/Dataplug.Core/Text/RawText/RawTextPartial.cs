namespace Dataplug.Text;

/// <summary>What one chunk of a text knows; offsets are from the start of the object, numbers from the start of the chunk.</summary>
internal sealed class RawTextPartial
{
    /// <summary>Line starts in the chunk.</summary>
    public long Lines { get; set; }

    /// <summary>Word starts in the chunk.</summary>
    public long Words { get; set; }

    /// <summary>LF bytes, also those of CRLF.</summary>
    public long Lf { get; set; }

    /// <summary>CR bytes, also those of CRLF.</summary>
    public long Cr { get; set; }

    /// <summary>LF bytes in the chunk after a CR, which may be the byte before the chunk.</summary>
    public long CrLf { get; set; }

    /// <summary>Offset of the first line start; −1 when there is none.</summary>
    public long FirstLineStart { get; set; } = -1;

    /// <summary>Offset of the last line start; −1 when there is none.</summary>
    public long LastLineStart { get; set; } = -1;

    /// <summary>Bytes, line end included, of the longest line that starts and ends between the two; 0 when there is none.</summary>
    public long LongestLine { get; set; }

    /// <summary>Whether the last byte is a line end.</summary>
    public bool EndsWithNewline { get; set; }

    /// <summary>Whether the chunk starts with the byte order mark of the text.</summary>
    public bool ByteOrderMark { get; set; }

    /// <summary>Whether all bytes are below 0x80.</summary>
    public bool IsAscii { get; set; }

    /// <summary>Whether the characters that start in the chunk are UTF-8.</summary>
    public bool IsUtf8 { get; set; }

    /// <summary>The first line start of every cell.</summary>
    public required MarkList LineMarks { get; init; }

    /// <summary>The first word start of every cell.</summary>
    public required MarkList WordMarks { get; init; }

    /// <summary>The partial result as bytes.</summary>
    public ReadOnlyMemory<byte> ToBytes()
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes))
        {
            foreach (var number in (ReadOnlySpan<long>)[Lines, Words, Lf, Cr, CrLf, FirstLineStart + 1, LastLineStart + 1, LongestLine])
                writer.Write7BitEncodedInt64(number);
            writer.Write(EndsWithNewline);
            writer.Write(ByteOrderMark);
            writer.Write(IsAscii);
            writer.Write(IsUtf8);
            LineMarks.Write(writer);
            WordMarks.Write(writer);
        }

        return bytes.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    public static RawTextPartial FromBytes(ReadOnlyMemory<byte> bytes, MarkGrid grid)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()));
        return new RawTextPartial
        {
            Lines = reader.Read7BitEncodedInt64(),
            Words = reader.Read7BitEncodedInt64(),
            Lf = reader.Read7BitEncodedInt64(),
            Cr = reader.Read7BitEncodedInt64(),
            CrLf = reader.Read7BitEncodedInt64(),
            FirstLineStart = reader.Read7BitEncodedInt64() - 1,
            LastLineStart = reader.Read7BitEncodedInt64() - 1,
            LongestLine = reader.Read7BitEncodedInt64(),
            EndsWithNewline = reader.ReadBoolean(),
            ByteOrderMark = reader.ReadBoolean(),
            IsAscii = reader.ReadBoolean(),
            IsUtf8 = reader.ReadBoolean(),
            LineMarks = MarkList.Read(reader, grid),
            WordMarks = MarkList.Read(reader, grid),
        };
    }
}
