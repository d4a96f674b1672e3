using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Dataplug.Conformance.GZip;
using Dataplug.Conformance.Servers;
using Dataplug.Formats.Imzml;
using Dataplug.Formats.Imzml.Imaging;
using Dataplug.Metadata;
using Dataplug.Storage;
using Parquet;
using Samples.Metaspace;

namespace Dataplug.Samples.Tests.Metaspace;

/// <summary>A tissue with planted molecules, from its spectra to the table.</summary>
public sealed class MetaspaceTests : IDisposable
{
    private static readonly IonDatabase Database = new();
    private static readonly MassTolerance Tolerance = MassTolerance.Ppm(3);

    // What the program has to find, by looking at every peak of every spectrum for each ion; reckoned once.
    private static readonly Lazy<(IReadOnlyList<Annotation> Annotations, IReadOnlyList<double> Decoys)> InMemory = new(() =>
    {
        var spectra = Demonstration.Tissue.Spectra().ToArray();
        var ions = Demonstration.Formulas.SelectMany(Database.IonsOf).ToArray();
        Assert.Equal(Demonstration.Formulas.Count * 23, ions.Length);
        var decoys = new List<double>();
        var annotations = Annotator.Annotate(ions, ion =>
        {
            IonImage[] images = [.. ion.Mzs.Select(mz => ImageOf(spectra, Demonstration.Tissue, mz))];
            if (!ion.Target)
                decoys.Add(MsmScore.Of(images, ion.Intensities).Msm);
            return images;
        });
        return (annotations, decoys);
    });

    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-metaspace-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Planted_molecules_are_found_and_others_are_not()
    {
        var (annotations, decoys) = InMemory.Value;
        var tissue = Demonstration.Tissue;
        Assert.Equal(Demonstration.Formulas.Count * 3, annotations.Count);
        var planted = tissue.Planted.Select(ion => (Formula.Parse(ion.Formula).ToString(), ion.Adduct)).ToHashSet();
        var found = annotations.Where(annotation => annotation.Fdr <= 0.1).Select(annotation => (annotation.Formula, annotation.Adduct)).ToHashSet();
        Assert.Equal(planted.Order(), found.Order());
        Assert.All(annotations.Where(annotation => planted.Contains((annotation.Formula, annotation.Adduct))), annotation => Assert.InRange(annotation.Msm, 0.7, 1));
        Assert.All(annotations.Where(annotation => !planted.Contains((annotation.Formula, annotation.Adduct))), annotation => Assert.InRange(annotation.Msm, 0, 0.1));
        Assert.Equal(annotations.OrderByDescending(annotation => annotation.Msm).Select(annotation => annotation.Msm), annotations.Select(annotation => annotation.Msm));

        Assert.Equal(Demonstration.Formulas.Count * 20, decoys.Count);
        Assert.InRange(decoys.Max(), 0, 0.3);
        Assert.InRange(decoys.Average(), 0, 0.01);
    }

    [Fact]
    public void Without_planted_molecules_nothing_scores()
    {
        var tissue = Demonstration.Tissue with { Planted = [], Width = 30, Height = 24 };
        var images = new SegmentImages(Demonstration.Formulas.SelectMany(Database.IonsOf), Tolerance, tissue.Pixels);
        foreach (var (x, y, mzs, intensities) in tissue.Spectra())
            images.Add(x, y, mzs, intensities);
        var annotations = Annotator.Rank([.. images.Images().Select(ion => Annotator.Score(ion.Ion, ion.Images))]);
        Assert.All(annotations, annotation => Assert.InRange(annotation.Msm, 0, 0.05));
    }

    [Fact]
    public void A_tissue_is_the_same_again_and_its_spectra_are_sorted()
    {
        var tissue = Demonstration.Tissue with { Width = 20, Height = 10 };
        var spectra = tissue.Spectra().ToArray();
        Assert.InRange(spectra.Length, 140, 170); // π ∕ 4 of 200
        Assert.DoesNotContain(spectra, spectrum => spectrum.X is 1 && spectrum.Y is 1);
        Assert.Equal(spectra.OrderBy(spectrum => spectrum.Y).ThenBy(spectrum => spectrum.X), spectra);
        foreach (var (one, other) in spectra.Zip(tissue.Spectra()))
        {
            Assert.Equal(one.Mz, other.Mz);
            Assert.Equal(one.Intensities, other.Intensities);
            Assert.Equal(one.Mz.Order(), one.Mz);
            Assert.True(one.Mz.Length == one.Intensities.Length && one.Mz.Length >= tissue.NoisePeaks);
            Assert.All(one.Intensities, intensity => Assert.True(intensity >= tissue.DetectionLimit));
        }

        Assert.NotEqual(spectra[0].Mz, (tissue with { Seed = 2 }).Spectra().First().Mz);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(100_000)]
    public void Segments_have_every_ion_once_and_images_as_found_by_looking_at_every_peak(int segments)
    {
        var tissue = Demonstration.Tissue with { Width = 16, Height = 12 };
        var spectra = tissue.Spectra().ToArray();
        var ions = tissue.Planted.Take(4).SelectMany(ion => Database.IonsOf(ion.Formula)).ToArray();
        var cut = IonSegment.Cut(ions, Tolerance, segments);
        Assert.Equal(Math.Min(segments, ions.Length), cut.Count);
        Assert.Equal(ions.Select(ion => (ion.Formula, ion.Adduct)).Order(), cut.SelectMany(segment => segment.Ions).Select(ion => (ion.Formula, ion.Adduct)).Order());
        foreach (var segment in cut)
        {
            var images = new SegmentImages(segment.Ions, Tolerance, tissue.Pixels);
            foreach (var (x, y, mzs, intensities) in spectra)
            {
                // As a task gets them: only what the segment needs.
                var within = Enumerable.Range(0, mzs.Length).Where(i => mzs[i] >= segment.Low && mzs[i] <= segment.High).ToArray();
                images.Add(x, y, [.. within.Select(i => mzs[i])], [.. within.Select(i => intensities[i])]);
            }

            foreach (var (ion, peaks) in images.Images())
            {
                for (var peak = 0; peak < peaks.Count; peak++)
                {
                    var expected = ImageOf(spectra, tissue, ion.Mzs[peak]);
                    Assert.Equal(expected.Values.ToArray(), peaks[peak].Values.ToArray());
                    Assert.Equal(expected.Mask.ToArray(), peaks[peak].Mask.ToArray());
                }
            }
        }
    }

    [Fact]
    public void Spectra_that_are_none_are_refused()
    {
        var images = new SegmentImages(Database.IonsOf("C6H12O6"), Tolerance, new PixelRectangle(1, 1, 4, 3));
        Assert.Throws<InvalidDataException>(() => images.Add(0, 1, [], []));
        Assert.Throws<InvalidDataException>(() => images.Add(5, 1, [], []));
        Assert.Throws<InvalidDataException>(() => images.Add(1, 4, [], []));
        Assert.Throws<InvalidDataException>(() => images.Add(1, 1, [100], []));
        Assert.Throws<InvalidDataException>(() => images.Add(1, 1, [double.NaN], [1]));
        Assert.Throws<InvalidDataException>(() => images.Add(1, 1, [100], [double.NaN]));
    }

    [Fact]
    public async Task Tables_hold_the_annotations()
    {
        Annotation[] annotations =
        [
            new("C6H12O6", "+H", 181.0706645564955, 0.99, 0.9, 0.1 + 0.2, 0.26730000000000004, 0.05, 0.05),
            new("C27H46O", "-H", 385.3476, 0, 0, 0, 0, 1, 1),
        ];
        var csv = new MemoryStream();
        await AnnotationTable.WriteCsvAsync(csv, annotations);
        Assert.Equal(
            "formula,adduct,mz,chaos,spatial,spectral,msm,fdr,fdr_level\n"
            + "C6H12O6,+H,181.0706645564955,0.99,0.9,0.30000000000000004,0.26730000000000004,0.05,0.05\n"
            + "C27H46O,-H,385.3476,0,0,0,0,1,1\n",
            Encoding.UTF8.GetString(csv.ToArray()));

        foreach (var rows in new[] { annotations, [] })
        {
            var parquet = new MemoryStream();
            await AnnotationTable.WriteParquetAsync(parquet, rows);
            Assert.Equal(rows, await ReadAsync(parquet));
        }
    }

    [Fact]
    public void Spectra_in_any_order_give_the_same_images()
    {
        var (sorted, shuffled) = (new SegmentImages(Database.IonsOf("C6H12O6"), Tolerance, new PixelRectangle(1, 1, 1, 1)), new SegmentImages(Database.IonsOf("C6H12O6"), Tolerance, new PixelRectangle(1, 1, 1, 1)));
        var mzs = Database.IonsOf("C6H12O6").SelectMany(ion => ion.Mzs).Order().ToArray();
        double[] intensities = [.. mzs.Select((_, i) => i + 1.0)];
        sorted.Add(1, 1, mzs, intensities);
        var order = Enumerable.Range(0, mzs.Length).ToArray();
        new Random(3).Shuffle(order);
        shuffled.Add(1, 1, [.. order.Select(i => mzs[i])], [.. order.Select(i => intensities[i])]);
        var images = sorted.Images().SelectMany(ion => ion.Images).Select(image => image.Sum).ToArray();
        Assert.All(images, sum => Assert.True(sum > 0));
        Assert.Equal(images, shuffled.Images().SelectMany(ion => ion.Images).Select(image => image.Sum));
    }

    [Fact]
    public async Task A_tissue_is_written_as_imzml_and_read_as_it_is()
    {
        var tissue = Demonstration.Tissue with { Width = 9, Height = 7 };
        var path = Path.Combine(_folder, "new", "tissue.imzML");
        var count = await SyntheticTissueWriter.WriteAsync(tissue, ObjectUri.Parse(path));
        var document = await File.ReadAllBytesAsync(path);
        var ibd = await File.ReadAllBytesAsync(Path.ChangeExtension(path, ".ibd"));
        var text = Encoding.UTF8.GetString(document);
        Assert.Contains(Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.SHA1, ibd)), text, StringComparison.Ordinal);
        Assert.Contains(new Guid(ibd.AsSpan(0, 16), bigEndian: true).ToString("B"), text, StringComparison.Ordinal);

        // With all checks: arrays, UUID and checksum.
        var options = new CloudObjectOptions { Metadata = new MetadataOptions { Home = Path.Combine(_folder, "home") } };
        var data = CloudObject.FromUri(Imzml.With(new ImzmlOptions { Check = ImzmlCheck.Checksum }), path, options);
        await data.PreprocessAsync();
        var index = await data.GetIndexAsync();
        var attributes = index.DataSet;
        Assert.Empty(attributes.Warnings);
        Assert.Equal((count, "processed", false, "centroid", "positive"), (attributes.Spectra, attributes.Mode, attributes.SharesMz, attributes.Representation, attributes.Polarity));
        Assert.Equal((50.0, 50.0), (attributes.PixelSizeX, attributes.PixelSizeY));
        Assert.Equal(["m/z array: Float64", "intensity array: Float32"], attributes.Arrays);
        Assert.Equal(tissue.Pixels, PixelRectangle.Of(index));
        var read = await (await data.PartitionAsync(ImzmlPartition.IntoSlices(1)))[0].GetAsync();
        foreach (var (expected, found) in tissue.Spectra().Zip(read, (expected, found) => (expected, found)))
        {
            Assert.Equal((expected.X, expected.Y, 1), (found.X, found.Y, found.Z));
            Assert.Equal(expected.Mz, found.Mz.ToArray());
            Assert.Equal(expected.Intensities, found.Intensities.ToArray());
        }

        await SyntheticTissueWriter.WriteAsync(tissue, ObjectUri.Parse(path));
        Assert.Equal(document, await File.ReadAllBytesAsync(path));
        Assert.Equal(ibd, await File.ReadAllBytesAsync(Path.ChangeExtension(path, ".ibd")));
        await SyntheticTissueWriter.WriteAsync(tissue with { Seed = 2 }, ObjectUri.Parse(path));
        Assert.NotEqual(ibd[..16], (await File.ReadAllBytesAsync(Path.ChangeExtension(path, ".ibd")))[..16]);
    }

    [Theory]
    [InlineData("local", 345)] // two ions each: a window that ends too early loses a peak
    [InlineData("processes", 3)]
    public async Task The_program_finds_in_an_imzml_what_is_planted_in_it_and_nothing_else(string backend, int segments)
    {
        var output = Path.Combine(_folder, "results");
        var text = (await SampleProgram.RunAsync("Metaspace", Environment(backend), "--output", output, "--segments", $"{segments}")).Succeeded();
        var planted = Demonstration.Tissue.Planted;
        Assert.Matches(
            $@"^index +\d+\.\d\d s  1356 spectra, \d+ points\ndatabase +\d+\.\d\d s  30 molecules, 690 ions\nsegment +\d+\.\d\d s  {segments} slices\nimages +\d+\.\d\d s  \d+ ions score\nfdr +\d+\.\d\d s  90 annotations\nwrite +\d+\.\d\d s  12 images\n",
            text);
        Assert.Contains($"{planted.Count,4} found at 10 % FDR\n", text, StringComparison.Ordinal);

        // The rows are those of all spectra in memory, peak by peak.
        await using var parquet = File.OpenRead(Path.Combine(output, "annotations.parquet"));
        var rows = await ReadAsync(parquet);
        Assert.Equal(InMemory.Value.Annotations, rows);
        Assert.Equal(planted.Select(ion => (Formula.Parse(ion.Formula).ToString(), ion.Adduct)).Order(), rows.Where(row => row.Fdr <= 0.1).Select(row => (row.Formula, row.Adduct)).Order());

        var csv = await File.ReadAllLinesAsync(Path.Combine(output, "annotations.csv"));
        Assert.Equal(rows.Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Formula},{row.Adduct},{row.Mz},{row.Chaos},{row.Spatial},{row.Spectral},{row.Msm},{row.Fdr},{row.FdrLevel}")), csv.Skip(1));
        Assert.Equal(planted.Select(ion => $"{Formula.Parse(ion.Formula)}{ion.Adduct}.png").Order(StringComparer.Ordinal), Directory.GetFiles(output, "*.png").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

        // A bar for each stage, and one for each task below.
        var timeline = XDocument.Load(Path.Combine(output, "timeline.svg")).Descendants().Where(element => element.Name.LocalName == "title").Select(title => title.Value).ToArray();
        Assert.Equal(["index", "database", "segment", "images", "fdr", "write"], timeline.Where(title => !title.StartsWith("task ", StringComparison.Ordinal)).Select(title => title.Split(':')[0]));
        Assert.Equal(segments, timeline.Count(title => title.Contains(" of images: ", StringComparison.Ordinal)));
        Assert.Equal(1, timeline.Count(title => title.Contains(" of index: ", StringComparison.Ordinal)));
        Assert.Contains("<svg", await File.ReadAllTextAsync(Path.Combine(output, "tasks.svg")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_set_in_s3_is_annotated_with_the_same_program()
    {
        var place = await ConfiguredStorage.CreateAsync("s3", _folder);
        var uri = place.Location + "/tissue.imzML";
        var formulas = Path.Combine(_folder, "formulas.txt");
        await File.WriteAllLinesAsync(formulas, ["C7H15NO3", "", "C42H82NO8P", "C20H32O2", "C42H82NO8P"]);
        Dictionary<string, string> environment = new(place.Environment.Concat(Environment("processes")));
        string[] options = ["--formulas", formulas, "--segments", "2", "--output", Path.Combine(_folder, "results")];

        // It writes the tissue there, and then takes it for a data set as any other.
        var first = (await SampleProgram.RunAsync("Metaspace", environment, ["--tissue", uri, .. options])).Succeeded();
        Assert.StartsWith($"The synthetic tissue, 1356 spectra, is {uri}.\nindex ", first, StringComparison.Ordinal);
        var rows = await File.ReadAllLinesAsync(Path.Combine(_folder, "results", "annotations.csv"));
        var again = (await SampleProgram.RunAsync("Metaspace", environment, ["--data", uri, "--metadata", place.Location + "/index/", .. options])).Succeeded();
        Assert.StartsWith("index ", again, StringComparison.Ordinal);
        Assert.Equal(rows, await File.ReadAllLinesAsync(Path.Combine(_folder, "results", "annotations.csv")));

        // Their scores are those that they have among all molecules; of few molecules the rates are high.
        var expected = InMemory.Value.Annotations.Where(row => row.Formula is "C7H15NO3" or "C42H82NO8P" or "C20H32O2");
        Assert.Equal(expected.Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Formula},{row.Adduct},{row.Mz},{row.Chaos},{row.Spatial},{row.Spectral},{row.Msm}")), rows.Skip(1).Select(row => string.Join(',', row.Split(',')[..7])));
    }

    // Sixteen-odd peaks of a scanner in nine pixels: nothing of it is a molecule for certain.
    [SharedDataFact]
    public async Task A_data_set_of_others_ends_in_a_table()
    {
        var output = Path.Combine(_folder, "results");
        var path = Path.Combine(SharedData.Folder!, "imzml", "Example_Processed.imzML");
        var text = (await SampleProgram.RunAsync("Metaspace", Environment("local"), "--data", path, "--output", output, "--segments", "2")).Succeeded();
        Assert.Contains(" 9 spectra, ", text, StringComparison.Ordinal);
        Assert.Contains("   0 found at 10 % FDR\n", text, StringComparison.Ordinal);
        Assert.Equal(1 + (Demonstration.Formulas.Count * 3), (await File.ReadAllLinesAsync(Path.Combine(output, "annotations.csv"))).Length);
    }

    [Theory]
    [InlineData(2, "--instrument", "orbitrap")]
    [InlineData(2, "--tolerance", "3")]
    [InlineData(2, "--adducts", "H")]
    [InlineData(2, "--segments", "0")]
    [InlineData(2, "--charge", "0")]
    [InlineData(2, "--data", "one.imzML", "--tissue", "other.imzML")]
    [InlineData(1, "--data", "no-such-file.imzML")]
    public async Task What_is_wrong_is_told(int exitCode, params string[] options) =>
        Assert.StartsWith("metaspace: ", (await SampleProgram.RunAsync("Metaspace", Environment("local"), ["--output", Path.Combine(_folder, "results"), .. options])).Failed(exitCode), StringComparison.Ordinal);

    private Dictionary<string, string> Environment(string backend) => new() { ["DATAPLUG_HOME"] = Path.Combine(_folder, "home"), ["DATAPLUG_BACKEND"] = backend };

    // By looking at every peak of every spectrum.
    private static IonImage ImageOf(IEnumerable<(int X, int Y, double[] Mz, double[] Intensities)> spectra, SyntheticTissue tissue, double mz)
    {
        var (low, high) = Tolerance.Window(mz);
        var builder = new IonImageBuilder(tissue.Width, tissue.Height);
        foreach (var (x, y, mzs, intensities) in spectra)
        {
            builder.MarkSpectrum(x, y);
            for (var i = 0; i < mzs.Length; i++)
            {
                if (mzs[i] >= low && mzs[i] <= high)
                    builder.Add(x, y, intensities[i]);
            }
        }

        return builder.ToImage();
    }

    private static async Task<Annotation[]> ReadAsync(Stream parquet)
    {
        parquet.Position = 0;
        await using var reader = await ParquetReader.CreateAsync(parquet);
        using var group = reader.OpenRowGroupReader(0);
        var fields = reader.Schema.GetDataFields();
        Assert.Equal(["formula", "adduct", "mz", "chaos", "spatial", "spectral", "msm", "fdr", "fdr_level"], fields.Select(field => field.Name));
        var rows = (int)group.RowCount;
        var texts = new string?[2][];
        for (var i = 0; i < 2; i++)
        {
            texts[i] = new string?[rows];
            await group.ReadAsync(fields[i], texts[i].AsMemory());
        }

        var numbers = new double[7][];
        for (var i = 0; i < 7; i++)
        {
            numbers[i] = new double[rows];
            await group.ReadAsync<double>(fields[i + 2], numbers[i].AsMemory());
        }

        return [.. Enumerable.Range(0, rows).Select(i => new Annotation(texts[0][i]!, texts[1][i]!, numbers[0][i], numbers[1][i], numbers[2][i], numbers[3][i], numbers[4][i], numbers[5][i], numbers[6][i]))];
    }
}
