using System.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>One record. Immutable; fields are decoded when they are asked for.</summary>
public sealed class BamRecord
{
    private readonly byte[] _bytes;
    private readonly BamReaderOptions _options;

    internal BamRecord(byte[] bytes, BamReaderOptions options)
    {
        _bytes = bytes;
        _options = options;
    }

    /// <summary>The record as spans.</summary>
    public BamRecordView View => new(_bytes, _options);

    /// <summary>The header of its object; null where it is not known.</summary>
    public BamHeader? Header => _options.Header;

    /// <inheritdoc cref="BamRecordView.Bytes"/>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <inheritdoc cref="BamRecordView.ReferenceId"/>
    public int ReferenceId => View.ReferenceId;

    /// <inheritdoc cref="BamRecordView.ReferenceName"/>
    public string? ReferenceName => View.ReferenceName;

    /// <inheritdoc cref="BamRecordView.Position"/>
    public int Position => View.Position;

    /// <inheritdoc cref="BamRecordView.End"/>
    public long End => View.End;

    /// <inheritdoc cref="BamRecordView.MappingQuality"/>
    public byte MappingQuality => View.MappingQuality;

    /// <inheritdoc cref="BamRecordView.Flags"/>
    public BamFlags Flags => View.Flags;

    /// <inheritdoc cref="BamRecordView.IsMapped"/>
    public bool IsMapped => View.IsMapped;

    /// <inheritdoc cref="BamRecordView.Name"/>
    public string Name => Encoding.UTF8.GetString(View.Name);

    /// <inheritdoc cref="BamRecordView.Cigar"/>
    public BamCigar Cigar => View.Cigar;

    /// <summary>The bases as text, e.g. <c>ACGTN</c>; empty where they are not stored.</summary>
    public string Sequence => string.Create(View.SequenceLength, this, static (letters, record) =>
    {
        var bases = new byte[letters.Length];
        _ = record.View.CopySequence(bases);
        _ = Encoding.ASCII.GetChars(bases, letters);
    });

    /// <inheritdoc cref="BamRecordView.Qualities"/>
    public ReadOnlySpan<byte> Qualities => View.Qualities;

    /// <inheritdoc cref="BamRecordView.NextReferenceId"/>
    public int NextReferenceId => View.NextReferenceId;

    /// <inheritdoc cref="BamRecordView.NextPosition"/>
    public int NextPosition => View.NextPosition;

    /// <inheritdoc cref="BamRecordView.TemplateLength"/>
    public int TemplateLength => View.TemplateLength;

    /// <inheritdoc cref="BamRecordView.Tags"/>
    public BamTags Tags => View.Tags;

    /// <inheritdoc cref="BamRecordView.TryGetTag"/>
    public bool TryGetTag(ReadOnlySpan<byte> name, out BamTag tag) => View.TryGetTag(name, out tag);

    /// <inheritdoc cref="BamRecordView.ToString"/>
    public override string ToString() => View.ToString();
}
