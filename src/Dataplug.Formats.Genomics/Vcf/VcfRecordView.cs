using System.Buffers.Text;
using System.Globalization;

namespace Dataplug.Formats.Genomics;

/// <summary>One record as spans into the reader's buffer (VCF 4.3, section 1.6): valid until its next <see cref="VcfReader.FillAsync"/>.</summary>
public readonly ref struct VcfRecordView
{
    private readonly VcfFields _fields;

    internal VcfRecordView(ReadOnlySpan<byte> line, VcfFields fields)
    {
        Line = line;
        _fields = fields;
    }

    /// <summary>The whole line without its end.</summary>
    public ReadOnlySpan<byte> Line { get; }

    /// <summary>CHROM.</summary>
    public ReadOnlySpan<byte> Chrom => Line[.._fields.ChromEnd];

    /// <summary>POS as the file has it: from 1; 0 for a telomere.</summary>
    public long Position => _fields.Position;

    /// <summary>The last position that the record covers, from 1: INFO/END where there is one behind POS, else by the length of REF.</summary>
    public long End => _fields.EndIn(Line);

    /// <summary>ID; <c>.</c> where there is none.</summary>
    public ReadOnlySpan<byte> Id => Line[(_fields.PositionEnd + 1).._fields.IdEnd];

    /// <summary>REF.</summary>
    public ReadOnlySpan<byte> Ref => Line[(_fields.IdEnd + 1).._fields.RefEnd];

    /// <summary>ALT: alleles separated by commas; <c>.</c> where there is none.</summary>
    public ReadOnlySpan<byte> Alt => Line[(_fields.RefEnd + 1).._fields.AltEnd];

    /// <summary>The alleles of <see cref="Alt"/>, for <c>foreach</c>; none where it is <c>.</c>.</summary>
    public VcfFieldEnumerator Alts => new(Alt is [(byte)'.'] ? default : Alt, (byte)',');

    /// <summary>QUAL; null where it is <c>.</c>.</summary>
    /// <exception cref="FormatException">It is no number.</exception>
    public double? Qual
    {
        get
        {
            var text = Line[(_fields.AltEnd + 1).._fields.QualEnd];
            if (text is [(byte)'.'])
                return null;
            return Utf8Parser.TryParse(text, out double value, out var length) && length == text.Length
                ? value
                : double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        }
    }

    /// <summary>FILTER: <c>PASS</c>, names separated by semicolons, or <c>.</c>.</summary>
    public ReadOnlySpan<byte> Filter => Line[(_fields.QualEnd + 1).._fields.FilterEnd];

    /// <summary>INFO: fields separated by semicolons; <c>.</c> where there is none.</summary>
    public ReadOnlySpan<byte> Info => Line[(_fields.FilterEnd + 1).._fields.InfoEnd];

    /// <summary>FORMAT: names of the samples' fields, separated by colons; empty where the line has no such column.</summary>
    public ReadOnlySpan<byte> Format
    {
        get
        {
            _ = SampleColumns(Line[_fields.InfoEnd..], out var format);
            return format;
        }
    }

    /// <summary>The samples' columns in order, for <c>foreach</c>.</summary>
    public VcfFieldEnumerator Samples => new(SampleColumns(Line[_fields.InfoEnd..], out _), (byte)'\t');

    /// <summary>Number of samples.</summary>
    public int SampleCount
    {
        get
        {
            var columns = SampleColumns(Line[_fields.InfoEnd..], out _);
            return columns.IsEmpty ? 0 : columns.Count((byte)'\t') + 1;
        }
    }

    /// <summary>The value of an INFO field.</summary>
    /// <param name="key">Its name, e.g. <c>"DP"u8</c>.</param>
    /// <param name="value">Its value; empty of a flag.</param>
    /// <returns>Whether it is there.</returns>
    public bool TryGetInfo(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        foreach (var field in new VcfFieldEnumerator(Info, (byte)';'))
        {
            if (!field.StartsWith(key) || (field.Length > key.Length && field[key.Length] != (byte)'='))
                continue;
            value = field.Length > key.Length ? field[(key.Length + 1)..] : default;
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>A sample's column. Walking over all of them is quicker by <see cref="Samples"/>.</summary>
    /// <param name="sample">Its number, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    public ReadOnlySpan<byte> GetSample(int sample)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sample);
        var left = sample;
        foreach (var column in Samples)
        {
            if (left-- == 0)
                return column;
        }

        throw new ArgumentOutOfRangeException(nameof(sample), sample, "There is no such sample.");
    }

    /// <summary>The value of a sample's field, e.g. <c>GT</c>.</summary>
    /// <param name="sample">Its number, from 0.</param>
    /// <param name="key">The field's name.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False where FORMAT has no such field, or the sample's column ends before it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    public bool TryGetSampleField(int sample, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value) => TryGetField(GetSample(sample), Format, key, out value);

    /// <summary>A copy to keep.</summary>
    public VcfRecord ToRecord() => new(Line.ToArray(), _fields);

    /// <summary>The field of a name in a sample's column.</summary>
    internal static bool TryGetField(ReadOnlySpan<byte> column, ReadOnlySpan<byte> format, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        var values = new VcfFieldEnumerator(column, (byte)':');
        foreach (var name in new VcfFieldEnumerator(format, (byte)':'))
        {
            if (!values.MoveNext())
                break;
            if (!name.SequenceEqual(key))
                continue;
            value = values.Current;
            return true;
        }

        value = default;
        return false;
    }

    // What follows INFO: a tab, FORMAT, and a tab before each sample.
    private static ReadOnlySpan<byte> SampleColumns(ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> format)
    {
        format = default;
        if (rest.IsEmpty)
            return default;
        var tab = rest[1..].IndexOf((byte)'\t');
        format = tab < 0 ? rest[1..] : rest.Slice(1, tab);
        return tab < 0 ? default : rest[(tab + 2)..];
    }
}

/// <summary>The parts of a text between separators, for <c>foreach</c>; none of an empty text.</summary>
public ref struct VcfFieldEnumerator
{
    private readonly byte _separator;
    private ReadOnlySpan<byte> _rest;
    private bool _ended;

    internal VcfFieldEnumerator(ReadOnlySpan<byte> text, byte separator)
    {
        _rest = text;
        _separator = separator;
        _ended = text.IsEmpty;
    }

    /// <summary>The present part.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>This enumerator.</summary>
    public readonly VcfFieldEnumerator GetEnumerator() => this;

    /// <summary>Goes on to the next part.</summary>
    /// <returns>False when there is none.</returns>
    public bool MoveNext()
    {
        if (_ended)
            return false;
        var end = _rest.IndexOf(_separator);
        _ended = end < 0;
        Current = _ended ? _rest : _rest[..end];
        _rest = _ended ? default : _rest[(end + 1)..];
        return true;
    }
}
