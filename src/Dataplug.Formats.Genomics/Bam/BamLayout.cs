using System.Buffers.Binary;
using System.Globalization;

namespace Dataplug.Formats.Genomics;

/// <summary>Where the fields of a record are (SAM specification, section 4.2), in its bytes without the leading block_size.</summary>
internal static class BamLayout
{
    /// <summary>Bytes before the read's name.</summary>
    public const int FixedLength = 32;

    /// <summary>The largest record that is read, in bytes: 256 MiB, a read of about 170 million bases.</summary>
    public const int MaxRecordLength = 256 << 20;

    public static int ReferenceId(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record);

    public static int Position(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record[4..]);

    public static int NameLength(ReadOnlySpan<byte> record) => record[8];

    public static int CigarCount(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt16LittleEndian(record[12..]);

    public static BamFlags Flags(ReadOnlySpan<byte> record) => (BamFlags)BinaryPrimitives.ReadUInt16LittleEndian(record[14..]);

    public static int SequenceLength(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record[16..]);

    public static int CigarStart(ReadOnlySpan<byte> record) => FixedLength + NameLength(record);

    public static int SequenceStart(ReadOnlySpan<byte> record) => CigarStart(record) + (4 * CigarCount(record));

    public static int QualityStart(ReadOnlySpan<byte> record) => SequenceStart(record) + ((SequenceLength(record) + 1) / 2);

    public static int TagStart(ReadOnlySpan<byte> record) => QualityStart(record) + SequenceLength(record);

    /// <summary>What is wrong with a record's length.</summary>
    /// <returns>Null when nothing is.</returns>
    public static string? ProblemOfLength(int length) =>
        length < FixedLength ? string.Create(CultureInfo.InvariantCulture, $"has a block_size of {length}, but needs {FixedLength} at least") : null;

    /// <summary>What is wrong with a record's numbers. The next segment's position is not looked at: aligners have written anything there,
    /// and samtools takes it.</summary>
    /// <param name="record">The record, at least <see cref="FixedLength"/> bytes.</param>
    /// <param name="references">Number of reference sequences.</param>
    /// <returns>Null when nothing is.</returns>
    public static string? ProblemOf(ReadOnlySpan<byte> record, int references)
    {
        var sequenceLength = SequenceLength(record);
        var nextId = BinaryPrimitives.ReadInt32LittleEndian(record[20..]);
        if ((uint)(ReferenceId(record) + 1) <= (uint)references && (uint)(nextId + 1) <= (uint)references && Position(record) >= -1
            && NameLength(record) > 0 && sequenceLength >= 0
            && FixedLength + NameLength(record) + (4L * CigarCount(record)) + (((long)sequenceLength + 1) / 2) + sequenceLength <= record.Length)
        {
            return null;
        }

        FormattableString problem = ((uint)(ReferenceId(record) + 1) <= (uint)references, (uint)(nextId + 1) <= (uint)references, Position(record) >= -1) switch
        {
            (false, _, _) => $"is on reference sequence {ReferenceId(record)}, but there are {references}",
            (_, false, _) => $"has its next segment on reference sequence {nextId}, but there are {references}",
            (_, _, false) => $"has a position below -1",
            _ when NameLength(record) == 0 => $"has no name, not even its zero byte",
            _ => $"has {record.Length} bytes, too few for a name of {NameLength(record)}, {CigarCount(record)} CIGAR operations and {sequenceLength} bases",
        };
        return problem.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The position after the last one that a record covers: one after its start for records that are not mapped or consume
    /// no position, as samtools has it.</summary>
    public static long EndOf(ReadOnlySpan<byte> record)
    {
        var position = Position(record);
        if ((Flags(record) & BamFlags.Unmapped) != 0)
            return position + 1L;
        var length = new BamCigar(CigarOf(record)).ReferenceLength;
        return position + (length == 0 ? 1 : length);
    }

    /// <summary>The CIGAR operations, also those of more than 65535, which are in the tag CG (section 4.2.2).</summary>
    public static ReadOnlySpan<byte> CigarOf(ReadOnlySpan<byte> record)
    {
        var cigar = record.Slice(CigarStart(record), 4 * CigarCount(record));

        // The stand-in is <bases>S, then <positions>N.
        if (cigar.Length == 0 || ReferenceId(record) < 0 || Position(record) < 0
            || BinaryPrimitives.ReadUInt32LittleEndian(cigar) != (((uint)SequenceLength(record) << 4) | (uint)BamCigarKind.SoftClip))
        {
            return cigar;
        }

        // A broken list of tags has no CG; whoever asks for its tags is told.
        var tags = record[TagStart(record)..];
        while (BamTags.TryMeasure(tags, out var length))
        {
            if (tags.StartsWith("CGB"u8) && tags[3] is (byte)'I' or (byte)'i')
            {
                var count = BinaryPrimitives.ReadUInt32LittleEndian(tags[4..]);
                return count >= CigarCount(record) ? tags[8..length] : cigar;
            }

            tags = tags[length..];
        }

        return cigar;
    }
}
