namespace Dataplug.Formats.Genomics;

/// <summary>Quality encodings: told apart by the range of their bytes, and turned into Phred scores.</summary>
public static class FastqQuality
{
    // Real basecallers stop at Q41 (Illumina up to 1.9) or a little above; 'J' is Q41 in Phred+33, 'i' in Phred+64.
    private const byte HighestUsual33 = (byte)'J';
    private const byte HighestUsual64 = (byte)'i';
    private const byte LowestSolexa = (byte)';';
    private const byte Lowest64 = (byte)'@';

    /// <summary>
    /// The encoding that a range of quality bytes speaks for. Bytes below 59 exist in Phred+33 alone. Without them, bytes up to
    /// 74 ('J') fit good Phred+33 as well as poor others: ambiguous. Above that, a lowest byte of 59 to 63 speaks for Solexa;
    /// one from 64 on for Phred+64, unless bytes over 105 ('i') make long-read Phred+33 as likely: ambiguous.
    /// </summary>
    /// <param name="lowest">The lowest quality byte, 33 to 126.</param>
    /// <param name="highest">The highest quality byte, 33 to 126.</param>
    public static QualityEncoding Guess(byte lowest, byte highest) => lowest switch
    {
        < LowestSolexa => QualityEncoding.Phred33,
        _ when highest <= HighestUsual33 || highest > HighestUsual64 => QualityEncoding.Ambiguous,
        < Lowest64 => QualityEncoding.Solexa,
        _ => QualityEncoding.Phred64,
    };

    /// <summary>The encoding's name as attributes show it, e.g. <c>phred+33</c>.</summary>
    public static string Name(QualityEncoding encoding) => encoding switch
    {
        QualityEncoding.Phred33 => "phred+33",
        QualityEncoding.Phred64 => "phred+64",
        QualityEncoding.Solexa => "solexa",
        QualityEncoding.Ambiguous => "ambiguous",
        _ => "unknown",
    };

    /// <summary>The encoding of a name.</summary>
    public static QualityEncoding Parse(string? name) => name switch
    {
        "phred+33" => QualityEncoding.Phred33,
        "phred+64" => QualityEncoding.Phred64,
        "solexa" => QualityEncoding.Solexa,
        "ambiguous" => QualityEncoding.Ambiguous,
        _ => QualityEncoding.Unknown,
    };

    /// <summary>
    /// Quality bytes as Phred scores (−10 log10 of the error probability). Solexa scores, whose scale is
    /// −10 log10(p / (1 − p)), are converted and rounded (Cock et al. 2010, equation 3). Unknown and ambiguous bytes are taken as
    /// Phred+33.
    /// </summary>
    /// <param name="qualities">Quality bytes.</param>
    /// <param name="encoding">Their encoding.</param>
    /// <param name="scores">Takes the scores; as long as <paramref name="qualities"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="scores"/> is too short, or a byte is not of the encoding.</exception>
    public static void ToPhred(ReadOnlySpan<byte> qualities, QualityEncoding encoding, Span<byte> scores)
    {
        if (scores.Length < qualities.Length)
            throw new ArgumentException("There is no room for the scores.", nameof(scores));
        var (lowest, offset) = encoding switch
        {
            QualityEncoding.Phred64 => (Lowest64, 64),
            QualityEncoding.Solexa => (LowestSolexa, 64),
            _ => ((byte)'!', 33),
        };
        if (qualities.IndexOfAnyExceptInRange(lowest, (byte)'~') is var odd and >= 0)
            throw new ArgumentException($"The byte {qualities[odd]} is no quality in {Name(encoding)}.", nameof(qualities));
        for (var i = 0; i < qualities.Length; i++)
        {
            var score = qualities[i] - offset;
            scores[i] = encoding == QualityEncoding.Solexa
                ? (byte)Math.Round(10 * Math.Log10(Math.Pow(10, score / 10.0) + 1), MidpointRounding.AwayFromZero)
                : (byte)score;
        }
    }

    internal static QualityEncoding Guess(bool any, byte lowest, byte highest) => any ? Guess(lowest, highest) : QualityEncoding.Unknown;
}
