using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dataplug.Metadata;

namespace Dataplug.Formats.Geo;

/// <summary>What an index of LAS is made of, and how it is written.</summary>
internal sealed record LasIndexContent
{
    public const string HeaderSection = "header";
    public const string BoundsColumn = "block-bounds";
    public const string CellColumn = "cells";
    public const string CellCountColumn = "cell-points";
    public const string CellBlockColumn = "cell-blocks";
    public const string EvlrColumn = "evlrs";

    private const int MaxShown = 100;

    public required LasHeader Header { get; init; }

    public required LasBody Body { get; init; }

    public required int BlockPoints { get; init; }

    /// <summary>What was counted; null where it was not.</summary>
    public required PointScan? Scan { get; init; }

    public required IReadOnlyList<IndexedCell> Cells { get; init; }

    public string? ImportedFrom { get; init; }

    /// <summary>How points are compressed; null where they aren't.</summary>
    public LasCompression? Compression { get; init; }

    /// <summary>The octree of COPC; null of others.</summary>
    public CopcOctree? Octree { get; init; }

    /// <summary>What coordinates are in each block, where the points were not looked at.</summary>
    public IReadOnlyList<LasBounds>? BlockBounds { get; init; }

    public async Task WriteAsync(SidecarWriter writer, CancellationToken cancellationToken)
    {
        writer.SetAttributes(JsonSerializer.SerializeToElement(Describe(), LasIndexJson.Default.LasAttributes));
        await writer.WriteSectionAsync(HeaderSection, Header.Bytes, cancellationToken).ConfigureAwait(false);
        if ((Scan?.Blocks ?? BlockBounds) is { } blocks)
        {
            // Side by side, so that differences are small.
            var bounds = new long[6 * blocks.Count];
            for (var i = 0; i < blocks.Count; i++)
            {
                var block = blocks[i];
                (bounds[i], bounds[blocks.Count + i], bounds[(2 * blocks.Count) + i]) = (block.MinX, block.MinY, block.MinZ);
                (bounds[(3 * blocks.Count) + i], bounds[(4 * blocks.Count) + i], bounds[(5 * blocks.Count) + i]) = (block.MaxX, block.MaxY, block.MaxZ);
            }

            await writer.WriteColumnAsync(BoundsColumn, bounds, cancellationToken).ConfigureAwait(false);
        }

        var (rectangles, intervals) = (new long[4 * Cells.Count], new List<long>());
        for (var i = 0; i < Cells.Count; i++)
        {
            var cell = Cells[i].Rectangle;
            (rectangles[i], rectangles[Cells.Count + i]) = (cell.MinX, cell.MinY);
            (rectangles[(2 * Cells.Count) + i], rectangles[(3 * Cells.Count) + i]) = ((long)cell.MaxX - cell.MinX, (long)cell.MaxY - cell.MinY);
            intervals.Add(Cells[i].Blocks.Length);
            foreach (var interval in Cells[i].Blocks)
            {
                intervals.Add(interval.First);
                intervals.Add(interval.Last);
            }
        }

        await writer.WriteColumnAsync(CellColumn, rectangles, cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(CellCountColumn, Cells.Select(cell => cell.Count).ToArray(), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(CellBlockColumn, intervals.ToArray(), cancellationToken).ConfigureAwait(false);

        // Those that are true of a slice as well, neighbours as one.
        var kept = new List<long>();
        foreach (var evlr in Body.Evlrs.Where(evlr => !evlr.IsBoundToObject && evlr.Offset >= 0))
        {
            if (kept.Count > 0 && kept[^2] == evlr.Offset)
                (kept[^2], kept[^1]) = (evlr.End, kept[^1] + 1);
            else
                kept.AddRange([evlr.Offset, evlr.End, 1]);
        }

        await writer.WriteColumnAsync(EvlrColumn, kept.ToArray(), cancellationToken).ConfigureAwait(false);
    }

    private LasAttributes Describe()
    {
        var crs = LasCrs.Of([.. Header.Vlrs, .. Body.Evlrs], Header.GlobalEncoding.HasFlag(LasGlobalEncoding.Wkt));
        var summary = Scan?.Summary;
        var places = summary is null || summary.Points == 0 ? ((LasVector Min, LasVector Max)?)null : Header.PlacesOf(summary.Bounds);
        var warnings = Body.Warnings.Concat(summary is null ? [] : DifferencesOf(summary)).ToArray();
        return new LasAttributes
        {
            Version = $"1.{Header.MinorVersion}",
            PointFormat = Header.PointFormat.Id,
            RecordLength = Header.PointFormat.RecordLength,
            ExtraBytes = Header.PointFormat.ExtraBytes.Count == 0 ? null : [.. Header.PointFormat.ExtraBytes.Take(MaxShown).Select(extra => extra.Name)],
            Points = Body.Points,
            PointsByReturn = summary is null ? [.. Header.PointsByReturn] : Trim(summary.ByReturn.AsSpan(1)),
            PointsByClass = Scan?.ByClass.Index().Where(count => count.Item > 0).ToDictionary(count => count.Index.ToString(CultureInfo.InvariantCulture), count => count.Item),
            Min = Finite(places?.Min ?? (Scan is null ? Header.Min : null)),
            Max = Finite(places?.Max ?? (Scan is null ? Header.Max : null)),
            Scale = Finite(Header.Scale),
            Offset = Finite(Header.Shift),
            LeastIntensity = summary?.Points > 0 ? Scan!.LeastIntensity : null,
            GreatestIntensity = summary?.Points > 0 ? Scan!.GreatestIntensity : null,
            LeastGpsTime = Scan is { LeastGpsTime: var least } && double.IsFinite(least) ? least : null,
            GreatestGpsTime = Scan is { GreatestGpsTime: var greatest } && double.IsFinite(greatest) ? greatest : null,
            GpsTime = !Header.PointFormat.HasGpsTime ? null : Header.GlobalEncoding.HasFlag(LasGlobalEncoding.AdjustedGpsTime) ? "adjusted-standard" : "week",
            Epsg = crs?.Epsg,
            VerticalEpsg = crs?.VerticalEpsg,
            Crs = crs?.Wkt ?? crs?.Citation,
            SystemIdentifier = NullIfEmpty(Header.SystemIdentifier),
            GeneratingSoftware = NullIfEmpty(Header.GeneratingSoftware),
            Created = Header is { CreationYear: > 0 and < 9999, CreationDay: > 0 and <= 366 } ? new DateOnly(Header.CreationYear, 1, 1).AddDays(Header.CreationDay - 1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : null,
            Vlrs = [.. Header.Vlrs.Concat(Body.Evlrs).Take(MaxShown).Select(vlr => vlr.ToString())],
            PointsOffset = Header.PointsOffset,
            BlockPoints = BlockPoints,
            Cells = Cells.Count,
            Compression = Compression,
            Octree = Octree,
            ImportedFrom = ImportedFrom,
            Warnings = warnings.Length == 0 ? null : warnings,
        };
    }

    // Section 2.4: what the header says of the points, against the points. It hurts nobody who reads them, so it is told and no more.
    private IEnumerable<string> DifferencesOf(LasSummary summary)
    {
        var said = Header.PointsByReturn;
        if (said.Index().Any(count => count.Item != summary.ByReturn[count.Index + 1]) && Body.Points == Header.Points)
            yield return $"points by return are [{Text(summary.ByReturn.AsSpan(1, said.Count))}], the header says [{Text([.. said])}]";
        if (summary.ByReturn[0] > 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"{summary.ByReturn[0]} points have the return number 0");
        if (summary.Points == 0)
            yield break;
        var (min, max) = Header.PlacesOf(summary.Bounds);
        foreach (var (axis, scale, least, greatest, saidLeast, saidGreatest) in new[]
        {
            ("x", Header.Scale.X, min.X, max.X, Header.Min.X, Header.Max.X),
            ("y", Header.Scale.Y, min.Y, max.Y, Header.Min.Y, Header.Max.Y),
            ("z", Header.Scale.Z, min.Z, max.Z, Header.Min.Z, Header.Max.Z),
        })
        {
            // Writers round the bounds in their own ways: a unit is no difference.
            var unit = Math.Abs(scale);
            if (!(Math.Abs(least - saidLeast) <= unit && Math.Abs(greatest - saidGreatest) <= unit))
                yield return string.Create(CultureInfo.InvariantCulture, $"{axis} goes from {least} to {greatest}, the header says from {saidLeast} to {saidGreatest}");
        }
    }

    private static LasVector? Finite(LasVector? vector) =>
        vector is { } given && double.IsFinite(given.X) && double.IsFinite(given.Y) && double.IsFinite(given.Z) ? given : null;

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static string Text(ReadOnlySpan<long> counts) => string.Join(", ", Trim(counts));

    private static long[] Trim(ReadOnlySpan<long> counts) => counts[..(counts.LastIndexOfAnyExcept(0L) + 1)].ToArray();
}

/// <summary>What is known of a whole LAS object.</summary>
public sealed record LasAttributes
{
    /// <summary>The version, <c>1.0</c> to <c>1.4</c>.</summary>
    public required string Version { get; init; }

    /// <summary>The point data record format, 0 to 10.</summary>
    public required int PointFormat { get; init; }

    /// <summary>Bytes of a point.</summary>
    public required int RecordLength { get; init; }

    /// <summary>Names of the extra attributes, at most 100; null for none.</summary>
    public IReadOnlyList<string>? ExtraBytes { get; init; }

    /// <summary>Number of points.</summary>
    public required long Points { get; init; }

    /// <summary>Number of points of the first, second, … return: as counted, or, where the index was imported, as the header has it.</summary>
    public required IReadOnlyList<long> PointsByReturn { get; init; }

    /// <summary>Number of points of each class that has any; null where the index was imported.</summary>
    public IReadOnlyDictionary<string, long>? PointsByClass { get; init; }

    /// <summary>The least coordinates; null without points, and where they are no places.</summary>
    public LasVector? Min { get; init; }

    /// <summary>The greatest coordinates; null without points, and where they are no places.</summary>
    public LasVector? Max { get; init; }

    /// <summary>By what stored coordinates are multiplied; null where that is no number.</summary>
    public LasVector? Scale { get; init; }

    /// <summary>What is added to them after that; null where that is no number.</summary>
    public LasVector? Offset { get; init; }

    /// <summary>The least intensity.</summary>
    public int? LeastIntensity { get; init; }

    /// <summary>The greatest intensity.</summary>
    public int? GreatestIntensity { get; init; }

    /// <summary>What GPS times are: <c>week</c>, seconds of the GPS week, or <c>adjusted-standard</c>, GPS time minus 10⁹ seconds; null without.</summary>
    public string? GpsTime { get; init; }

    /// <summary>The least GPS time, in seconds.</summary>
    public double? LeastGpsTime { get; init; }

    /// <summary>The greatest GPS time, in seconds.</summary>
    public double? GreatestGpsTime { get; init; }

    /// <summary>The EPSG code of the horizontal coordinate reference system; null where none is told.</summary>
    public int? Epsg { get; init; }

    /// <summary>The EPSG code of the vertical one; null where none is told.</summary>
    public int? VerticalEpsg { get; init; }

    /// <summary>The coordinate reference system as Well-Known Text, or else the citation of its GeoKeys; null where there is neither.</summary>
    public string? Crs { get; init; }

    /// <summary>The instrument, or what was done to the points.</summary>
    public string? SystemIdentifier { get; init; }

    /// <summary>The program that wrote the object.</summary>
    public string? GeneratingSoftware { get; init; }

    /// <summary>The day on which it was written, as <c>yyyy-MM-dd</c>.</summary>
    public string? Created { get; init; }

    /// <summary>The variable length records and the extended ones, user and number, at most 100.</summary>
    public required IReadOnlyList<string> Vlrs { get; init; }

    /// <summary>Where the points start.</summary>
    public required long PointsOffset { get; init; }

    /// <summary>Points in a block of the index; the last one may have fewer. Where they are compressed, a block is a chunk, and this the largest.</summary>
    public required int BlockPoints { get; init; }

    /// <summary>Number of cells of the quadtree.</summary>
    public required int Cells { get; init; }

    /// <summary>How points are compressed; null of LAS.</summary>
    public LasCompression? Compression { get; init; }

    /// <summary>The octree of COPC; null of others.</summary>
    public CopcOctree? Octree { get; init; }

    /// <summary><c>lax</c> where the index was imported; null where it was made of the object.</summary>
    public string? ImportedFrom { get; init; }

    /// <summary>What was odd, differences between the header and the points among it; null where nothing was.</summary>
    public IReadOnlyList<string>? Warnings { get; init; }
}

/// <summary>How attributes and slices are written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LasAttributes))]
[JsonSerializable(typeof(LasSlice))]
internal sealed partial class LasIndexJson : JsonSerializerContext;
