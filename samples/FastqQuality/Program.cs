// Qualities by position in the read, of a FASTQ, plain or gzip: dotnet run --project samples/FastqQuality -- s3://bucket/reads.fastq.gz
using System.CommandLine;
using Dataplug;
using Dataplug.Formats;
using Dataplug.Formats.Genomics;
using Dataplug.Lithops;
using Dataplug.Storage;
using Dataplug.Text;
using Samples.Qualities;

var uri = new Argument<string>("reads") { Description = "The FASTQ: a path, s3://bucket/key or another URI." };
var slices = new Option<int>("--slices") { Description = "Into how many slices it is cut.", DefaultValueFactory = _ => 8 };
var positions = new Option<int>("--positions") { Description = "Positions with a row of their own; one more row is for all beyond.", DefaultValueFactory = _ => 500 };
var command = new RootCommand("Measures the qualities of reads by position.") { uri, slices, positions };
command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(uri), parsed.GetRequiredValue(slices), parsed.GetRequiredValue(positions), cancellationToken));

var arguments = command.Parse(args);
if (arguments.Errors is [var error, ..])
    return Fail(error.Message, exitCode: 2);
try
{
    return await arguments.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (DataplugException exception)
{
    return Fail(exception.Message, exitCode: 1);
}
catch (OperationCanceledException)
{
    return Fail("stopped.", exitCode: 130);
}

static int Fail(string problem, int exitCode)
{
    Console.Error.WriteLine("fastqquality: " + problem.ReplaceLineEndings(" "));
    return exitCode;
}

static async Task<int> RunAsync(string uri, int slices, int positions, CancellationToken cancellationToken)
{
    if (slices < 1 || positions is < 1 or > 10_000)
        return Fail("--slices is a number from 1 on, --positions one from 1 to 10000.", exitCode: 2);

    #region measure
    await using var executor = FunctionExecutor.Open();
    var reads = await CloudObject.DetectAsync(ObjectUri.Parse(uri), new FormatRegistry(Fastq.GZip, RawText.Format), cancellationToken: cancellationToken);
    await reads.PreprocessAsync(cancellationToken: cancellationToken);
    var measured = reads switch
    {
        CloudObject<FastqIndex> gzip => executor.MapReduceAsync(
            (slice, token) => QualityHistogram.OfAsync(slice, positions, token),
            await gzip.PartitionAsync(FastqPartition.IntoBatches(slices), cancellationToken),
            QualityHistogram.Add,
            cancellationToken: cancellationToken),
        CloudObject<RawTextIndex> plain => executor.MapReduceAsync(
            (slice, token) => QualityHistogram.OfAsync(slice, positions, token),
            await plain.PartitionAsync(new PlainFastqPartition(slices), cancellationToken),
            QualityHistogram.Add,
            cancellationToken: cancellationToken),
        _ => throw new UnsupportedFormatException(uri, $"it is {reads.Format.Id}"),
    };
    #endregion

    QualityTable.Write(Console.Out, await measured, positions);
    return 0;
}
