using System.CommandLine;
using Dataplug.Cli.Output;
using Dataplug.Formats.Geo;
using Dataplug.Metadata;
using Dataplug.Preprocessing;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug geo</c>: quick-look pictures of point clouds and rasters.</summary>
internal static class GeoCommand
{
    private const int MaxSize = 4096;

    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open) =>
        new CommandWithExamples("geo", "Draw point clouds and rasters.", "dataplug geo preview tile.las --out tile.png")
        {
            CreatePreview(shared, open),
        };

    private static CommandWithExamples CreatePreview(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var uri = SharedOptions.Uri();
        var size = CountOption.Create("--size", "The longer side of the picture, in pixels, at most 4096.", 1024, minimum: 16, maximum: MaxSize);
        var target = new Option<string?>("--out") { HelpName = "PATH", Description = "A file (it appears whole or not at all), an object, or '-' for standard output: a PNG.", Required = true };
        var command = new CommandWithExamples("preview", "Draw a quick look: points by height, with shades; rasters from the overview that fits. Indexes the object first where it is not.",
            "dataplug geo preview tile.las --out tile.png",
            "dataplug geo preview s3://bucket/elevation.tif --size 512 --out elevation.png")
        {
            uri, shared.Format, size, target, shared.Metadata, shared.MetaBucket,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var source = await session.OpenAsync(result.GetRequiredValue(uri), result.GetValue(shared.Format), salvage: false, cancellationToken);
            var side = result.GetValue(size);
            if (source is not (CloudObject<LasIndex> or CloudObject<GeoTiffIndex>))
                throw new UsageException($"a quick look is drawn of LAS, LAZ, COPC and GeoTIFF; the object is of the format '{source.Format.Id}'");
            if ((await source.GetStateAsync(cancellationToken)).Status == IndexStatus.Missing)
                _ = await PreprocessCommand.RunAsync(session, source, new PreprocessOptions(), cancellationToken);
            var path = result.GetRequiredValue(target);
            await OutputTarget.WriteAsync(path, session, (stream, token) => DrawAsync(source, side, stream, token), cancellationToken);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task DrawAsync(CloudObject source, int size, Stream stream, CancellationToken cancellationToken)
    {
        if (source is CloudObject<GeoTiffIndex> raster)
        {
            await (await RasterQuickLook.DrawAsync(raster, size, cancellationToken: cancellationToken)).WritePngAsync(stream, cancellationToken);
            return;
        }

        var cloud = (CloudObject<LasIndex>)source;
        var header = (await cloud.GetIndexAsync(cancellationToken)).Header;
        var (width, height) = (header.Max.X - header.Min.X, header.Max.Y - header.Min.Y);
        var longer = Math.Max(width, height);
        var preview = await LasPreview.CreateAsync(cloud, Side(width), Side(height), cancellationToken: cancellationToken);
        using var picture = new MemoryStream();
        preview.WritePng(picture);
        await stream.WriteAsync(picture.GetBuffer().AsMemory(0, (int)picture.Length), cancellationToken);

        int Side(double extent) => longer > 0 && double.IsFinite(longer) ? Math.Max(1, (int)(size * extent / longer)) : size;
    }
}
