namespace Dataplug.Formats.Genomics;

/// <summary>Where the eight fixed columns of a record line end (VCF 4.3, section 1.6.1), and the positions that it covers.</summary>
internal readonly struct VcfFields
{
    /// <summary>Number of fixed columns.</summary>
    public const int FixedColumns = 8;

    private readonly int _chromEnd;
    private readonly int _positionEnd;

    private VcfFields(int chromEnd, int positionEnd, int idEnd, int refEnd, int altEnd, int qualEnd, int filterEnd, int infoEnd, long position)
    {
        _chromEnd = chromEnd;
        _positionEnd = positionEnd;
        IdEnd = idEnd;
        RefEnd = refEnd;
        AltEnd = altEnd;
        QualEnd = qualEnd;
        FilterEnd = filterEnd;
        InfoEnd = infoEnd;
        Position = position;
    }

    public int ChromEnd => _chromEnd;

    public int PositionEnd => _positionEnd;

    public int IdEnd { get; }

    public int RefEnd { get; }

    public int AltEnd { get; }

    public int QualEnd { get; }

    public int FilterEnd { get; }

    /// <summary>Where INFO ends: at a tab, or with the line.</summary>
    public int InfoEnd { get; }

    /// <summary>POS: from 1; 0 for a telomere.</summary>
    public long Position { get; }

    /// <summary>The first position that the record covers, from 0.</summary>
    public long Start => Math.Max(0, Position - 1);

    /// <summary>Finds the columns.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="fields">The columns.</param>
    /// <returns>What is wrong with the line; null where nothing is.</returns>
    public static string? Parse(ReadOnlySpan<byte> line, out VcfFields fields)
    {
        fields = default;
        var chrom = line.IndexOf((byte)'\t');
        if (chrom <= 0)
            return chrom == 0 ? "CHROM is empty" : TooFew;
        if (!TryPosition(line, chrom + 1, out var position, out var at))
            return line[(chrom + 1)..].Contains((byte)'\t') ? "POS is no whole number of at least 0" : TooFew;
        if (!TryNext(line, at, out var id) || !TryNext(line, id, out var reference) || !TryNext(line, reference, out var alt)
            || !TryNext(line, alt, out var qual) || !TryNext(line, qual, out var filter))
        {
            return TooFew;
        }

        var info = line[(filter + 1)..].IndexOf((byte)'\t');
        fields = new VcfFields(chrom, at, id, reference, alt, qual, filter, info < 0 ? line.Length : filter + 1 + info, position);
        return null;
    }

    /// <summary>The position after the last that the record covers: by INFO/END where it has one behind POS, else by the length of
    /// REF; what tabix, and bcftools up to 1.16, go by.</summary>
    /// <param name="line">The line.</param>
    public long EndIn(ReadOnlySpan<byte> line)
    {
        var end = Start + Math.Max(1, RefEnd - IdEnd - 1);
        var info = line[(FilterEnd + 1)..InfoEnd];
        var found = info.IndexOf("END="u8);
        if (found < 0)
            return end;
        if (found > 0)
        {
            found = info.IndexOf(";END="u8) + 1;
            if (found == 0)
                return end;
        }

        long value = 0;
        var digits = 0;
        foreach (var c in info[(found + 4)..])
        {
            if (c is < (byte)'0' or > (byte)'9' || value > (long.MaxValue / 10) - 1)
                break;
            value = (value * 10) + (c - '0');
            digits++;
        }

        return digits > 0 && value > Start ? value : end;
    }

    private static string TooFew => $"it has fewer than {FixedColumns} columns separated by tabs";

    private static bool TryNext(ReadOnlySpan<byte> line, int tab, out int next)
    {
        next = line[(tab + 1)..].IndexOf((byte)'\t') + tab + 1;
        return next > tab;
    }

    private static bool TryPosition(ReadOnlySpan<byte> line, int start, out long position, out int end)
    {
        position = 0;
        for (end = start; end < line.Length; end++)
        {
            var digit = (uint)(line[end] - '0');
            if (digit > 9)
                return line[end] == (byte)'\t' && end > start;
            if (position > (long.MaxValue / 10) - 1)
                return false;
            position = (position * 10) + digit;
        }

        return false;
    }
}
