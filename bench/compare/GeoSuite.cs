using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Dataplug.Conformance.Servers;

namespace Dataplug.Compare;

/// <summary>Point clouds beside LASzip, and windows of images over HTTP beside GDAL.</summary>
/// <param name="work">Folder for data and indexes.</param>
/// <param name="docs">Folder of benchmarks.md.</param>
/// <param name="dataplug">The tool.</param>
/// <param name="laszip">The folder of a copy of LASzip's source; null where it is not measured.</param>
/// <param name="rounds">Rounds that are counted.</param>
internal sealed class GeoSuite(DirectoryInfo work, DirectoryInfo docs, string dataplug, DirectoryInfo? laszip, int rounds)
{
    private const string FirstCore = "0";
    private const string BothCores = "0,1";
    private const int Windows = 10;
    private const int ImageSize = 8192;
    private const double Goal = 1.5;

    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(20);

    public async Task RunAsync(int millions, CancellationToken cancellationToken)
    {
        Environment.SetEnvironmentVariable("DATAPLUG_HOME", Path.Combine(work.FullName, "home"));
        var data = new GeoData(work);
        var peer = await BuildPeerAsync();
        var body = new StringBuilder();
        body.AppendLine(CultureInfo.InvariantCulture, $"Measured {DateTime.UtcNow:yyyy-MM-dd} on {Machine.Describe()}; files in the page cache; whole processes, start-up included; medians of {rounds} rounds in which all take turns, after one that does not count. {(peer is null ? "LASzip not measured: --laszip and DATAPLUG_LASZIP name no copy of its source" : "LASzip from its public source, by g++ -O3")}, GDAL {await Machine.PackageVersionAsync("gdal-bin")}.");
        await IndexAsync(body, await data.PointsAsync(millions * 3_000_000, 3), millions * 3_000_000L, peer);
        foreach (var pointFormat in (int[])[3, 7])
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (peer is not null)
                await DecodeAsync(body, await data.CompressedAsync(await data.PointsAsync(millions * 1_000_000, pointFormat), peer), millions * 1_000_000L, pointFormat, peer);
        }

        await WindowsAsync(body, data, cancellationToken);
        await DocumentSection.OfBenchmarks(docs, "geo").ReplaceAsync(body.ToString(), cancellationToken);
    }

    private async Task<string?> BuildPeerAsync()
    {
        if (laszip is null)
            return null;
        var peer = Path.Combine(work.FullName, "laszip-peer");
        if (!File.Exists(peer))
            await Machine.OutputAsync($"bench/compare/peers/build-laszip.sh '{laszip.FullName}' '{peer}'");
        return peer;
    }

    private async Task IndexAsync(StringBuilder body, string file, long points, string? peer)
    {
        var report = Path.Combine(work.FullName, "report-las.json");
        var contenders = new List<Contender>
        {
            new("dataplug, 1 worker", "index, header checked against all points", $"{dataplug} preprocess '{file}' --format las --workers 1 --force --json > '{report}'", Processors: FirstCore),
            new("dataplug, 2 workers", "index, header checked against all points", $"{dataplug} preprocess '{file}' --format las --workers 2 --force --json > '{report}'", Processors: BothCores),
            new("cat, into wc -c", "reads all bytes", $"cat '{file}' | wc -c > /dev/null", Processors: FirstCore),
        };
        if (peer is not null)
            contenders.Add(new("lasindex", "index (LASzip's class and lasindex's settings)", $"'{peer}' index '{file}' '{file}.lax'", file + ".lax", FirstCore));
        var rows = await new Comparison("LAS", contenders, BothCores).RunAsync(rounds);
        using var answer = JsonDocument.Parse(await File.ReadAllTextAsync(report));
        var size = new FileInfo(file).Length;
        body.AppendLine();
        body.AppendLine(CultureInfo.InvariantCulture, $"**LAS, the index**: {points:N0} points of format 3, {size / 1e6:F0} MB");
        body.AppendLine();
        body.AppendLine("| | does | cores | wall s | CPU s | MB/s | × 1 worker | peak MiB | index, % of the object |");
        body.AppendLine("|---|---|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var row in rows)
        {
            var bytes = row == rows[0] || row == rows[1] ? answer.RootElement.GetProperty("sidecarSize").GetInt64() : row.IndexBytes;
            var index = bytes is { } length ? (100.0 * length / size).ToString("F4", CultureInfo.InvariantCulture) : "–";
            body.AppendLine(CultureInfo.InvariantCulture, $"| {row.Contender.Name} | {row.Contender.Does} | {row.Contender.Cores} | {row.Median.WallSeconds:F2} | {row.Median.CpuSeconds:F2} | {size / 1e6 / row.Median.WallSeconds:F0} | {row.TimesOf(rows[0]):F2} | {row.Median.PeakMebibytes:F0} | {index} |");
        }
    }

    private async Task DecodeAsync(StringBuilder body, string file, long points, int pointFormat, string peer)
    {
        var (ours, theirs) = (Path.Combine(work.FullName, "answer-laz.txt"), Path.Combine(work.FullName, "answer-laszip.txt"));
        var rows = await new Comparison($"LAZ {pointFormat}", [
            new("LASzip", "decompresses", $"'{peer}' decode '{file}' > '{theirs}'", Processors: FirstCore),
            new("LazChunkDecoder", "decompresses", $"{Machine.Self} laz '{file}' > '{ours}'", Processors: FirstCore),
            new("dataplug preprocess, 1 worker", "decompresses and indexes", $"{dataplug} preprocess '{file}' --format laz --workers 1 --force > /dev/null", Processors: FirstCore),
            new("dataplug preprocess, 2 workers", "decompresses and indexes", $"{dataplug} preprocess '{file}' --format laz --workers 2 --force > /dev/null", Processors: BothCores)], BothCores).RunAsync(rounds);
        var (found, expected) = (await File.ReadAllTextAsync(ours), await File.ReadAllTextAsync(theirs));
        if (found.Trim() != expected.Trim())
            throw new InvalidOperationException($"of {file} LASzip read '{expected}', and LazChunkDecoder '{found}'");
        var size = new FileInfo(file).Length;
        body.AppendLine();
        body.AppendLine(CultureInfo.InvariantCulture, $"**LAZ, point format {pointFormat}** ({(pointFormat == 7 ? "layered" : "pointwise")}): {points:N0} points, {size / 1e6:F0} MB as LASzip wrote them, in chunks of 50,000; goal: at most {Goal} × LASzip's time");
        body.AppendLine();
        body.AppendLine("| | does | cores | wall s | CPU s | million points/s | × LASzip | peak MiB |");
        body.AppendLine("|---|---|---:|---:|---:|---:|---:|---:|");
        foreach (var row in rows)
            body.AppendLine(CultureInfo.InvariantCulture, $"| {row.Contender.Name} | {row.Contender.Does} | {row.Contender.Cores} | {row.Median.WallSeconds:F2} | {row.Median.CpuSeconds:F2} | {points / 1e6 / row.Median.WallSeconds:F2} | {row.TimesOf(rows[0]):F2} | {row.Median.PeakMebibytes:F0} |");
    }

    // Every window by a process of its own, as a worker would read it: its slice was made before.
    private async Task WindowsAsync(StringBuilder body, GeoData data, CancellationToken cancellationToken)
    {
        await using var server = await HttpFileServer.StartAsync();
        server.Latency = Latency;
        body.AppendLine();
        body.AppendLine(CultureInfo.InvariantCulture, $"**Windows of an image over HTTP**, {ImageSize} × {ImageSize} pixels, 3 bands, deflate with predictor 2; the server waits {Latency.TotalMilliseconds:F0} ms before each answer; {Windows} windows at random places, one after another, a process each; per window: requests, bytes of bodies, what part of these bytes is of no block that the window touches, and time. dataplug reads slices that were planned before, which reads nothing of the object; `gdal_translate` opens the image each time.");
        body.AppendLine();
        body.AppendLine("| image | window | | requests | kB | over-read | seconds |");
        body.AppendLine("|---|---|---|---:|---:|---:|---:|");
        foreach (var isCloudOptimized in (bool[])[true, false])
        {
            var file = await data.ImageAsync(ImageSize, isCloudOptimized);
            File.CreateSymbolicLink(Path.Combine(server.Root, Path.GetFileName(file)), file);
            var url = $"{server.Url}/{Path.GetFileName(file)}";
            var levels = TiffLevel.Read(file);
            var count = server.Requests.Count;
            await Machine.OutputAsync($"{dataplug} preprocess '{url}' --format geotiff --force");
            Console.Error.WriteLine($"{url}: {server.Requests.Count - count} requests to index it");
            foreach (var (size, scale) in isCloudOptimized ? ((int, int)[])[(256, 1), (1024, 1), (4096, 1), (8192, 4)] : [(256, 1), (1024, 1)])
            {
                cancellationToken.ThrowIfCancellationRequested();
                var random = new Random(size);
                var windows = Enumerable.Range(0, Windows).Select(_ => (X: random.Next(ImageSize - size + 1), Y: random.Next(ImageSize - size + 1))).ToArray();
                foreach (var (i, (x, y)) in windows.Index())
                    await Machine.OutputAsync($"{dataplug} partition '{url}' --format geotiff --strategy bbox --param bbox={500_000 + x},{5_500_000 - y - size},{500_000 + x + size},{5_500_000 - y} --param resolution={scale} --out '{SliceOf(i)}'");
                var level = levels.First(level => level.Width == ImageSize / scale);
                var touched = windows.Sum(window => level.BytesOf(window.X / scale, window.Y / scale, size / scale));
                var name = isCloudOptimized ? "COG, tiles of 512" : "strips of 16 rows";
                var shown = scale == 1 ? $"{size} × {size}" : $"{size} × {size}, a {scale}th of the resolution";
                body.AppendLine(await MeasureAsync(server, $"| {name} | {shown} | dataplug get", touched, i => $"{dataplug} get '{SliceOf(i)}' --slice 0 > /dev/null"));
                body.AppendLine(await MeasureAsync(server, $"| {name} | {shown} | gdal_translate /vsicurl/", touched, i => Translate(windows[i].X, windows[i].Y, size, scale, url, "")));
                body.AppendLine(await MeasureAsync(server, $"| {name} | {shown} | the same, settings for COG", touched, i => Translate(windows[i].X, windows[i].Y, size, scale, url, "GDAL_DISABLE_READDIR_ON_OPEN=EMPTY_DIR GDAL_HTTP_MERGE_CONSECUTIVE_RANGES=YES GDAL_HTTP_MULTIRANGE=YES CPL_VSIL_CURL_ALLOWED_EXTENSIONS=.tif ")));
            }
        }
    }

    private string SliceOf(int window) => Path.Combine(work.FullName, string.Create(CultureInfo.InvariantCulture, $"window-{window}.jsonl"));

    private string Translate(int x, int y, int size, int scale, string url, string settings) =>
        $"{settings}gdal_translate -q -srcwin {x} {y} {size} {size} {(scale == 1 ? "" : $"-outsize {size / scale} {size / scale} ")}'/vsicurl/{url}' '{Path.Combine(work.FullName, "window.tif")}'";

    private static async Task<string> MeasureAsync(HttpFileServer server, string row, long touched, Func<int, string> command)
    {
        var (requests, bytes, clock) = (server.Requests.Count, server.BytesSent, Stopwatch.StartNew());
        for (var i = 0; i < Windows; i++)
            await Machine.OutputAsync(command(i));
        var seconds = clock.Elapsed.TotalSeconds / Windows;
        var sent = server.BytesSent - bytes;
        var line = string.Create(CultureInfo.InvariantCulture, $"{row} | {(double)(server.Requests.Count - requests) / Windows:F1} | {sent / 1e3 / Windows:F0} | {100.0 * (sent - touched) / sent:F1} % | {seconds:F3} |");
        Console.Error.WriteLine(line);
        return line;
    }
}

/// <summary>Where the blocks of an image of a classic TIFF are: read for itself, to hold what was fetched against.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="BlockWidth">Pixels of a block.</param>
/// <param name="BlockHeight">Rows of a block.</param>
/// <param name="Lengths">Bytes of each block.</param>
internal sealed record TiffLevel(int Width, int BlockWidth, int BlockHeight, long[] Lengths)
{
    /// <summary>Reads the directories of a file, in the order of the machine.</summary>
    public static List<TiffLevel> Read(string path)
    {
        using var file = File.OpenRead(path);
        var levels = new List<TiffLevel>();
        for (var at = BinaryPrimitives.ReadUInt32LittleEndian(Bytes(file, 4, 4)); at != 0;)
        {
            var count = BinaryPrimitives.ReadUInt16LittleEndian(Bytes(file, at, 2));
            var entries = Bytes(file, at + 2, (count * 12) + 4);
            var tags = new Dictionary<int, long[]>();
            for (var i = 0; i < count; i++)
            {
                var entry = entries.AsSpan(i * 12, 12);
                var (type, values) = (BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]), BinaryPrimitives.ReadInt32LittleEndian(entry[4..]));
                if (type is not (3 or 4))
                    continue;
                var size = type == 3 ? 2 : 4;
                var content = size * values <= 4 ? entry[8..].ToArray() : Bytes(file, BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]), size * values);
                tags[BinaryPrimitives.ReadUInt16LittleEndian(entry)] = [.. Enumerable.Range(0, values).Select(value => size == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(content.AsSpan(2 * value)) : (long)BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(4 * value)))];
            }

            var width = (int)tags[256][0];
            levels.Add(tags.TryGetValue(322, out var tile) ? new TiffLevel(width, (int)tile[0], (int)tags[323][0], tags[325]) : new TiffLevel(width, width, (int)tags[278][0], tags[279]));
            at = BinaryPrimitives.ReadUInt32LittleEndian(entries.AsSpan(count * 12));
        }

        return levels;
    }

    /// <summary>Bytes of all blocks that a square window touches.</summary>
    public long BytesOf(int x, int y, int size)
    {
        var (across, sum) = ((Width + BlockWidth - 1) / BlockWidth, 0L);
        for (var row = y / BlockHeight; row <= (y + size - 1) / BlockHeight; row++)
        {
            for (var column = x / BlockWidth; column <= (x + size - 1) / BlockWidth; column++)
                sum += Lengths[(row * across) + column];
        }

        return sum;
    }

    private static byte[] Bytes(FileStream file, long offset, int length)
    {
        var bytes = new byte[length];
        file.Position = offset;
        file.ReadExactly(bytes);
        return bytes;
    }
}
