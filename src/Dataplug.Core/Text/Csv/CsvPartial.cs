namespace Dataplug.Text;

/// <summary>What one chunk of a CSV object knows, for every state that it may have begun in.</summary>
internal sealed class CsvPartial
{
    /// <summary>Quotes at the chunk's start that follow a quote before it: they open nothing, they alternate.</summary>
    public long LeadingQuotes { get; set; }

    /// <summary>Whether there is nothing but these.</summary>
    public bool OnlyQuotes { get; set; }

    /// <summary>What follows if the chunk, its leading quotes aside, began outside of quotes.</summary>
    public required CsvSegment Outside { get; init; }

    /// <summary>What follows if it began inside; null when that can't be (at the start, or without quoting).</summary>
    public CsvSegment? Inside { get; set; }

    /// <summary>What comes after either from where they agree; null when they never do.</summary>
    public CsvSegment? Shared { get; set; }

    /// <summary>The state at the chunk's end if it began outside.</summary>
    public CsvState OutsideEnd { get; set; }

    /// <summary>The state at the chunk's end if it began inside.</summary>
    public CsvState InsideEnd { get; set; }

    /// <summary>Whether the last byte is a line end.</summary>
    public bool EndsWithNewline { get; set; }

    /// <summary>Whether all bytes are below 0x80.</summary>
    public bool IsAscii { get; set; }

    /// <summary>Whether the characters that start in the chunk are UTF-8.</summary>
    public bool IsUtf8 { get; set; }

    /// <summary>Adds what the chunk knows to what is known of everything before it.</summary>
    /// <param name="whole">Everything before the chunk.</param>
    /// <param name="state">The state at the chunk's start.</param>
    /// <param name="expectedFields">Fields that a row should have; 0 when that is unknown.</param>
    /// <returns>The state at the chunk's end.</returns>
    public CsvState AppendTo(CsvSegment whole, CsvState state, long expectedFields)
    {
        if (state != CsvState.Outside && LeadingQuotes % 2 == 1)
            state = state == CsvState.Inside ? CsvState.Closing : CsvState.Inside;
        if (OnlyQuotes)
            return state;

        var inside = state == CsvState.Inside;
        whole.Append(inside ? Inside! : Outside, expectedFields);
        if (Shared is not null)
            whole.Append(Shared, expectedFields);
        return inside ? InsideEnd : OutsideEnd;
    }

    /// <summary>The partial result as bytes.</summary>
    public ReadOnlyMemory<byte> ToBytes()
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes))
        {
            writer.Write7BitEncodedInt64(LeadingQuotes);
            writer.Write(OnlyQuotes);
            writer.Write((byte)OutsideEnd);
            writer.Write((byte)InsideEnd);
            writer.Write(EndsWithNewline);
            writer.Write(IsAscii);
            writer.Write(IsUtf8);
            Outside.Write(writer);
            WriteOptional(writer, Inside);
            WriteOptional(writer, Shared);
        }

        return bytes.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    public static CsvPartial FromBytes(ReadOnlyMemory<byte> bytes, MarkGrid grid)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()));
        return new CsvPartial
        {
            LeadingQuotes = reader.Read7BitEncodedInt64(),
            OnlyQuotes = reader.ReadBoolean(),
            OutsideEnd = (CsvState)reader.ReadByte(),
            InsideEnd = (CsvState)reader.ReadByte(),
            EndsWithNewline = reader.ReadBoolean(),
            IsAscii = reader.ReadBoolean(),
            IsUtf8 = reader.ReadBoolean(),
            Outside = CsvSegment.Read(reader, grid),
            Inside = reader.ReadBoolean() ? CsvSegment.Read(reader, grid) : null,
            Shared = reader.ReadBoolean() ? CsvSegment.Read(reader, grid) : null,
        };
    }

    private static void WriteOptional(BinaryWriter writer, CsvSegment? segment)
    {
        writer.Write(segment is not null);
        segment?.Write(writer);
    }
}
