using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug;

/// <summary>
/// The front door: an object somewhere, of some format, that is preprocessed once and then cut any way you like.
/// </summary>
public abstract class CloudObject
{
    private protected CloudObject(DataFormat format, ObjectUri uri, CloudObjectOptions options)
    {
        Format = format;
        Uri = uri;
        Options = options;
    }

    /// <summary>The object.</summary>
    public ObjectUri Uri { get; }

    /// <summary>Its format.</summary>
    public DataFormat Format { get; }

    /// <summary>What it works with.</summary>
    public CloudObjectOptions Options { get; }

    /// <summary>An object of a format known at compile time, by any URI or path.</summary>
    /// <exception cref="InvalidUriException">The text names no object.</exception>
    public static CloudObject<TIndex> FromUri<TIndex>(DataFormat<TIndex> format, string uri, CloudObjectOptions? options = null)
        where TIndex : ObjectIndex
    {
        ArgumentNullException.ThrowIfNull(format);
        return new CloudObject<TIndex>(format, ObjectUri.Parse(uri), options ?? new CloudObjectOptions());
    }

    /// <summary>An object in S3: <c>s3://bucket/key</c>.</summary>
    /// <exception cref="InvalidUriException">Not an S3 URI.</exception>
    public static CloudObject<TIndex> FromS3<TIndex>(DataFormat<TIndex> format, string uri, CloudObjectOptions? options = null)
        where TIndex : ObjectIndex => RequireScheme(FromUri(format, uri, options), "Write s3://bucket/key.", "s3");

    /// <summary>A local file, by its path; a relative one is taken from the current directory.</summary>
    public static CloudObject<TIndex> FromFile<TIndex>(DataFormat<TIndex> format, string path, CloudObjectOptions? options = null)
        where TIndex : ObjectIndex
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new CloudObject<TIndex>(format, ObjectUri.ForFile(path), options ?? new CloudObjectOptions());
    }

    /// <summary>An object on a web server: <c>http(s)://host/path</c>.</summary>
    /// <exception cref="InvalidUriException">Not an HTTP URL.</exception>
    public static CloudObject<TIndex> FromHttp<TIndex>(DataFormat<TIndex> format, string url, CloudObjectOptions? options = null)
        where TIndex : ObjectIndex => RequireScheme(FromUri(format, url, options), "Write http://host/path or https://host/path.", "http", "https");

    /// <summary>An object of a format known only when the program runs.</summary>
    public static CloudObject FromUri(DataFormat format, ObjectUri uri, CloudObjectOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(format);
        return format.Bind(uri, options ?? new CloudObjectOptions());
    }

    /// <summary>An object whose format is found by looking at its first 64 KiB: one head request and one read.</summary>
    /// <exception cref="UnsupportedFormatException">None of the formats fits.</exception>
    /// <exception cref="ObjectNotFoundException">There is no such object.</exception>
    public static async Task<CloudObject> DetectAsync(ObjectUri uri, FormatRegistry registry, CloudObjectOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uri);
        ArgumentNullException.ThrowIfNull(registry);
        options ??= new CloudObjectOptions();
        var source = await options.Stores.PinAsync(uri, cancellationToken).ConfigureAwait(false);
        return FromUri(await registry.DetectAsync(source, cancellationToken).ConfigureAwait(false), uri, options);
    }

    /// <summary>Indexes the object unless a good index is there. Never writes the object. A run that was interrupted goes on
    /// where it was; one that finds a good index reads no data.</summary>
    /// <exception cref="CorruptObjectException">The object breaks the rules of its format.</exception>
    /// <exception cref="PreprocessingInProgressException">Another run is at work on the same object.</exception>
    /// <exception cref="StaleIndexException">The object changed while it was read.</exception>
    /// <exception cref="StorageException">A store failed, the disk is full, or the metadata location can't hold indexes.</exception>
    public async Task<PreprocessReport> PreprocessAsync(PreprocessOptions? options = null, CancellationToken cancellationToken = default)
    {
        var report = await new PreprocessRunner(Format, Uri, Options, options ?? new PreprocessOptions()).RunAsync(cancellationToken).ConfigureAwait(false);
        if (report.Outcome == PreprocessOutcome.Indexed)
            ForgetIndex();
        return report;
    }

    /// <summary><see cref="PreprocessAsync"/> for scripts: blocks the calling thread until it is done.</summary>
    public PreprocessReport Preprocess(PreprocessOptions? options = null) => PreprocessAsync(options).GetAwaiter().GetResult();

    /// <summary>Whether the object has an index and whether it is still good: one head request and one small read.</summary>
    /// <exception cref="ObjectNotFoundException">There is no such object.</exception>
    /// <exception cref="CorruptIndexException">There is an index, but it is damaged.</exception>
    public async Task<IndexState> GetStateAsync(CancellationToken cancellationToken = default)
    {
        var found = await FindIndexAsync(cancellationToken).ConfigureAwait(false);
        return found.Match switch
        {
            IndexMatch.Missing or IndexMatch.OtherObject => new IndexState(IndexStatus.Missing, found.Current, null, 0),
            var match => new IndexState(match == IndexMatch.Current ? IndexStatus.Current : IndexStatus.Stale, found.Current, found.Place.Uri, found.Reader!.Info.Size)
            {
                Parameters = found.Reader.Header.Parameters,
            },
        };
    }

    /// <summary>Cuts the object by a strategy that is named at run time. Reads the index, never the data.</summary>
    /// <exception cref="PartitionException">There is no such strategy, or the parameters make no sense.</exception>
    /// <exception cref="NotPreprocessedException">There is no index.</exception>
    /// <exception cref="StaleIndexException">The index is of another version of the object.</exception>
    public abstract Task<IReadOnlyList<Slice>> PartitionAsync(string strategy, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken = default);

    /// <summary>The index, in its general form.</summary>
    /// <exception cref="NotPreprocessedException">There is none.</exception>
    /// <exception cref="StaleIndexException">There is one of another version of the object.</exception>
    /// <exception cref="CorruptIndexException">There is one, but it is damaged.</exception>
    public abstract Task<ObjectIndex> GetObjectIndexAsync(CancellationToken cancellationToken = default);

    /// <summary>Removes the index and everything else that is kept about the object; not the object.</summary>
    /// <returns>Whether there was anything.</returns>
    /// <exception cref="PreprocessingInProgressException">A run is at work on the object.</exception>
    public async Task<bool> CleanAsync(CancellationToken cancellationToken = default)
    {
        ForgetIndex();
        return await IndexCleaner.CleanAsync(Format, Uri, Options, cancellationToken).ConfigureAwait(false);
    }

    private protected abstract void ForgetIndex();

    private protected Task<FoundIndex> FindIndexAsync(CancellationToken cancellationToken) =>
        IndexFinder.FindAsync(Format, Uri, Options, Options.Stores.Get(Uri).HeadAsync(Uri, cancellationToken), cancellationToken);

    private static CloudObject<TIndex> RequireScheme<TIndex>(CloudObject<TIndex> cloudObject, string cure, params ReadOnlySpan<string> schemes)
        where TIndex : ObjectIndex =>
        schemes.Contains(cloudObject.Uri.Scheme) ? cloudObject : throw new InvalidUriException(cloudObject.Uri.Display, "the object is in another kind of store", cure);
}

/// <summary>An object whose format is known at compile time.</summary>
/// <remarks>The index is loaded once per instance and kept. Instances may be used by several threads at once.</remarks>
public sealed class CloudObject<TIndex> : CloudObject
    where TIndex : ObjectIndex
{
    private TIndex? _index;

    internal CloudObject(DataFormat<TIndex> format, ObjectUri uri, CloudObjectOptions options)
        : base(format, uri, options) => Format = format;

    /// <summary>Its format.</summary>
    public new DataFormat<TIndex> Format { get; }

    /// <summary>The index. The first call sends a head request and reads the sidecar's columns; later ones nothing, so hold
    /// on to the object where it is cut often.</summary>
    /// <exception cref="NotPreprocessedException">There is none, or one of another format version or other parameters.</exception>
    /// <exception cref="StaleIndexException">There is one of another version of the object.</exception>
    /// <exception cref="CorruptIndexException">There is one, but it is damaged.</exception>
    public async Task<TIndex> GetIndexAsync(CancellationToken cancellationToken = default)
    {
        if (Volatile.Read(ref _index) is { } loaded)
            return loaded;
        var found = await FindIndexAsync(cancellationToken).ConfigureAwait(false);
        var index = await Format.LoadIndexAsync(found.RequireCurrent(Format), cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _index, index);
        return index;
    }

    /// <summary>Cuts the object. Reads the index, never the data.</summary>
    /// <exception cref="PartitionException">The strategy makes no sense for this object.</exception>
    /// <inheritdoc cref="GetIndexAsync" path="/exception"/>
    public async Task<IReadOnlyList<TSlice>> PartitionAsync<TSlice>(IPartitionStrategy<TIndex, TSlice> strategy, CancellationToken cancellationToken = default)
        where TSlice : Slice
    {
        ArgumentNullException.ThrowIfNull(strategy);
        var index = await GetIndexAsync(cancellationToken).ConfigureAwait(false);
        var slices = strategy.Partition(index);

        // Slices are made by pure functions, which know no stores: each gets those that it is read through here.
        var bound = new TSlice[slices.Count];
        for (var i = 0; i < bound.Length; i++)
            bound[i] = (TSlice)((Slice)slices[i] with { Stores = Options.Stores });
        return bound;
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<Slice>> PartitionAsync(string strategy, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        ArgumentNullException.ThrowIfNull(parameters);
        var description = Format.Strategies.FirstOrDefault(s => s.Name == strategy)
            ?? throw new PartitionException(Uri.Display, $"format '{Format.Id}' has no strategy '{strategy}'; it has: {string.Join(", ", Format.Strategies.Select(s => s.Name))}");
        return await PartitionAsync(Format.CreateStrategy(new StrategyArguments(description, parameters), strategy), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async Task<ObjectIndex> GetObjectIndexAsync(CancellationToken cancellationToken = default) =>
        await GetIndexAsync(cancellationToken).ConfigureAwait(false);

    private protected override void ForgetIndex() => Volatile.Write(ref _index, null);
}
