namespace Dataplug.Compression;

/// <summary>What the scan of a part leaves for those who put the parts together.</summary>
internal sealed record GzipPartEnd
{
    /// <summary>The value of <see cref="OpenMemberStart"/> for the member in which the part began.</summary>
    public const long BeforePart = -2;

    /// <summary>Bytes of the object's output before the part's end.</summary>
    public required long Output { get; init; }

    /// <summary>Members that ended in the part.</summary>
    public required long Members { get; init; }

    /// <summary>The end of the member in which the part began; null when it did not begin in one or did not reach its end.</summary>
    public required GzipMemberTail? Tail { get; init; }

    /// <summary>Output before the start of the member in which the part ends; −1 when it ends in none.</summary>
    public required long OpenMemberStart { get; init; }

    /// <summary>CRC-32 of that member's output, as far as it is in the part.</summary>
    public required uint OpenCrc { get; init; }

    /// <summary>Writes all of it.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write(Output);
        writer.Write(Members);
        writer.Write(OpenMemberStart);
        writer.Write(OpenCrc);
        writer.Write(Tail is not null);
        if (Tail is not { } tail)
            return;
        writer.Write(tail.Crc);
        writer.Write(tail.OutputEnd);
        writer.Write(tail.StoredCrc);
        writer.Write(tail.StoredLength);
        writer.Write(tail.TrailerOffset);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static GzipPartEnd Read(BinaryReader reader) => new()
    {
        Output = reader.ReadInt64(),
        Members = reader.ReadInt64(),
        OpenMemberStart = reader.ReadInt64(),
        OpenCrc = reader.ReadUInt32(),
        Tail = reader.ReadBoolean()
            ? new GzipMemberTail(reader.ReadUInt32(), reader.ReadInt64(), reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadInt64())
            : null,
    };
}

/// <summary>Verifies the members that reach over several parts, from the checksums of their pieces.</summary>
/// <param name="source">The object's name for messages.</param>
internal sealed class GzipPartSums(string source)
{
    private uint _crc;
    private long _memberStart;
    private long _partStart;

    /// <summary>Members that ended.</summary>
    public long Members { get; private set; }

    /// <summary>Bytes of output so far.</summary>
    public long Output => _partStart;

    /// <summary>Takes the next part.</summary>
    /// <exception cref="CorruptObjectException">A member's checksum or length is not what its trailer says.</exception>
    public void Add(GzipPartEnd part)
    {
        Members += part.Members;
        if (part.Tail is { } tail)
        {
            var crc = Crc32.Combine(_crc, tail.Crc, tail.OutputEnd - _partStart);
            if (crc != tail.StoredCrc)
                throw new CorruptObjectException(source, $"the CRC-32 of a member's data is {crc:x8}, but its trailer says {tail.StoredCrc:x8}", byteOffset: tail.TrailerOffset);
            var length = tail.OutputEnd - _memberStart;
            if ((uint)length != tail.StoredLength)
                throw new CorruptObjectException(source, $"a member's data have {length} bytes, but its trailer says {tail.StoredLength} (modulo 2^32)", byteOffset: tail.TrailerOffset + 4);
        }
        if (part.OpenMemberStart == GzipPartEnd.BeforePart)
        {
            _crc = Crc32.Combine(_crc, part.OpenCrc, part.Output - _partStart);
        }
        else if (part.OpenMemberStart >= 0)
        {
            _crc = part.OpenCrc;
            _memberStart = part.OpenMemberStart;
        }
        _partStart = part.Output;
    }
}
