using System.CommandLine;
using System.Globalization;
using System.Text;
using Dataplug.Cli.Output;
using Dataplug.Formats.Imzml;
using Dataplug.Formats.Imzml.Imaging;
using Dataplug.Preprocessing;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug imzml</c>: pictures and mean spectra of mass-spectrometry imaging data sets.</summary>
internal static class ImzmlCommand
{
    private static readonly string[] Kinds = ["ion", "tic", "base-peak"];

    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open) =>
        new CommandWithExamples("imzml", "Draw ion images and write mean spectra of imzML data sets.",
            "dataplug imzml image tissue.imzML --mz 885.55 --ppm 5 --out image.png",
            "dataplug imzml mean tissue.imzML --ppm 10 --out mean.csv")
        {
            CreateImage(shared, open),
            CreateMean(shared, open),
        };

    private static CommandWithExamples CreateImage(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var uri = SharedOptions.Uri();
        var kind = new Option<string>("--kind") { Description = "'ion' for the intensities around --mz, 'tic' for all intensities, 'base-peak' for the largest ones.", DefaultValueFactory = _ => "ion" };
        kind.AcceptOnlyFromAmong(Kinds);
        var mz = new Option<double?>("--mz") { HelpName = "M/Z", Description = "The m/z of an ion image." };
        var (ppm, dalton) = Tolerances("How far from it a point may be");
        var z = new Option<int?>("--z") { HelpName = "N", Description = "The layer. Default: the first one." };
        var map = new Option<string>("--map") { Description = "The colours: " + string.Join(", ", ColorMap.All.Select(colors => colors.Name)) + ".", DefaultValueFactory = _ => ColorMap.Viridis.Name };
        map.AcceptOnlyFromAmong([.. ColorMap.All.Select(colors => colors.Name)]);
        var scale = CountOption.Create("--scale", "Pixels of the picture for a pixel of the image, across and down; 0 for about 400 in all.", 0, minimum: 0);
        var percentile = new Option<double?>("--hot-spots") { HelpName = "PERCENT", Description = "Draw intensities above this percentile as it, e.g. 99." };
        var bar = new Option<bool>("--color-bar") { Description = "Draw the colours in a bar beside the image." };
        var target = new Option<string?>("--out") { HelpName = "PATH", Description = "A file or an object: .png for a picture, .csv for the numbers; or '-' for standard output, as a picture.", Required = true };
        var command = new CommandWithExamples("image", "Draw an ion image; index the data set first where it is not.",
            "dataplug imzml image tissue.imzML --mz 885.55 --ppm 5 --out image.png",
            "dataplug imzml image s3://bucket/tissue.imzML --mz 766.5 --da 0.01 --map inferno --hot-spots 99 --out image.png",
            "dataplug imzml image tissue.imzML --kind tic --out tic.csv")
        {
            uri, kind, mz, ppm, dalton, z, map, scale, percentile, bar, target, shared.Metadata, shared.MetaBucket,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var what = result.GetRequiredValue(kind);
            var tolerance = ToleranceOf(result, ppm, dalton);
            var at = result.GetValue(mz);
            if (what == "ion" && (at is null || tolerance is null))
                throw new UsageException("an ion image needs --mz and one of --ppm and --da");
            if (what != "ion" && (at is not null || tolerance is not null))
                throw new UsageException($"--mz, --ppm and --da are for ion images, not for '{what}'");
            if (at is <= 0 or double.NaN or double.PositiveInfinity)
                throw new UsageException("--mz is a number above 0");
            if (result.GetValue(percentile) is { } percent and not (> 0 and <= 100))
                throw new UsageException("--hot-spots is a percentile above 0, at most 100");

            var data = await OpenAsync(session, result.GetRequiredValue(uri), cancellationToken);
            var layer = result.GetValue(z);
            var image = what switch
            {
                "tic" => await data.ReadTotalIonCurrentImageAsync(layer, cancellationToken),
                "base-peak" => await data.ReadBasePeakImageAsync(layer, cancellationToken),
                _ => await data.ReadIonImageAsync(at!.Value, tolerance!.Value, layer, cancellationToken),
            };
            var path = result.GetRequiredValue(target)!;
            await OutputTarget.WriteAsync(path, session, async (stream, token) => await stream.WriteAsync(Draw(path, image, result), token), cancellationToken);
            if (path != "-")
                session.Note($"{image.Width} x {image.Height} pixels, {ByteText.Count(image.Pixels)} with a spectrum, intensities from {Text(image.Min)} to {Text(image.Max)}, in {path}");
            return ExitCodes.Ok;
        });
        return command;

        byte[] Draw(string path, IonImage image, ParseResult result)
        {
            if (path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase))
                return Encoding.UTF8.GetBytes(Numbers(image));
            if (result.GetValue(percentile) is { } percent)
                image = image.WithoutHotSpots(percent);
            var factor = result.GetValue(scale);
            return PngWriter.EncodePalette(image, new PngOptions
            {
                ColorMap = ColorMap.Of(result.GetRequiredValue(map)),
                ColorBar = result.GetValue(bar),
                Scale = factor > 0 ? Math.Min(1024, factor) : Math.Clamp(400 / Math.Max(image.Width, image.Height), 1, 64),
            });
        }
    }

    private static CommandWithExamples CreateMean(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var uri = SharedOptions.Uri();
        var (ppm, dalton) = Tolerances("Width of a bin, where spectra share no m/z axis");
        var target = new Option<string?>("--out") { HelpName = "PATH", Description = "A file (it appears whole or not at all), an object, or '-' for standard output, the default." };
        var command = new CommandWithExamples("mean", "Write the mean spectrum as CSV; index the data set first where it is not.", "dataplug imzml mean tissue.imzML --ppm 10 --out mean.csv")
        {
            uri, ppm, dalton, target, shared.Metadata, shared.MetaBucket,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var width = ToleranceOf(result, ppm, dalton) ?? MassTolerance.Ppm(10);
            if (width.Value <= 0)
                throw new UsageException("a bin is wider than 0");
            var data = await OpenAsync(session, result.GetRequiredValue(uri), cancellationToken);
            var mean = await data.ReadMeanSpectrumAsync(width, cancellationToken);
            await OutputTarget.WriteAsync(result.GetValue(target), session, async (stream, token) =>
            {
                var text = new StringBuilder("mz,intensity\n");
                for (var i = 0; i < mean.Mz.Count; i++)
                    text.Append(CultureInfo.InvariantCulture, $"{mean.Mz[i]:R},{mean.Intensities[i]:R}\n");
                await stream.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), token);
            }, cancellationToken);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static (Option<double?> Ppm, Option<double?> Dalton) Tolerances(string what) =>
        (new Option<double?>("--ppm") { HelpName = "X", Description = what + ", in millionths of the m/z." }, new Option<double?>("--da") { HelpName = "X", Description = what + ", in Da." });

    private static MassTolerance? ToleranceOf(ParseResult result, Option<double?> ppm, Option<double?> dalton)
    {
        var (relative, absolute) = (result.GetValue(ppm), result.GetValue(dalton));
        if (relative is not null && absolute is not null)
            throw new UsageException("--ppm and --da exclude each other");
        if ((relative ?? absolute) is not { } value)
            return null;
        return value is >= 0 and < 1e6 ? relative is null ? MassTolerance.Dalton(value) : MassTolerance.Ppm(value) : throw new UsageException("a tolerance is a number from 0 on");
    }

    private static async Task<CloudObject<ImzmlIndex>> OpenAsync(Session session, string uri, CancellationToken cancellationToken)
    {
        var data = (CloudObject<ImzmlIndex>)await session.OpenAsync(uri, Imzml.Format.Id, salvage: false, cancellationToken);
        if ((await data.GetStateAsync(cancellationToken)).Status == Metadata.IndexStatus.Missing)
            _ = await PreprocessCommand.RunAsync(session, data, new PreprocessOptions(), cancellationToken);
        return data;
    }

    // A row of the image a line; nothing where there is no spectrum.
    private static string Numbers(IonImage image)
    {
        var text = new StringBuilder();
        for (var y = 0; y < image.Height; y++)
        {
            for (var x = 0; x < image.Width; x++)
            {
                if (x > 0)
                    text.Append(',');
                if (image.HasSpectrum(image.X0 + x, image.Y0 + y))
                    text.Append(Text(image[image.X0 + x, image.Y0 + y]));
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
