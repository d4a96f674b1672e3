using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats.Imzml;

/// <summary>imzML 1.1 with its ibd (Schramm et al., J. Proteomics 75, 2012; mzML 1.1.0; the imaging vocabulary). See docs/formats/imzml.md.</summary>
public sealed class ImzmlFormat : DataFormat<ImzmlIndex>
{
    internal const string FormatId = "imzml";

    /// <summary>Bytes of the document that are one chunk of preprocessing.</summary>
    private const long DefaultChunkSize = 8 << 20;

    private static readonly string[] IbdEndings = [".ibd", ".IBD"];

    private readonly ImzmlOptions _options;
    private readonly long _chunkSize;

    internal ImzmlFormat(ImzmlOptions options, long chunkSize = DefaultChunkSize)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _chunkSize = chunkSize;
    }

    /// <inheritdoc/>
    public override string Id => FormatId;

    /// <inheritdoc/>
    public override int IndexVersion => 1;

    /// <inheritdoc/>
    public override string Name => "imzML";

    /// <inheritdoc/>
    public override string Description => "Mass-spectrometry imaging, a document and its ibd, cut by spectra, by place and by m/z";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [".imzml"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies { get; } =
    [
        new("spectra", "A number of spectra a slice; the last slice may have fewer", [new("spectra", StrategyParameterType.Count, "Spectra in each slice")]),
        new("count", "A number of slices with about as many spectra each", [new("count", StrategyParameterType.Count, "Number of slices")]),
        new("bytes", "Slices of at most a number of bytes of the ibd; an m/z axis that spectra share counts once", [new("bytes", StrategyParameterType.Bytes, "Bytes in each slice")]),
        new("rectangle", "One slice with the pixels of a rectangle, borders included", [new("area", StrategyParameterType.Text, "x1,y1,x2,y2 or x1,y1,z1,x2,y2,z2")]),
        new("mask", "The pixels of a region of interest, in as few slices as can be", [new("pixels", StrategyParameterType.Text, "x,y of each pixel, one a line or separated by semicolons")]),
        new("rows", "A number of rows of the image a slice", [new("rows", StrategyParameterType.Count, "Rows in each slice")]),
        new("tiles", "Tiles of the image", [new("width", StrategyParameterType.Count, "Pixels across"), new("height", StrategyParameterType.Count, "Pixels down")]),
        new("mz", "A number of m/z ranges with about as many points each, every one with all spectra", [new("count", StrategyParameterType.Count, "Number of slices")]),
        new("mz-edges", "m/z ranges between given edges, every one with all spectra", [new("edges", StrategyParameterType.Text, "m/z values in rising order, separated by commas; the first and the last range are open")]),
    ];

    /// <inheritdoc/>
    public override SliceKind SliceKind { get; } = SliceKind.Of(FormatId, () => ImzmlJson.Default.ImzmlSlice);

    /// <inheritdoc/>
    public override string Parameters => _options.ToJson();

    /// <inheritdoc/>
    public override DataFormat WithParameters(string parameters) => new ImzmlFormat(ImzmlOptions.FromJson(parameters), _chunkSize);

    /// <summary>Whether an index tells at least what is asked for: one with statistics or more checks does for one without.</summary>
    public override bool AcceptsIndexOf(string parameters)
    {
        try
        {
            var other = ImzmlOptions.FromJson(parameters);
            return other.Ibd == _options.Ibd && (other.Statistics || !_options.Statistics) && other.Check >= _options.Check;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        var head = probe.Head.Span;
        if (head.IndexOf("<mzML"u8) >= 0 && head.IndexOf("IMS:10000"u8) >= 0)
            return FormatMatch.Certain;

        // In UTF-16.
        return probe.HasExtension(Extensions) && (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE, (byte)'<', 0]) || head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF, 0, (byte)'<']) || head.IndexOf("<mzML"u8) >= 0)
            ? FormatMatch.Likely
            : FormatMatch.None;
    }

    /// <summary>The ibd.</summary>
    /// <exception cref="ObjectNotFoundException">It is not there.</exception>
    public override async Task<IReadOnlyList<ObjectInfo>> FindCompanionsAsync(ObjectUri uri, ObjectStores stores, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uri);
        ArgumentNullException.ThrowIfNull(stores);
        if (_options.Ibd is { } given)
        {
            var named = given.Contains("://", StringComparison.Ordinal) || Path.IsPathRooted(given)
                ? ObjectUri.Parse(given)
                : uri.WithKey(uri.Key[..(uri.Key.LastIndexOf('/') + 1)] + given);
            return [await stores.Get(named).HeadAsync(named, cancellationToken).ConfigureAwait(false)];
        }

        var dot = uri.Key.LastIndexOf('.');
        var stem = dot > uri.Key.LastIndexOf('/') ? uri.Key[..dot] : uri.Key;
        DataplugException? missing = null;
        foreach (var ending in IbdEndings)
        {
            var beside = uri.WithKey(stem + ending);
            try
            {
                return [await stores.Get(beside).HeadAsync(beside, cancellationToken).ConfigureAwait(false)];
            }
            catch (DataplugException failure) when (failure is ObjectNotFoundException or AccessDeniedException)
            {
                // Who may not list is told that access is denied to what is not there.
                missing ??= failure;
            }
        }

        throw missing is AccessDeniedException
            ? missing
            : new ObjectNotFoundException(uri.WithKey(stem + IbdEndings[0]).Display, $"the ibd of {uri.Display} is not there, by the ending .ibd or .IBD", "Put it beside the document under the same name, or say where it is.", innerException: missing);
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new ImzmlPreprocessor(_options, _chunkSize);

    /// <inheritdoc/>
    public override Task<ImzmlIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => ImzmlIndex.LoadAsync(sidecar, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<ImzmlIndex, Slice> CreateStrategy(StrategyArguments arguments, string name)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return name switch
        {
            "spectra" => ImzmlPartition.BySpectra(arguments.GetCount("spectra")),
            "count" => ImzmlPartition.IntoSlices(arguments.GetInt32Count("count")),
            "bytes" => ImzmlPartition.ByBytes(arguments.GetBytes("bytes")),
            "rectangle" => ImzmlPartition.ByRectangle(PixelArea.Parse(arguments.GetText("area"))),
            "mask" => ImzmlPartition.ByMask(PixelArea.ParsePixels(arguments.GetText("pixels"))),
            "rows" => ImzmlPartition.ByRows(arguments.GetInt32Count("rows")),
            "tiles" => ImzmlPartition.ByTiles(arguments.GetInt32Count("width"), arguments.GetInt32Count("height")),
            "mz" => ImzmlPartition.IntoMzRanges(arguments.GetInt32Count("count")),
            "mz-edges" => ImzmlPartition.ByMzRanges(PixelArea.ParseNumbers(arguments.GetText("edges"))),
            _ => throw new PartitionException(null, $"format '{Id}' has no strategy '{name}'; it has: {string.Join(", ", Strategies.Select(s => s.Name))}"),
        };
    }
}
