using System.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>One variant. Immutable; text is made when it is asked for.</summary>
public sealed class VcfRecord
{
    private readonly byte[] _line;
    private readonly VcfFields _fields;

    internal VcfRecord(byte[] line, in VcfFields fields)
    {
        _line = line;
        _fields = fields;
    }

    /// <summary>The record as spans.</summary>
    public VcfRecordView View => new(_line, _fields);

    /// <summary>CHROM.</summary>
    public string Chrom => Text(View.Chrom);

    /// <summary>POS as the file has it: from 1; 0 for a telomere.</summary>
    public long Position => _fields.Position;

    /// <summary>The last position that the record covers, from 1: INFO/END where there is one behind POS, else by the length of REF.</summary>
    public long End => View.End;

    /// <summary>ID; <c>.</c> where there is none.</summary>
    public string Id => Text(View.Id);

    /// <summary>REF.</summary>
    public string Ref => Text(View.Ref);

    /// <summary>The alleles of ALT; none where it is <c>.</c>.</summary>
    public IReadOnlyList<string> Alts => List(View.Alts);

    /// <summary>QUAL; null where it is <c>.</c>.</summary>
    /// <exception cref="FormatException">It is no number.</exception>
    public double? Qual => View.Qual;

    /// <summary>FILTER: <c>PASS</c>, names separated by semicolons, or <c>.</c>.</summary>
    public string Filter => Text(View.Filter);

    /// <summary>INFO: fields separated by semicolons; <c>.</c> where there is none.</summary>
    public string Info => Text(View.Info);

    /// <summary>FORMAT: names of the samples' fields, separated by colons; empty where the line has no such column.</summary>
    public string Format => Text(View.Format);

    /// <summary>The samples' columns in order.</summary>
    public IReadOnlyList<string> Samples => List(View.Samples);

    /// <summary>Number of samples.</summary>
    public int SampleCount => View.SampleCount;

    /// <summary>The value of an INFO field: empty of a flag, null where there is no such field.</summary>
    public string? GetInfo(string key) => View.TryGetInfo(Encoding.UTF8.GetBytes(key), out var value) ? Text(value) : null;

    /// <summary>The value of a sample's field, e.g. <c>GT</c>; null where FORMAT has no such field, or the sample's column ends before it.</summary>
    /// <param name="sample">The sample's number, from 0.</param>
    /// <param name="key">The field's name.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    public string? GetSampleField(int sample, string key) => View.TryGetSampleField(sample, Encoding.UTF8.GetBytes(key), out var value) ? Text(value) : null;

    /// <summary>The whole line without its end.</summary>
    public override string ToString() => Text(_line);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private static List<string> List(VcfFieldEnumerator fields)
    {
        var list = new List<string>();
        foreach (var field in fields)
            list.Add(Text(field));
        return list;
    }
}
