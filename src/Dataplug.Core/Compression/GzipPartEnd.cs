using Dataplug.Storage;

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

    /// <summary>Where that member begins in the object, in bytes, and its header; only for a member that began in the part.</summary>
    public required long OpenMemberOffset { get; init; }
    public required byte[] OpenMemberHeader { get; init; }

    /// <summary>Bytes after the last member that are ignored; null when there are none, or the part does not reach the object's
    /// end.</summary>
    public ByteRange? TrailingBytes { get; init; }

    /// <summary>CRC-32 of that member's output, as far as it is in the part.</summary>
    public required uint OpenCrc { get; init; }

    /// <summary>Writes all of it.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write(Output);
        writer.Write(Members);
        writer.Write(OpenMemberStart);
        writer.Write(OpenMemberOffset);
        writer.Write7BitEncodedInt(OpenMemberHeader.Length);
        writer.Write(OpenMemberHeader);
        writer.Write(TrailingBytes?.Offset ?? -1);
        writer.Write(TrailingBytes?.Length ?? 0);
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
        OpenMemberOffset = reader.ReadInt64(),
        OpenMemberHeader = reader.ReadBytes(reader.Read7BitEncodedInt()),
        TrailingBytes = (reader.ReadInt64(), reader.ReadInt64()) is ( >= 0, _) and var (offset, length) ? new ByteRange(offset, length) : null,
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
    private readonly GzipHeaderReader _header = new();
    private uint _crc;
    private GzipPartEnd? _opened;

    /// <summary>Members that ended.</summary>
    public long Members { get; private set; }

    /// <summary>Bytes of output so far.</summary>
    public long Output { get; private set; }

    /// <summary>Takes the next part.</summary>
    /// <returns>The member that began in an earlier part and ended in this one; null when there is none.</returns>
    /// <exception cref="CorruptObjectException">Its checksum or length is not what its trailer says.</exception>
    public GzipMember? Add(GzipPartEnd part)
    {
        var ended = part.Tail is { } tail ? End(tail) : null;
        if (part.OpenMemberStart == GzipPartEnd.BeforePart)
        {
            _crc = Crc32.Combine(_crc, part.OpenCrc, part.Output - Output);
        }
        else if (part.OpenMemberStart >= 0)
        {
            _crc = part.OpenCrc;
            _opened = part;
        }
        Members += part.Members;
        Output = part.Output;
        return ended;
    }

    private GzipMember End(GzipMemberTail tail)
    {
        var opened = _opened ?? throw new CorruptIndexException(source, "the partial results of its preprocessing do not fit together");
        var crc = Crc32.Combine(_crc, tail.Crc, tail.OutputEnd - Output);
        var length = tail.OutputEnd - opened.OpenMemberStart;
        if (crc != tail.StoredCrc)
            throw Corrupt($"the CRC-32 of a member's data is {crc:x8}, but its trailer says {tail.StoredCrc:x8}", tail.TrailerOffset);
        if ((uint)length != tail.StoredLength)
            throw Corrupt($"a member's data have {length} bytes, but its trailer says {tail.StoredLength} (modulo 2^32)", tail.TrailerOffset + 4);
        _header.Reset();
        _header.Append(opened.OpenMemberHeader, out _, out _, out _);
        return _header.ToMember(opened.OpenMemberOffset, opened.OpenMemberStart) with
        {
            CompressedLength = tail.TrailerOffset + 8 - opened.OpenMemberOffset,
            OutputLength = length,
            Crc32 = tail.StoredCrc,
            ISize = tail.StoredLength,
        };

        CorruptObjectException Corrupt(string problem, long offset) =>
            new(source, $"{problem}, in member {Members + 1}, which begins at byte {opened.OpenMemberOffset}", byteOffset: offset)
            {
                MemberNumber = Members + 1,
                MemberOffset = opened.OpenMemberOffset,
            };
    }
}
