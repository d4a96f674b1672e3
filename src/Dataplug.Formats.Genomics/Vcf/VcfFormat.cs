using System.Buffers.Binary;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>VCF (Variant Call Format 4.0 to 4.4, hts-specs): plain, in BGZF, or in other gzip. See docs/formats/vcf.md.</summary>
public sealed class VcfFormat : DataFormat<VcfIndex>
{
    /// <summary>The kind of all VCF slices, whatever their object is stored in.</summary>
    internal const string SliceKindName = "vcf";

    private readonly VcfContainer _container;
    private readonly GZipLineOptions _options;
    private readonly long _chunkSize;

    internal VcfFormat(VcfContainer container, GZipLineOptions? options = null, long chunkSize = VcfPreprocessor.ChunkSize)
    {
        _container = container;
        _options = options ?? GZipLineOptions.Default;
        _options.Validate();
        _chunkSize = chunkSize;
    }

    /// <summary>What its objects are stored in.</summary>
    internal VcfContainer Container => _container;

    /// <inheritdoc/>
    public override string Id => _container switch
    {
        VcfContainer.Plain => "vcf",
        VcfContainer.Bgzf => "vcf-bgzf",
        _ => "vcf-gzip",
    };

    /// <inheritdoc/>
    public override int IndexVersion => 1;

    /// <inheritdoc/>
    public override string Name => _container switch
    {
        VcfContainer.Plain => "VCF",
        VcfContainer.Bgzf => "VCF (BGZF)",
        _ => "VCF (gzip)",
    };

    /// <inheritdoc/>
    public override string Description => _container switch
    {
        VcfContainer.Plain => "Variants of genomes, not compressed, cut between records, with the header in every slice",
        VcfContainer.Bgzf => "Variants of genomes in BGZF, as bgzip and bcftools write them, with the header in every slice",
        _ => "Variants of genomes in gzip that is not BGZF, with the header in every slice",
    };

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions => _container == VcfContainer.Plain ? [".vcf", ".gvcf"] : [".vcf.gz", ".vcf.bgz", ".gvcf.gz", ".gvcf.bgz"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies { get; } =
    [
        new("chunks", "A number of slices of about the same size", [new("count", StrategyParameterType.Count, "Number of slices")]),
        new("bytes", "Slices of at most a size, cut between records", [new("bytes", StrategyParameterType.Bytes, "Bytes of records in each slice: as stored in BGZF, else of the text")]),
        new("records", "A number of records a slice; the last slice may be shorter", [new("records", StrategyParameterType.Count, "Records in each slice")]),
        new("contigs", "A slice for each contig that has records", []),
        new("regions", "A slice for each region, of the records that overlap it", [new("regions", StrategyParameterType.Text, "Regions: chr1:1,000-2,000;chr2 or lines of BED")]),
        new("windows", "Every contig tiled; a record belongs to the window that holds its POS", [new("length", StrategyParameterType.Count, "Positions in each window")]),
    ];

    /// <inheritdoc/>
    public override SliceKind SliceKind { get; } = SliceKind.Of(SliceKindName, () => VcfSliceJson.Default.VcfSlice);

    /// <inheritdoc/>
    public override string Parameters => _container == VcfContainer.GZip ? _options.ToJson() : "{}";

    /// <inheritdoc/>
    public override DataFormat WithParameters(string parameters) =>
        _container == VcfContainer.GZip ? new VcfFormat(_container, GZipLineOptions.Parse(parameters), _chunkSize) : base.WithParameters(parameters);

    /// <inheritdoc/>
    public override DataFormat? ForSalvage() => _container == VcfContainer.GZip ? new VcfFormat(_container, _options with { Salvage = true }) : null;

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        var container = !probe.IsGZip ? VcfContainer.Plain : IsBgzf(probe.Head.Span) ? VcfContainer.Bgzf : VcfContainer.GZip;
        if (container != _container)
            return FormatMatch.None;
        var content = probe.Content.Span;

        // Preprocessing says what to do about BCF.
        if (content.StartsWith("##fileformat=VCF"u8) || VcfLineError.IsBcf(content))
            return FormatMatch.Certain;
        if (content.StartsWith("#CHROM\tPOS\tID\tREF\tALT"u8))
            return FormatMatch.Likely;
        var isNamed = probe.HasExtension(Extensions);
        return content.StartsWith("##"u8) && content.IndexOf("\n#CHROM\tPOS\tID\tREF\tALT"u8) >= 0
            ? FormatMatch.Likely
            : isNamed ? content.IsEmpty || content[0] == (byte)'#' ? FormatMatch.Likely : FormatMatch.Possible : FormatMatch.None;
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() =>
        _container == VcfContainer.GZip ? new GZipLinePreprocessor<VcfContent>(_options, () => new VcfContent()) : new VcfPreprocessor(_container, _chunkSize);

    /// <inheritdoc/>
    public override Task<VcfIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => VcfIndex.LoadAsync(sidecar, _container, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<VcfIndex, Slice> CreateStrategy(StrategyArguments arguments, string name)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return name switch
        {
            "chunks" => VcfPartition.IntoChunks(arguments.GetInt32Count("count")),
            "bytes" => VcfPartition.ByBytes(arguments.GetBytes("bytes")),
            "records" => VcfPartition.ByRecords(arguments.GetCount("records")),
            "contigs" => VcfPartition.ByContig(),
            "regions" => VcfPartition.ByRegions(arguments.GetText("regions")),
            "windows" => VcfPartition.ByWindows(arguments.GetCount("length")),
            _ => throw new PartitionException(null, $"format '{Id}' has no strategy '{name}'; it has: {string.Join(", ", Strategies.Select(s => s.Name))}"),
        };
    }

    // SAM specification, section 4.1: the extra field of the first gzip header has a subfield BC of two bytes.
    private static bool IsBgzf(ReadOnlySpan<byte> head)
    {
        const int fixedLength = 12;
        if (head.Length < fixedLength || (head[3] & 4) == 0)
            return false;
        var extra = head[fixedLength..];
        extra = extra[..Math.Min(extra.Length, BinaryPrimitives.ReadUInt16LittleEndian(head[10..]))];
        while (extra.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (extra[..2].SequenceEqual("BC"u8) && length == 2)
                return true;
            extra = extra[Math.Min(extra.Length, 4 + length)..];
        }

        return false;
    }
}
