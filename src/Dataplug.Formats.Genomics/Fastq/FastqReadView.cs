namespace Dataplug.Formats.Genomics;

/// <summary>One read as spans into the reader's buffer: valid until its next <see cref="FastqReader.FillAsync"/>.</summary>
public readonly ref struct FastqReadView
{
    private readonly ReadOnlySpan<byte> _title;
    private readonly QualityEncoding _encoding;

    internal FastqReadView(ReadOnlySpan<byte> title, ReadOnlySpan<byte> sequence, ReadOnlySpan<byte> qualities, QualityEncoding encoding)
    {
        _title = title;
        Sequence = sequence;
        Qualities = qualities;
        _encoding = encoding;
    }

    /// <summary>The title line without '@'.</summary>
    public ReadOnlySpan<byte> Title => _title;

    /// <summary>The title line up to the first space or tab, without '@'.</summary>
    public ReadOnlySpan<byte> Name => FastqTitle.Name(_title);

    /// <summary>The title line after that space or tab; empty when there is none.</summary>
    public ReadOnlySpan<byte> Description => _title[FastqTitle.DescriptionStart(_title, Name.Length)..];

    /// <summary>The bases, each one byte of 33 to 126.</summary>
    public ReadOnlySpan<byte> Sequence { get; }

    /// <summary>The quality bytes, one for each base, each 33 to 126.</summary>
    public ReadOnlySpan<byte> Qualities { get; }

    /// <summary>A copy to keep.</summary>
    public FastqRead ToRead()
    {
        var bytes = new byte[_title.Length + (2 * Sequence.Length)];
        _title.CopyTo(bytes);
        Sequence.CopyTo(bytes.AsSpan(_title.Length));
        Qualities.CopyTo(bytes.AsSpan(_title.Length + Sequence.Length));
        return new FastqRead(bytes, _title.Length, Name.Length, Sequence.Length, _encoding);
    }
}
