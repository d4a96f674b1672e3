using System.Text.Json;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>The index of a VCF object: where its records are, by number and by position. Makes slices.</summary>
public class VcfIndex : ObjectIndex
{
    // Gaps in a region that are cheaper to read than another request is.
    private const long WorthARequest = 256 << 10;
    private const int MaxRuns = 8;

    private readonly VcfContainer _container;
    private readonly VcfColumns.Content _columns;
    private readonly GZipLineIndex? _lines;
    private readonly VcfCuts _cuts;
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long?> _declared = new(StringComparer.Ordinal);
    private readonly bool _areAllDeclaredListed;

    private protected VcfIndex(SidecarReader sidecar, VcfContainer container, VcfColumns.Content columns, GZipLineIndex? lines, BinningIndex? binning)
        : base(sidecar)
    {
        _container = container;
        _columns = columns;
        _lines = lines;
        Binning = binning;
        for (var i = 0; i < columns.Contigs.Count; i++)
            _numbers[columns.Contigs[i].Name] = i;
        try
        {
            Records = Attributes.TryGetProperty("records", out var records) ? records.GetInt64() : null;
            SampleCount = Attributes.GetProperty("sampleCount").GetInt32();
            HeaderSize = Attributes.GetProperty("headerSize").GetInt64();
            FileFormat = Attributes.TryGetProperty("fileFormat", out var format) ? format.GetString() : null;
            AreContigsTogether = Attributes.GetProperty("contigsTogether").GetBoolean();
            Unsorted = Attributes.TryGetProperty("unsorted", out var unsorted) ? unsorted.GetString() : null;
            Samples = [.. Attributes.GetProperty("samples").EnumerateArray().Select(sample => sample.GetString()!)];
            foreach (var contig in Attributes.GetProperty("contigs").EnumerateArray())
                _declared[contig.GetProperty("id").GetString()!] = contig.TryGetProperty("length", out var length) ? length.GetInt64() : null;
            _areAllDeclaredListed = Attributes.GetProperty("contigs").GetArrayLength() == Attributes.GetProperty("contigCount").GetInt64();
        }
        catch (Exception failure) when (failure is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CorruptIndexException(Source.Uri.Display, "the attributes of a VCF index are missing", innerException: failure);
        }

        Contigs = [.. columns.Contigs.Select(contig => new VcfContigRecords(contig.Name, contig.Records, contig.MaxEnd > 0 ? contig.MaxEnd : null))];
        _cuts = new VcfCuts(Source, container, columns, Records);
    }

    /// <summary>Number of records; null where the index was imported from one that does not tell.</summary>
    public long? Records { get; }

    /// <summary>The contigs that have records, in the order of their first one.</summary>
    public IReadOnlyList<VcfContigRecords> Contigs { get; }

    /// <summary>The samples in the order of their columns: all, or the first 4096. <see cref="ReadHeaderAsync"/> gives all.</summary>
    public IReadOnlyList<string> Samples { get; }

    /// <summary>Number of samples.</summary>
    public int SampleCount { get; }

    /// <summary>Bytes of the header, as text.</summary>
    public long HeaderSize { get; }

    /// <summary>The value of <c>##fileformat</c>, e.g. <c>VCFv4.3</c>; null where there is none.</summary>
    public string? FileFormat { get; }

    /// <summary>Whether the records of each contig are all together.</summary>
    public bool AreContigsTogether { get; }

    /// <summary>Why the object can't be cut by position: its records are not sorted; null where they are.</summary>
    public string? Unsorted { get; }

    /// <summary>Whether the number of each record is known, so that slices can be cut by it.</summary>
    public bool HasRecordNumbers => _cuts.HasNumbers;

    /// <summary>The most stored bytes beside its own that a slice fetches (law 4), regions aside: the header, and the widest span between
    /// two marks on either side.</summary>
    public long MaxOverread => HeaderRun.Range.Length + (2 * _cuts.WidestSpan) + (_lines?.MaxOverread ?? 0);

    /// <summary>Where the records are by position: what a tabix or CSI index holds. Of objects that are not BGZF, an offset's block is
    /// the offset in the text. Its sequences are <see cref="Contigs"/>. Null where the object is not sorted.</summary>
    public BinningIndex? Binning { get; }

    internal VcfContainer Container => _container;

    /// <summary>Reads the header of the object: one request.</summary>
    /// <param name="stores">The stores it is read through; null for those of the process.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public Task<VcfHeader> ReadHeaderAsync(ObjectStores? stores = null, CancellationToken cancellationToken = default) =>
        VcfSlice.ReadHeaderAsync(HeaderRun, Source, stores ?? ObjectStores.Default, cancellationToken);

    /// <summary>Slices between cuts: slice i holds the records from cut i up to, not including, cut i + 1. For strategies of your own.</summary>
    /// <param name="cuts">Record numbers that never fall, from 0 to <see cref="Records"/>: one more than slices.</param>
    /// <exception cref="PartitionException">The cuts are not such numbers, or too many, or the index knows no record numbers.</exception>
    public IReadOnlyList<VcfSlice> Cut(IReadOnlyList<long> cuts) => Slices(_cuts.ByNumbers(cuts));

    /// <summary>A slice for each region, with the records that overlap it. A record that overlaps several belongs to the first of
    /// these in the order of positions.</summary>
    /// <exception cref="PartitionException">The object is not sorted, or a region is on a contig that is neither declared nor has records.</exception>
    public IReadOnlyList<VcfSlice> Cut(RegionList regions)
    {
        ArgumentNullException.ThrowIfNull(regions);
        RequireSorted("regions");
        var fences = regions.Fences();
        var slices = new VcfSlice[regions.Regions.Count];
        for (var i = 0; i < slices.Length; i++)
        {
            var region = regions.Regions[i];
            slices[i] = new VcfSlice
            {
                Source = Source,
                Index = i,
                Count = slices.Length,
                Header = HeaderRun,
                Runs = RunsOf(region),
                Filter = new VcfFilter { Contig = region.Name, Start = region.Start, End = region.End, From = fences[i] },
            };
        }

        return slices;
    }

    /// <summary>Whether a contig is known: it has records, or the header declares it.</summary>
    public bool HasContig(string name) => _numbers.ContainsKey(name) || _declared.ContainsKey(name);

    internal IReadOnlyList<VcfSlice> IntoChunks(int count) => Slices(_cuts.IntoChunks(count));

    internal IReadOnlyList<VcfSlice> ByBytes(long bytes) => Slices(_cuts.ByBytes(bytes));

    internal IReadOnlyList<VcfSlice> ByRecords(long records) => Slices(_cuts.ByRecords(records));

    internal IReadOnlyList<VcfSlice> ByContig()
    {
        if (!AreContigsTogether)
            throw new PartitionException(Source.Uri.Display, "the records of a contig are not all together", "Sort the object (bcftools sort), or cut it by chunks, bytes or records.");
        var cuts = new List<VcfCut>();
        for (var i = 0; i < Math.Max(1, Contigs.Count); i++)
        {
            var isLast = i >= Contigs.Count - 1;
            cuts.Add(new VcfCut(
                i == 0 ? _columns.HeaderEnd : _columns.Contigs[i].Start,
                isLast ? _columns.End : _columns.Contigs[i + 1].Start,
                HasRecordNumbers ? _columns.Contigs.Take(i).Sum(contig => contig.Records) : null,
                HasRecordNumbers ? Contigs.Count == 0 ? 0 : _columns.Contigs[i].Records : null));
        }

        return Slices(cuts);
    }

    internal IReadOnlyList<VcfSlice> ByWindows(long length)
    {
        RequireSorted("windows");
        var cuts = new List<VcfCut>();
        for (var i = 0; i < Contigs.Count; i++)
        {
            var contig = _columns.Contigs[i];
            var positions = Math.Max(contig.MaxEnd, _declared.GetValueOrDefault(contig.Name) ?? 0);
            if (positions == 0)
                positions = Binning!.Scheme.MaxPosition;
            var stop = i == Contigs.Count - 1 ? _columns.End : _columns.Contigs[i + 1].Start;
            _cuts.CheckCount(cuts.Count + ((positions - 1) / length) + 1);
            for (long start = 0; start < positions; start += length)
            {
                var end = length >= positions - start ? GenomicRegion.ToEnd : start + length;
                var (from, to) = LocateStarts(i, start, end, stop);
                cuts.Add(new VcfCut(from, to) { Filter = new VcfFilter { Contig = contig.Name, Start = start, End = end, From = start } });
                if (end == GenomicRegion.ToEnd)
                    break;
            }
        }

        return Slices(cuts.Count > 0 ? cuts : [new VcfCut(_columns.HeaderEnd, _columns.End)]);
    }

    internal static async Task<VcfIndex> LoadAsync(SidecarReader sidecar, VcfContainer container, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sidecar);
        var name = sidecar.Header.Source.Uri.Display;
        var columns = await VcfColumns.ReadAsync(sidecar, cancellationToken).ConfigureAwait(false);
        var binning = sidecar.HasSection(VcfColumns.Binning)
            ? BinningIndexCodec.FromBytes(await sidecar.ReadSectionAsync(VcfColumns.Binning, cancellationToken).ConfigureAwait(false), [.. columns.Contigs.Select(contig => contig.Name)], name)
            : null;
        if (container != VcfContainer.GZip)
            return new VcfIndex(sidecar, container, columns, null, binning);
        var lines = await GZipLineIndex.LoadAsync(sidecar, cancellationToken).ConfigureAwait(false);
        return lines.ContentSize >= columns.End.Block
            ? new VcfGZipIndex(sidecar, columns, lines, binning)
            : throw new CorruptIndexException(name, "its records and its lines contradict each other");
    }

    private VcfRun HeaderRun => RunOf(Begin, _columns.HeaderEnd);

    private static VirtualOffset Begin => default;

    private VcfRun RunOf(VirtualOffset start, VirtualOffset end) => _container switch
    {
        VcfContainer.Plain => new VcfRun { Plain = ByteRange.FromBounds(start.Block, Math.Max(start.Block, end.Block)) },
        VcfContainer.Bgzf => new VcfRun { Bgzf = new BgzfRange { Start = start, End = end, StoredEnd = Math.Max(start.Block, _cuts.StoredEnd(end)) } },
        _ => new VcfRun { GZip = _lines!.LocateContent(start.Block, Math.Max(start.Block, end.Block)) },
    };

    // From the last known place before all records that begin in a run of positions to the first one behind them.
    private (VirtualOffset From, VirtualOffset To) LocateStarts(int contig, long start, long end, VirtualOffset stop)
    {
        var run = _columns.Contigs[contig];
        var begin = contig == 0 ? _columns.HeaderEnd : run.Start;
        if (_columns.Starts.Length > 0)
            return _cuts.Between(begin, stop, start, end);
        var chunks = Binning!.Query(contig, start, Math.Min(end, Binning.Scheme.MaxPosition));
        var from = start == 0 ? begin : chunks.Count > 0 ? chunks[0].Start : run.Start;
        var to = end == GenomicRegion.ToEnd ? stop : chunks.Count > 0 ? chunks.Max(chunk => chunk.End) : from;
        return (from, to < from ? from : to);
    }

    private VcfRun[] RunsOf(GenomicRegion region)
    {
        if (!_numbers.TryGetValue(region.Name, out var number))
        {
            return _declared.ContainsKey(region.Name) || !_areAllDeclaredListed
                ? []
                : throw new PartitionException(Source.Uri.Display, $"there is no contig '{region.Name}'", $"There are: {string.Join(", ", Contigs.Select(contig => contig.Name).Concat(_declared.Keys).Distinct().Take(20))}.");
        }

        if (region.Start >= Binning!.Scheme.MaxPosition)
            return [];
        var chunks = new List<VirtualChunk>();
        foreach (var chunk in Binning.Query(number, region.Start, Math.Min(region.End, Binning.Scheme.MaxPosition)))
        {
            if (chunks.Count > 0 && chunk.Start.Block - chunks[^1].End.Block < WorthARequest)
                chunks[^1] = new VirtualChunk(chunks[^1].Start, chunk.End);
            else
                chunks.Add(chunk);
        }

        while (chunks.Count > MaxRuns)
        {
            var narrowest = Enumerable.Range(1, chunks.Count - 1).MinBy(i => chunks[i].Start.Block - chunks[i - 1].End.Block);
            chunks[narrowest - 1] = new VirtualChunk(chunks[narrowest - 1].Start, chunks[narrowest].End);
            chunks.RemoveAt(narrowest);
        }

        return [.. chunks.Select(chunk => RunOf(chunk.Start, chunk.End)).Where(run => !run.IsEmpty)];
    }

    private VcfSlice[] Slices(List<VcfCut> cuts)
    {
        var slices = new VcfSlice[cuts.Count];
        var header = HeaderRun;
        for (var i = 0; i < slices.Length; i++)
        {
            var cut = cuts[i];
            var withHeader = i == 0 && cut.From == _columns.HeaderEnd;
            var run = RunOf(withHeader ? Begin : cut.From, cut.To);
            slices[i] = new VcfSlice
            {
                Source = Source,
                Index = i,
                Count = slices.Length,
                Header = header,
                Runs = run.IsEmpty ? [] : [run],
                BeginsWithHeader = withHeader && !run.IsEmpty,
                FirstRecord = cut.First,
                RecordCount = cut.Records,
                Skip = cut.Skip,
                HasSurplus = cut.HasSurplus,
                EndsObject = i == slices.Length - 1,
                Filter = cut.Filter,
            };
        }

        return slices;
    }

    private void RequireSorted(string strategy)
    {
        if (Binning is null)
            throw new PartitionException(Source.Uri.Display, $"{strategy} need sorted records, but {Unsorted ?? "the object is not sorted"}", "Sort the object (bcftools sort), or cut it by chunks, bytes or records.");
    }
}

/// <summary>A contig and how many records it has.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Records">Number of records on it.</param>
/// <param name="MaxEnd">The last position that one of them covers, from 1; null where the index does not tell.</param>
public sealed record VcfContigRecords(string Name, long Records, long? MaxEnd);

/// <summary>The index of a VCF object in gzip that is not BGZF.</summary>
internal sealed class VcfGZipIndex : VcfIndex, IGZipIndexed
{
    public VcfGZipIndex(SidecarReader sidecar, VcfColumns.Content columns, GZipLineIndex lines, BinningIndex? binning)
        : base(sidecar, VcfContainer.GZip, columns, lines, binning) => LineIndex = lines;

    /// <inheritdoc/>
    public GZipLineIndex LineIndex { get; }
}
