using System.Buffers.Binary;
using System.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>One record as it is stored, whose fields are decoded when they are asked for; valid until its reader's next
/// <see cref="BamReader.FillAsync"/>. SAM specification, section 4.2.</summary>
public readonly ref struct BamRecordView
{
    // The bases' letters by their four bits.
    private const string Letters = "=ACMGRSVTWYHKDBN";

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly BamReaderOptions _options;

    internal BamRecordView(ReadOnlySpan<byte> bytes, BamReaderOptions options)
    {
        _bytes = bytes;
        _options = options;
    }

    /// <summary>The record as it is stored, without the leading block_size.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The number of its reference sequence in the header, from 0; −1 for none.</summary>
    public int ReferenceId => BamLayout.ReferenceId(_bytes);

    /// <summary>The name of its reference sequence; null for none, or where the header is not known.</summary>
    public string? ReferenceName => NameOf(ReferenceId);

    /// <summary>Its first position on the reference, from 0; −1 for none.</summary>
    public int Position => BamLayout.Position(_bytes);

    /// <summary>The position after its last: one after <see cref="Position"/> where it is not mapped or its CIGAR covers nothing.</summary>
    public long End => BamLayout.EndOf(_bytes);

    /// <summary>Its mapping quality, 0 to 254; 255 for none.</summary>
    public byte MappingQuality => _bytes[9];

    /// <summary>What it says of its read and alignment.</summary>
    public BamFlags Flags => BamLayout.Flags(_bytes);

    /// <summary>Whether it is mapped.</summary>
    public bool IsMapped => (Flags & BamFlags.Unmapped) == 0;

    /// <summary>The read's name; <c>*</c> for none.</summary>
    public ReadOnlySpan<byte> Name => _bytes.Slice(BamLayout.FixedLength, BamLayout.NameLength(_bytes)).TrimEnd((byte)0);

    /// <summary>How its bases lie along the reference. More than 65535 operations are taken from the tag CG.</summary>
    public BamCigar Cigar => new(BamLayout.CigarOf(_bytes));

    /// <summary>Number of bases; 0 where they are not stored.</summary>
    public int SequenceLength => BamLayout.SequenceLength(_bytes);

    /// <summary>The bases, two a byte, the first in the upper four bits.</summary>
    public ReadOnlySpan<byte> PackedSequence => _bytes[BamLayout.SequenceStart(_bytes)..BamLayout.QualityStart(_bytes)];

    /// <summary>The Phred qualities, one for each base; all 255 where there are none.</summary>
    public ReadOnlySpan<byte> Qualities => _bytes[BamLayout.QualityStart(_bytes)..BamLayout.TagStart(_bytes)];

    /// <summary>The number of the reference sequence of the template's next segment; −1 for none.</summary>
    public int NextReferenceId => BinaryPrimitives.ReadInt32LittleEndian(_bytes[20..]);

    /// <summary>The first position of the template's next segment, from 0; −1 for none.</summary>
    public int NextPosition => BinaryPrimitives.ReadInt32LittleEndian(_bytes[24..]);

    /// <summary>The length of the template, with a sign; 0 where it is not known.</summary>
    public int TemplateLength => BinaryPrimitives.ReadInt32LittleEndian(_bytes[28..]);

    /// <summary>The optional fields.</summary>
    public BamTags Tags => new(_bytes[BamLayout.TagStart(_bytes)..], _options?.Source);

    /// <summary>Finds an optional field, e.g. <c>"NM"u8</c>.</summary>
    /// <returns>False when there is none of that name.</returns>
    /// <exception cref="CorruptObjectException">A tag is of an unknown type, or reaches beyond its record.</exception>
    public bool TryGetTag(ReadOnlySpan<byte> name, out BamTag tag) => Tags.TryGet(name, out tag);

    /// <summary>Writes the bases as letters.</summary>
    /// <param name="destination">Takes them: at least <see cref="SequenceLength"/> bytes.</param>
    /// <returns>Number of bases.</returns>
    /// <exception cref="ArgumentException">There is too little room.</exception>
    public int CopySequence(Span<byte> destination)
    {
        var length = SequenceLength;
        if (destination.Length < length)
            throw new ArgumentException($"{length} bases need as many bytes.", nameof(destination));
        var packed = PackedSequence;
        for (var i = 0; i < length; i++)
            destination[i] = (byte)Letters[(packed[i >> 1] >> ((~i & 1) << 2)) & 15];
        return length;
    }

    /// <summary>A copy to keep.</summary>
    public BamRecord ToRecord() => new(_bytes.ToArray(), _options);

    /// <summary>The record as a line of SAM, without line end.</summary>
    public override string ToString()
    {
        var line = new StringBuilder();
        line.Append(Encoding.UTF8.GetString(Name)).Append('\t').Append((int)Flags).Append('\t')
            .Append(ReferenceName ?? "*").Append('\t').Append(Position + 1L).Append('\t').Append(MappingQuality).Append('\t')
            .Append(Cigar.ToString()).Append('\t')
            .Append(NextReferenceId >= 0 && NextReferenceId == ReferenceId ? "=" : NameOf(NextReferenceId) ?? "*").Append('\t')
            .Append(NextPosition + 1L).Append('\t').Append(TemplateLength).Append('\t');
        var packed = PackedSequence;
        var qualities = Qualities;
        for (var i = 0; i < SequenceLength; i++)
            line.Append(Letters[(packed[i >> 1] >> ((~i & 1) << 2)) & 15]);
        line.Append(SequenceLength == 0 ? "*\t" : "\t");
        if (qualities.IsEmpty || qualities[0] == byte.MaxValue)
            line.Append('*');
        else
            foreach (var quality in qualities)
                line.Append((char)(quality + '!'));
        foreach (var tag in Tags)
        {
            // The tag that has the CIGAR is no field of SAM.
            if (!tag.Value.Overlaps(BamLayout.CigarOf(_bytes)))
                line.Append('\t').Append(tag.ToString());
        }

        return line.ToString();
    }

    private string? NameOf(int reference) =>
        _options?.Header is { } header && reference >= 0 && reference < header.References.Count ? header.References[reference].Name : null;
}
