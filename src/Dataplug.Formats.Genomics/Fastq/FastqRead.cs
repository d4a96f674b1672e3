using System.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>One sequencing read. Immutable; text is made when it is asked for.</summary>
public sealed class FastqRead
{
    private readonly byte[] _bytes;
    private readonly int _titleLength;
    private readonly int _nameLength;
    private readonly int _length;

    internal FastqRead(byte[] bytes, int titleLength, int nameLength, int length, QualityEncoding encoding)
    {
        // The title, the sequence and the qualities, one after another.
        _bytes = bytes;
        _titleLength = titleLength;
        _nameLength = nameLength;
        _length = length;
        QualityEncoding = encoding;
    }

    /// <summary>The name: the title line up to the first space or tab, without '@'.</summary>
    public string Name => Encoding.UTF8.GetString(_bytes, 0, _nameLength);

    /// <summary>The rest of the title line after that space or tab; empty when there is none.</summary>
    public string Description => Encoding.UTF8.GetString(_bytes.AsSpan(0, _titleLength)[FastqTitle.DescriptionStart(_bytes.AsSpan(0, _titleLength), _nameLength)..]);

    /// <summary>The bases as text, e.g. <c>ACGTN</c>.</summary>
    public string Sequence => Encoding.ASCII.GetString(SequenceBytes.Span);

    /// <summary>The quality bytes as text, one for each base.</summary>
    public string Qualities => Encoding.ASCII.GetString(QualityBytes.Span);

    /// <summary>The title line, without '@'.</summary>
    public ReadOnlyMemory<byte> TitleBytes => _bytes.AsMemory(0, _titleLength);

    /// <summary>The bases, each one byte of 33 to 126.</summary>
    public ReadOnlyMemory<byte> SequenceBytes => _bytes.AsMemory(_titleLength, _length);

    /// <summary>The quality bytes, each 33 to 126.</summary>
    public ReadOnlyMemory<byte> QualityBytes => _bytes.AsMemory(_titleLength + _length, _length);

    /// <summary>Number of bases.</summary>
    public int Length => _length;

    /// <summary>How the qualities are encoded.</summary>
    public QualityEncoding QualityEncoding { get; }

    /// <summary>The Phred score of each base, by <see cref="QualityEncoding"/>; see <see cref="FastqQuality.ToPhred"/>.</summary>
    public byte[] GetPhredScores() => GetPhredScores(QualityEncoding);

    /// <summary>The Phred score of each base, by an encoding that you know better.</summary>
    public byte[] GetPhredScores(QualityEncoding encoding)
    {
        var scores = new byte[_length];
        FastqQuality.ToPhred(QualityBytes.Span, encoding, scores);
        return scores;
    }

    /// <summary>The read's name and length.</summary>
    public override string ToString() => $"{Name} ({Length} bases)";
}
