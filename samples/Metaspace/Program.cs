// Finds molecules in a mass spectrometry image, as METASPACE does: dotnet run --project samples/Metaspace -- --output results
using System.CommandLine;
using System.Globalization;
using Dataplug;
using Dataplug.Formats;
using Dataplug.Formats.Imzml;
using Dataplug.Formats.Imzml.Imaging;
using Dataplug.Lithops;
using Dataplug.Lithops.Preprocessing;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;
using Samples.Metaspace;

const int UsageError = 2;

var data = new Option<string?>("--data") { Description = "An imzML document beside its ibd: a path, s3://bucket/key or another URI; a synthetic tissue where none is named." };
var tissue = new Option<string?>("--tissue") { Description = "Where the synthetic tissue is written, as an imzML document and its ibd; a temporary folder where it is not said." };
var metadata = new Option<string?>("--metadata") { Description = "Where the index is kept, for workers on other machines, e.g. s3://bucket/index/; on this machine where it is not said." };
var output = new Option<string>("--output") { Description = "The folder for the tables, the images and the timeline.", DefaultValueFactory = _ => "metaspace" };
var formulas = new Option<string?>("--formulas") { Description = "A file with a molecular formula on each line; those of the demonstration where none is named." };
var adducts = new Option<string>("--adducts") { Description = "The adducts, with commas between.", DefaultValueFactory = _ => "+H,+Na,+K" };
var charge = new Option<int>("--charge") { Description = "The charge of the ions, negative in negative mode.", DefaultValueFactory = _ => 1 };
var instrument = new Option<string>("--instrument") { Description = "The analyser and its resolving power at m/z 200.", DefaultValueFactory = _ => "orbitrap:140000" };
var tolerance = new Option<string>("--tolerance") { Description = "How far from its m/z a peak may lie.", DefaultValueFactory = _ => "3ppm" };
var segments = new Option<int>("--segments") { Description = "Into how many ranges of m/z the ions are cut.", DefaultValueFactory = _ => 8 };
var command = new RootCommand("Annotates the images of a tissue with molecules.") { data, tissue, metadata, output, formulas, adducts, charge, instrument, tolerance, segments };
command.SetAction(async (parsed, cancellationToken) =>
{
    var (named, written) = (parsed.GetValue(data), parsed.GetValue(tissue));
    if (named is not null && written is not null)
        return Fail("--tissue says where the synthetic tissue is written, and --data names another data set: leave out one of them.", UsageError);
    if (parsed.GetRequiredValue(segments) < 1)
        return Fail("--segments is a number from 1 on.", UsageError);
    var database = new IonDatabase
    {
        Adducts = parsed.GetRequiredValue(adducts).Split(',', StringSplitOptions.TrimEntries),
        Charge = parsed.GetRequiredValue(charge),
        Instrument = Instrument.Parse(parsed.GetRequiredValue(instrument)),
    };
    if (database.Charge == 0)
        return Fail("--charge is not 0: without a charge there is no m/z.", UsageError);
    foreach (var adduct in database.Adducts)
        _ = Adduct.Parse(adduct);
    string[] molecules = [.. (parsed.GetValue(formulas) is { } file ? await File.ReadAllLinesAsync(file, cancellationToken) : Demonstration.Formulas)
        .Select(line => line.Trim()).Where(line => line.Length > 0).Select(line => Formula.Parse(line).ToString()).Distinct()];
    if (molecules.Length == 0)
        return Fail("there are no formulas.", UsageError);
    var within = MassTolerance.Parse(parsed.GetRequiredValue(tolerance));

    var folder = named is null && written is null ? Directory.CreateTempSubdirectory("metaspace-") : null;
    try
    {
        var uri = ObjectUri.Parse(named ?? written ?? Path.Combine(folder!.FullName, "tissue.imzML"));
        if (named is null)
        {
            var spectra = await SyntheticTissueWriter.WriteAsync(Demonstration.Tissue with { Instrument = database.Instrument }, uri, cancellationToken: cancellationToken);
            if (folder is null)
                Console.WriteLine($"The synthetic tissue, {spectra} spectra, is {uri.Display}.");
        }

        var options = new CloudObjectOptions { Metadata = new MetadataOptions { Location = parsed.GetValue(metadata) is { } place ? ObjectUri.Parse(place) : null } };
        return await RunAsync(uri, options, parsed.GetRequiredValue(output), molecules, database, within, parsed.GetRequiredValue(segments), cancellationToken);
    }
    finally
    {
        folder?.Delete(recursive: true);
    }
});

var arguments = command.Parse(args);
if (arguments.Errors is [var error, ..])
    return Fail(error.Message, UsageError);
try
{
    return await arguments.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (FormatException exception)
{
    return Fail(exception.Message, UsageError);
}
catch (Exception exception) when (exception is DataplugException or IOException or UnauthorizedAccessException)
{
    return Fail(exception.Message);
}
catch (OperationCanceledException)
{
    return Fail("stopped.", exitCode: 130);
}

static int Fail(string problem, int exitCode = 1)
{
    Console.Error.WriteLine("metaspace: " + problem.ReplaceLineEndings(" "));
    return exitCode;
}

static async Task<int> RunAsync(ObjectUri uri, CloudObjectOptions options, string output, string[] molecules, IonDatabase database, MassTolerance tolerance, int segments, CancellationToken cancellationToken)
{
    await using var executor = FunctionExecutor.Open();
    var stages = new Stages(Console.Out);
    _ = Directory.CreateDirectory(output);

    #region annotate
    // Once for a data set: where in the image each spectrum is, and where in the ibd which of its m/z.
    var format = Imzml.With(new ImzmlOptions { Statistics = true });
    var data = CloudObject.FromUri(format, uri.Value, options);
    var index = await stages.RunAsync("index", async () =>
    {
        var chunks = new FunctionChunkExecutor(
            executor,
            (chunk, stop) => new FormatRegistry(Imzml.Format).RunChunkAsync(chunk, ObjectStores.Default, cancellationToken: stop),
            new JobOptions { Name = "index" });
        await data.PreprocessAsync(new PreprocessOptions { Executor = chunks }, cancellationToken);
        return await data.GetIndexAsync(cancellationToken);
    }, index => $"{index.Spectra} spectra, {index.DataSet.Points} points");
    var pixels = PixelRectangle.Of(index);

    // The isotope patterns of all ions, targets and decoys.
    var ions = await stages.RunAsync("database", async () =>
    {
        var parts = molecules.Chunk(Math.Max(1, molecules.Length / segments));
        var made = await executor.MapAsync((string[] part) => part.SelectMany(database.IonsOf).ToArray(), parts, new JobOptions { Name = "database" }, cancellationToken);
        return made.SelectMany(part => part).ToArray();
    }, ions => $"{molecules.Length} molecules, {ions.Length} ions");

    // Ions near each other in m/z share a task, and a slice: of all spectra the window that holds every peak of each of them. Windows of
    // neighbours overlap; an ion is in one.
    var tasks = await stages.RunAsync("segment", async () => await Task.WhenAll(IonSegment.Cut(ions, tolerance, segments).Select(async segment =>
    {
        var slices = await data.PartitionAsync(ImzmlPartition.ByMzWindow(segment.Low, Math.BitIncrement(segment.High)), cancellationToken);
        return new SegmentTask(slices[0], segment.Ions);
    })), tasks => $"{tasks.Length} slices");

    // Each task reads its slice, collects the images of its ions, and scores them.
    var scored = await stages.RunAsync("images", async () =>
    {
        var parts = await executor.MapAsync(
            async (SegmentTask task, CancellationToken stop) =>
            {
                var images = await task.CollectAsync(tolerance, pixels, stop);
                return images.Images().Select(ion => Annotator.Score(ion.Ion, ion.Images)).ToArray();
            },
            tasks,
            new JobOptions { Name = "images" },
            cancellationToken);
        return parts.SelectMany(part => part).ToArray();
    }, scored => $"{scored.Count(ion => ion.Score.Msm > 0)} ions score");

    var annotations = await stages.RunAsync("fdr", () => Task.FromResult(Annotator.Rank(scored)), annotations => $"{annotations.Count} annotations");
    #endregion

    _ = await stages.RunAsync("write", () => WriteAsync(executor, output, annotations, tasks, tolerance, pixels, cancellationToken), images => $"{images} images");
    var title = string.Create(CultureInfo.InvariantCulture, $"{uri.Name}: {index.Spectra:N0} spectra, {ions.Length:N0} ions, on {executor.BackendName}");
    await File.WriteAllTextAsync(Path.Combine(output, "timeline.svg"), StageTimeline.Draw(title, stages.Done, executor.GetJobs()), cancellationToken);
    executor.Plot(Path.Combine(output, "tasks.svg"));
    foreach (var level in FalseDiscovery.Levels)
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{annotations.Count(annotation => annotation.FdrLevel <= level),4} found at {100 * level,2:F0} % FDR"));
    foreach (var found in annotations.Where(annotation => annotation.FdrLevel <= 0.1))
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{found.Formula,-14} {found.Adduct,-4} {found.Mz,10:F4} {found.Msm,6:F3} {100 * found.Fdr,5:F1} %"));
    return 0;
}

// The tables, and the image of the first peak of all that is found at 50 %; tells how many images.
static async Task<int> WriteAsync(
    FunctionExecutor executor, string output, IReadOnlyList<Annotation> annotations, SegmentTask[] tasks, MassTolerance tolerance, PixelRectangle pixels, CancellationToken cancellationToken)
{
    await using (var csv = File.Create(Path.Combine(output, "annotations.csv")))
        await AnnotationTable.WriteCsvAsync(csv, annotations, cancellationToken);
    await using (var parquet = File.Create(Path.Combine(output, "annotations.parquet")))
        await AnnotationTable.WriteParquetAsync(parquet, annotations, cancellationToken);

    var found = annotations.Where(annotation => annotation.FdrLevel <= 0.5).Select(annotation => (annotation.Formula, annotation.Adduct)).ToHashSet();
    var shown = tasks.Select(task => task with { Ions = [.. task.Ions.Where(ion => ion.Target && found.Contains((ion.Formula, ion.Adduct)))] }).Where(task => task.Ions.Length > 0).ToArray();
    var pictures = await executor.MapAsync(
        async (SegmentTask task, CancellationToken stop) =>
        {
            // Small images are drawn larger.
            var options = new PngOptions { Scale = Math.Clamp(320 / Math.Max(pixels.Width, pixels.Height), 1, 16), ColorBar = true };
            var images = await task.CollectAsync(tolerance, pixels, stop);
            return images.Images().Select(ion => new Picture($"{ion.Ion.Formula}{ion.Ion.Adduct}.png", PngWriter.EncodePalette(ion.Images[0].WithoutHotSpots(), options))).ToArray();
        },
        shown,
        new JobOptions { Name = "write" },
        cancellationToken);
    foreach (var picture in pictures.SelectMany(part => part))
        await File.WriteAllBytesAsync(Path.Combine(output, picture.Name), picture.Png, cancellationToken);
    return found.Count;
}

/// <summary>An image of an ion as a file.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Png">Its content.</param>
internal sealed record Picture(string Name, byte[] Png);
