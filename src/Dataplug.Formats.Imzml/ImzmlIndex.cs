using System.Runtime.InteropServices;
using System.Text.Json;
using Dataplug.Formats.Imzml.Xml;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Formats.Imzml;

/// <summary>The index of an imzML data set: where every spectrum is in the image and in the ibd.</summary>
/// <remarks>In memory it takes about 50 bytes a spectrum, and 60 more with statistics.</remarks>
public sealed class ImzmlIndex : ObjectIndex
{
    /// <summary>The most byte ranges that a slice names; nearer ones are merged.</summary>
    public const int MaxRangesPerSlice = 64;

    private const int MaxSlices = 1 << 20;

    private readonly SpectrumTable _table;
    private readonly IReadOnlyList<BlobTable> _tables;
    private readonly BlobTable _mzBlocks;
    private readonly double[]? _quantiles;

    private ImzmlIndex(SidecarReader sidecar, ImzmlAttributes dataSet, ImzmlHead head, SpectrumTable table, IReadOnlyList<BlobTable> tables, BlobTable mzBlocks, double[]? quantiles, SpectrumStatistics? statistics)
        : base(sidecar)
    {
        DataSet = dataSet;
        Head = head;
        _table = table;
        _tables = tables;
        _mzBlocks = mzBlocks;
        _quantiles = quantiles;
        Statistics = statistics;
    }

    /// <summary>The attributes, typed.</summary>
    public ImzmlAttributes DataSet { get; }

    /// <summary>Number of spectra.</summary>
    public int Spectra => _table.Count;

    internal ImzmlHead Head { get; }

    internal SpectrumStatistics? Statistics { get; }

    internal SourceIdentity Ibd => Source.Companions is [var ibd] ? ibd : throw new CorruptIndexException(Source.Uri.Display, "the index knows of no ibd");

    /// <summary>The place of a spectrum in the image.</summary>
    /// <param name="spectrum">Its number, from 0.</param>
    public (int X, int Y, int Z) PositionOf(int spectrum) => (_table.X[spectrum], _table.Y[spectrum], _table.Z[spectrum]);

    /// <summary>The number of points of a spectrum.</summary>
    /// <param name="spectrum">Its number, from 0.</param>
    public int PointsOf(int spectrum) => _table.ArrayOf(spectrum, 1).Points;

    /// <summary>The sum of a spectrum's intensities.</summary>
    /// <param name="spectrum">Its number, from 0.</param>
    /// <exception cref="PartitionException">The data set was indexed without statistics.</exception>
    public double TotalIonCurrentOf(int spectrum) => RequireStatistics().TotalIonCurrent[spectrum];

    /// <summary>A spectrum's largest intensity, and its m/z, the first of several; 0 and NaN of an empty spectrum.</summary>
    /// <inheritdoc cref="TotalIonCurrentOf"/>
    public (double Intensity, double Mz) BasePeakOf(int spectrum) => (RequireStatistics().BasePeak[spectrum], RequireStatistics().BasePeakMz[spectrum]);

    /// <summary>A spectrum's smallest and largest m/z; NaN of an empty spectrum.</summary>
    /// <inheritdoc cref="TotalIonCurrentOf"/>
    public (double Min, double Max) MzRangeOf(int spectrum) => (RequireStatistics().MinMz[spectrum], RequireStatistics().MaxMz[spectrum]);

    /// <summary>Slices between cuts: slice i holds the spectra from cut i up to, not including, cut i + 1. For strategies of your own.</summary>
    /// <param name="cuts">Numbers of spectra that never fall, from 0 to <see cref="Spectra"/>: one more than slices.</param>
    /// <exception cref="PartitionException">The cuts are not such numbers, or too many.</exception>
    public IReadOnlyList<ImzmlSlice> Cut(IReadOnlyList<int> cuts)
    {
        ArgumentNullException.ThrowIfNull(cuts);
        if (cuts.Count < 2 || cuts[0] != 0 || cuts[^1] != Spectra || !Enumerable.Range(1, cuts.Count - 1).All(i => cuts[i] >= cuts[i - 1]))
            throw new PartitionException(Source.Uri.Display, $"cuts are numbers of spectra that rise from 0 to {Spectra}");
        var slices = new ImzmlSlice[CheckCount(cuts.Count - 1L)];
        for (var i = 0; i < slices.Length; i++)
            slices[i] = Make(i, slices.Length, Range(cuts[i], cuts[i + 1] - cuts[i]), new SpectrumSelection { First = cuts[i], End = cuts[i + 1] });
        return slices;
    }

    /// <summary>Slices that each hold the spectra whose pixels lie in an area, in the order of the document. For strategies of your own:
    /// areas may overlap.</summary>
    public IReadOnlyList<ImzmlSlice> Select(IReadOnlyList<PixelArea> areas)
    {
        ArgumentNullException.ThrowIfNull(areas);
        var slices = new ImzmlSlice[CheckCount(areas.Count)];
        for (var i = 0; i < slices.Length; i++)
        {
            var area = areas[i];
            var rows = new List<int>();
            for (var row = 0; row < Spectra; row++)
            {
                if (area.Contains(_table.X[row], _table.Y[row], _table.Z[row]))
                    rows.Add(row);
            }

            slices[i] = MakeArea(i, slices.Length, rows, area);
        }

        return slices;
    }

    /// <summary>Slices that each hold a window of m/z of all spectra: slice i the points from edge i up to, not including, edge i + 1.</summary>
    /// <param name="edges">m/z values in rising order, infinities allowed: one more than slices.</param>
    /// <param name="maxGap">Bytes that a reader reads over rather than ask once more.</param>
    /// <exception cref="PartitionException">The edges do not rise, or the data set is processed and was indexed without statistics.</exception>
    public IReadOnlyList<ImzmlSlice> CutMz(IReadOnlyList<double> edges, long? maxGap = null)
    {
        ArgumentNullException.ThrowIfNull(edges);
        if (edges.Count < 2 || !Enumerable.Range(1, edges.Count - 1).All(i => edges[i] >= edges[i - 1]) || double.IsNaN(edges[0]))
            throw new PartitionException(Source.Uri.Display, "edges of m/z ranges are at least two numbers in rising order");
        if (!DataSet.SharesMz && Spectra > 0 && _mzBlocks.Count == 0)
            throw new PartitionException(Source.Uri.Display, "cutting a processed data set by m/z needs to know where in its arrays which m/z is", "Preprocess it with statistics (--statistics, or Imzml.With(new ImzmlOptions { Statistics = true })).");
        var slices = new ImzmlSlice[CheckCount(edges.Count - 1L)];
        var whole = Make(0, 1, Range(0, Spectra), new SpectrumSelection { First = 0, End = Spectra }, maxGap);
        for (var i = 0; i < slices.Length; i++)
        {
            slices[i] = whole with
            {
                Index = i,
                Count = slices.Length,
                Selection = whole.Selection with { MinMz = double.IsNegativeInfinity(edges[i]) ? null : edges[i], MaxMz = double.IsPositiveInfinity(edges[i + 1]) ? null : edges[i + 1] },
                Tables = TopTables(),
                MzBlocks = DataSet.SharesMz ? null : [.. Enumerable.Range(0, _mzBlocks.Count).Select(blob => _mzBlocks[blob])],
                MaxGap = maxGap,
            };
        }

        return slices;
    }

    /// <summary>m/z values that share the points of all spectra evenly, in 1024ths: of the m/z axis, or of the blocks of the statistics.</summary>
    internal IReadOnlyList<double> MzEdges(int count)
    {
        _ = CheckCount(count);
        if (_quantiles is not { } quantiles)
            throw new PartitionException(Source.Uri.Display, "cutting a processed data set by m/z needs to know where in its arrays which m/z is", "Preprocess it with statistics (--statistics, or Imzml.With(new ImzmlOptions { Statistics = true })).");
        var edges = new double[count + 1];
        (edges[0], edges[^1]) = (double.NegativeInfinity, double.PositiveInfinity);
        for (var i = 1; i < count; i++)
        {
            var place = quantiles.Length == 0 ? 0 : (double)i * (quantiles.Length - 1) / count;
            var below = quantiles.Length == 0 ? 0 : quantiles[(int)place];
            var above = quantiles.Length == 0 ? 0 : quantiles[Math.Min(quantiles.Length - 1, (int)place + 1)];
            edges[i] = Math.Max(edges[i - 1], below + ((above - below) * (place - Math.Floor(place))));
        }

        return edges;
    }

    internal IReadOnlyList<ImzmlSlice> SelectPixels(IReadOnlyList<(int X, int Y)> pixels)
    {
        const int MaxRuns = 160;
        var wanted = pixels.ToHashSet();
        var groups = new List<List<ByteRange>> { new() };
        for (var row = 0; row < Spectra; row++)
        {
            if (!wanted.Contains((_table.X[row], _table.Y[row])))
                continue;
            var runs = groups[^1];
            if (runs.Count > 0 && runs[^1].End == row)
            {
                runs[^1] = ByteRange.FromBounds(runs[^1].Offset, row + 1L);
                continue;
            }

            // What does not fit into one slice goes into the next.
            if (runs.Count == MaxRuns)
                groups.Add(runs = []);
            runs.Add(new ByteRange(row, 1));
        }

        var slices = new ImzmlSlice[CheckCount(groups.Count)];
        for (var i = 0; i < slices.Length; i++)
        {
            var rows = groups[i].SelectMany(run => Range((int)run.Offset, (int)run.Length)).ToList();
            slices[i] = Make(i, slices.Length, rows, new SpectrumSelection { First = rows.Count == 0 ? 0 : rows[0], End = rows.Count == 0 ? 0 : rows[^1] + 1, Numbers = PackedRuns.Pack(groups[i]) });
        }

        return slices;
    }

    /// <summary>Cuts where the next spectrum would make a slice larger than a number of bytes; an m/z axis that is shared counts once.</summary>
    internal IReadOnlyList<ImzmlSlice> CutBySize(long bytes)
    {
        var cuts = new List<int> { 0 };
        long size = 0;
        for (var row = 0; row < Spectra; row++)
        {
            long own = 0;
            for (var slot = DataSet.SharesMz ? 1 : 0; slot < _table.Slots.Count; slot++)
                own += _table.ArrayOf(row, slot).Length;
            var axis = DataSet.SharesMz ? _table.ArrayOf(row, 0).Length : 0;
            if (row > cuts[^1] && own > bytes - size)
            {
                cuts.Add(row);
                size = 0;
            }

            size = Math.Min(long.MaxValue / 2, (size == 0 ? axis : size) + own);
        }

        cuts.Add(Spectra);
        return Cut(cuts);
    }

    internal IReadOnlyList<ImzmlSlice> CutTiles(long width, long height)
    {
        // Every tile of every layer, in the order of layers, rows and columns; pixels are looked at once.
        var across = Math.Max(1, (DataSet.Width + width - 1) / width);
        var down = Math.Max(1, (DataSet.Height + height - 1) / height);
        var count = CheckCount(checked(across * down * Math.Max(1, DataSet.Depth)));
        var rows = new List<int>[count];
        for (var i = 0; i < count; i++)
            rows[i] = [];
        for (var row = 0; row < Spectra; row++)
        {
            var (x, y, z) = ((long)_table.X[row] - DataSet.MinX, (long)_table.Y[row] - DataSet.MinY, (long)_table.Z[row] - DataSet.MinZ);
            rows[(((z * down) + (y / height)) * across) + (x / width)].Add(row);
        }

        var slices = new ImzmlSlice[count];
        for (var i = 0; i < count; i++)
        {
            var (z, y, x) = (i / (across * down), i / across % down, i % across);
            var (left, top, layer) = (DataSet.MinX + (x * width), DataSet.MinY + (y * height), (int)(DataSet.MinZ + z));
            slices[i] = MakeArea(i, count, rows[i], new PixelArea((int)left, (int)top, Clamp(left + width - 1), Clamp(top + height - 1), layer, layer));
        }

        return slices;

        static int Clamp(long value) => (int)Math.Min(int.MaxValue, value);
    }

    internal SpectrumStatistics RequireStatistics() => Statistics
        ?? throw new PartitionException(Source.Uri.Display, "the data set was indexed without a pass over its ibd", "Preprocess it with statistics (--statistics, or Imzml.With(new ImzmlOptions { Statistics = true })).");

    internal static async Task<ImzmlIndex> LoadAsync(SidecarReader sidecar, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sidecar);
        var name = sidecar.Header.Source.Uri.Display;
        try
        {
            var attributes = sidecar.Attributes.Deserialize(ImzmlJson.Default.ImzmlAttributes)!;
            var head = JsonSerializer.Deserialize(await sidecar.ReadSectionAsync(ImzmlIndexContent.HeadSection, cancellationToken).ConfigureAwait(false), ImzmlJson.Default.ImzmlHead)!;
            var layouts = JsonSerializer.Deserialize(await sidecar.ReadSectionAsync(ImzmlIndexContent.LayoutsSection, cancellationToken).ConfigureAwait(false), ImzmlJson.Default.ListSpectrumLayout)!;
            var table = new SpectrumTable { HasZ = attributes.HasZ };
            foreach (var layout in layouts)
                table.NumberOf(layout);
            foreach (var (section, column) in ((string, List<int>)[])[("x", table.X), ("y", table.Y), ("z", table.Z), ("layout", table.Layout)])
                SpectrumTable.AddChecked(column, await sidecar.ReadColumnAsync(section, cancellationToken).ConfigureAwait(false), name);
            for (var slot = 0; slot < table.Slots.Count; slot++)
            {
                table.Slots[slot].Offsets.AddRange(await sidecar.ReadColumnAsync(ImzmlIndexContent.SlotSection("offset", slot), cancellationToken).ConfigureAwait(false));
                SpectrumTable.AddChecked(table.Slots[slot].Points, await sidecar.ReadColumnAsync(ImzmlIndexContent.SlotSection("points", slot), cancellationToken).ConfigureAwait(false), name);
                table.Slots[slot].Lengths.AddRange(await sidecar.ReadColumnAsync(ImzmlIndexContent.SlotSection("length", slot), cancellationToken).ConfigureAwait(false));
            }

            var tables = new List<BlobTable>();
            var levels = ImzmlIndexContent.Levels(table.Count);
            for (var level = 0; level < levels.Count; level++)
                tables.Add(await sidecar.ReadBlobTableAsync(ImzmlIndexContent.TableSection(level), cancellationToken).ConfigureAwait(false));
            var mzBlocks = await sidecar.ReadBlobTableAsync(ImzmlIndexContent.MzBlocksSection, cancellationToken).ConfigureAwait(false);
            var quantiles = sidecar.HasSection(ImzmlIndexContent.QuantilesSection)
                ? MemoryMarshal.Cast<byte, double>(await sidecar.ReadSectionAsync(ImzmlIndexContent.QuantilesSection, cancellationToken).ConfigureAwait(false)).ToArray()
                : null;
            var statistics = sidecar.HasSection(ImzmlIndexContent.StatisticsSection)
                ? SpectrumStatistics.Decode(await sidecar.ReadSectionAsync(ImzmlIndexContent.StatisticsSection, cancellationToken).ConfigureAwait(false), 1, name)
                : null;
            var isSound = table.Count == attributes.Spectra && table.Slots.Count != 1 && table.Layout.TrueForAll(layout => layout >= 0 && layout < layouts.Count)
                && ((List<int>[])[table.Y, table.Z, table.Layout]).All(column => column.Count == table.Count)
                && table.Slots.TrueForAll(slot => slot.Offsets.Count == table.Count && slot.Points.Count == table.Count && slot.Lengths.Count == table.Count)
                && tables.Zip(levels).All(pair => pair.First.Count == (table.Count + pair.Second - 1) / pair.Second)
                && (statistics is null || statistics.Count == table.Count);
            return isSound
                ? new ImzmlIndex(sidecar, attributes, head, table, tables, mzBlocks, quantiles, statistics)
                : throw new CorruptIndexException(name, "the columns of the index contradict each other");
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            throw new CorruptIndexException(name, "the index's attributes or layouts are not those of imzML", innerException: failure);
        }
    }

    private static IReadOnlyList<int> Range(int start, int count) => [.. Enumerable.Range(start, count)];

    private int CheckCount(long count) => count is >= 0 and <= MaxSlices
        ? (int)count
        : throw new PartitionException(Source.Uri.Display, $"{count} slices are more than the {MaxSlices} that one plan may have", "Ask for fewer or larger slices.");

    private ImzmlSlice MakeArea(int index, int count, List<int> rows, PixelArea area) =>
        Make(index, count, rows, new SpectrumSelection { First = rows.Count == 0 ? 0 : rows[0], End = rows.Count == 0 ? 0 : rows[^1] + 1, Area = area });

    private ImzmlSlice Make(int index, int count, IReadOnlyList<int> rows, SpectrumSelection selection, long? gap = null) => new()
    {
        Source = Source,
        Index = index,
        Count = count,
        Tables = TablesOf(rows),
        Selection = selection,
        Fetches = PackedRuns.Pack(FetchesOf(rows, Math.Max(gap ?? 0, ReadManyOptions.Default.MaxGap))),
        SpectrumCount = rows.Count,
        IsContinuous = DataSet.SharesMz,
        PixelSizeX = DataSet.PixelSizeX,
        PixelSizeY = DataSet.PixelSizeY,
    };

    private IReadOnlyList<BlobReference> TopTables() => [.. Enumerable.Range(0, _tables[^1].Count).Select(blob => _tables[^1][blob])];

    // Of the finest level at which few blobs hold all rows.
    private IReadOnlyList<BlobReference> TablesOf(IReadOnlyList<int> rows)
    {
        if (rows.Count == 0)
            return [];
        var levels = ImzmlIndexContent.Levels(Spectra);
        for (var level = 0; ; level++)
        {
            var blobs = new List<int>();
            foreach (var row in rows)
            {
                var blob = row / levels[level];
                if (blobs.Count == 0 || blobs[^1] != blob)
                    blobs.Add(blob);
                if (blobs.Count > ImzmlIndexContent.BlobsPerSlice && level < levels.Count - 1)
                    break;
            }

            if (blobs.Count <= ImzmlIndexContent.BlobsPerSlice || level == levels.Count - 1)
                return [.. blobs.Select(blob => _tables[level][blob])];
        }
    }

    // What reading them fetches at most.
    private IReadOnlyList<ByteRange> FetchesOf(IReadOnlyList<int> rows, long gap)
    {
        var arrays = new List<ByteRange>();
        foreach (var row in rows)
        {
            for (var slot = 0; slot < _table.Slots.Count; slot++)
            {
                var array = _table.ArrayOf(row, slot);
                if (array.Length == 0)
                    continue;
                var range = new ByteRange(array.Offset, array.Length);
                if (arrays.Count > 0 && range.Offset >= arrays[^1].Offset && range.Offset <= arrays[^1].End + gap)
                    arrays[^1] = ByteRange.FromBounds(arrays[^1].Offset, Math.Max(arrays[^1].End, range.End));
                else
                    arrays.Add(range);
            }
        }

        var runs = new List<ByteRange>();
        foreach (var range in arrays.OrderBy(range => range.Offset))
        {
            if (runs.Count > 0 && range.Offset <= runs[^1].End + gap)
                runs[^1] = ByteRange.FromBounds(runs[^1].Offset, Math.Max(runs[^1].End, range.End));
            else
                runs.Add(range);
        }

        return PackedRuns.Coarsen(runs, MaxRangesPerSlice);
    }
}
