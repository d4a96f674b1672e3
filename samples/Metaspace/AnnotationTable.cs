using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using Parquet;
using Parquet.Schema;

namespace Samples.Metaspace;

/// <summary>Annotations as files that other programs read.</summary>
internal static class AnnotationTable
{
    private static readonly DataField<string> FormulaField = new("formula");
    private static readonly DataField<string> AdductField = new("adduct");

    private static readonly (DataField<double> Field, Func<Annotation, double> Of)[] Numbers =
    [
        (new("mz"), row => row.Mz),
        (new("chaos"), row => row.Chaos),
        (new("spatial"), row => row.Spatial),
        (new("spectral"), row => row.Spectral),
        (new("msm"), row => row.Msm),
        (new("fdr"), row => row.Fdr),
        (new("fdr_level"), row => row.FdrLevel),
    ];

    /// <summary>Writes a table as CSV (RFC 4180) with a heading, in UTF-8; numbers with as many digits as tell them exactly.</summary>
    public static async Task WriteCsvAsync(Stream output, IEnumerable<Annotation> annotations, CancellationToken cancellationToken = default)
    {
        await using var writer = new StreamWriter(output, leaveOpen: true);
        await using var csv = new CsvWriter(writer, new CsvConfiguration(CultureInfo.InvariantCulture) { NewLine = "\n" }, leaveOpen: true);
        foreach (var name in (IEnumerable<string>)[FormulaField.Name, AdductField.Name, .. Numbers.Select(number => number.Field.Name)])
            csv.WriteField(name);
        await csv.NextRecordAsync();
        foreach (var row in annotations)
        {
            cancellationToken.ThrowIfCancellationRequested();
            csv.WriteField(row.Formula);
            csv.WriteField(row.Adduct);
            foreach (var (_, of) in Numbers)
                csv.WriteField(of(row));
            await csv.NextRecordAsync();
        }
    }

    /// <summary>Writes a table as Parquet, in one row group, with the columns of the CSV.</summary>
    /// <param name="output">Takes the file; it has to be able to seek.</param>
    /// <param name="annotations">The rows.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    public static async Task WriteParquetAsync(Stream output, IReadOnlyList<Annotation> annotations, CancellationToken cancellationToken = default)
    {
        var schema = new ParquetSchema((Field[])[FormulaField, AdductField, .. Numbers.Select(number => number.Field)]);
        await using var writer = await ParquetWriter.CreateAsync(schema, output, cancellationToken: cancellationToken);
        using var group = writer.CreateRowGroup();
        await group.WriteAsync(FormulaField, annotations.Select(row => row.Formula).ToArray());
        await group.WriteAsync(AdductField, annotations.Select(row => row.Adduct).ToArray());
        foreach (var (field, of) in Numbers)
            await group.WriteAsync<double>(field, annotations.Select(of).ToArray(), cancellationToken: cancellationToken);
        group.CompleteValidate();
    }
}
