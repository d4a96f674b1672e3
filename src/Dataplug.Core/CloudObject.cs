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
        where TIndex : ObjectIndex => new(format, ObjectUri.Parse(uri), options ?? new CloudObjectOptions());

    /// <summary>An object in S3: <c>s3://bucket/key</c>.</summary>
    /// <exception cref="InvalidUriException">Not an S3 URI.</exception>
    public static CloudObject<TIndex> FromS3<TIndex>(DataFormat<TIndex> format, string uri, CloudObjectOptions? options = null)
        where TIndex : ObjectIndex => throw new NotImplementedException();

    /// <summary>A local file.</summary>
    public static CloudObject<TIndex> FromFile<TIndex>(DataFormat<TIndex> format, string path, CloudObjectOptions? options = null)
        where TIndex : ObjectIndex => throw new NotImplementedException();

    /// <summary>An object on a web server: <c>http(s)://host/path</c>.</summary>
    /// <exception cref="InvalidUriException">Not an HTTP URL.</exception>
    public static CloudObject<TIndex> FromHttp<TIndex>(DataFormat<TIndex> format, string url, CloudObjectOptions? options = null)
        where TIndex : ObjectIndex => throw new NotImplementedException();

    /// <summary>An object of a format known only when the program runs.</summary>
    public static CloudObject FromUri(DataFormat format, ObjectUri uri, CloudObjectOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(format);
        return format.Bind(uri, options ?? new CloudObjectOptions());
    }

    /// <summary>Indexes the object unless a good index is there. Never writes the object.</summary>
    /// <exception cref="CorruptObjectException">The object breaks the rules of its format.</exception>
    /// <exception cref="PreprocessingInProgressException">Another run is at work on the same object.</exception>
    /// <exception cref="StaleIndexException">The object changed while it was read.</exception>
    public Task<PreprocessReport> PreprocessAsync(PreprocessOptions? options = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary><see cref="PreprocessAsync"/> for scripts: blocks the calling thread until it is done.</summary>
    public PreprocessReport Preprocess(PreprocessOptions? options = null) => PreprocessAsync(options).GetAwaiter().GetResult();

    /// <summary>What is known of the object's index, without reading it: null when there is none.</summary>
    public Task<IndexState> GetStateAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Cuts the object by a strategy that is named at run time.</summary>
    public abstract Task<IReadOnlyList<Slice>> PartitionAsync(string strategy, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken = default);

    /// <summary>The index, in its general form.</summary>
    /// <exception cref="NotPreprocessedException">There is none.</exception>
    /// <exception cref="StaleIndexException">There is one of another version of the object.</exception>
    public abstract Task<ObjectIndex> GetObjectIndexAsync(CancellationToken cancellationToken = default);

    /// <summary>Removes the index and everything else that is kept about the object; not the object.</summary>
    /// <returns>Whether there was anything.</returns>
    public Task<bool> CleanAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();
}

/// <summary>An object whose format is known at compile time.</summary>
public sealed class CloudObject<TIndex> : CloudObject
    where TIndex : ObjectIndex
{
    internal CloudObject(DataFormat<TIndex> format, ObjectUri uri, CloudObjectOptions options)
        : base(format, uri, options) => Format = format;

    /// <summary>Its format.</summary>
    public new DataFormat<TIndex> Format { get; }

    /// <summary>The index.</summary>
    /// <exception cref="NotPreprocessedException">There is none.</exception>
    /// <exception cref="StaleIndexException">There is one of another version of the object.</exception>
    public Task<TIndex> GetIndexAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Cuts the object. Reads the index, never the data.</summary>
    public Task<IReadOnlyList<TSlice>> PartitionAsync<TSlice>(IPartitionStrategy<TIndex, TSlice> strategy, CancellationToken cancellationToken = default)
        where TSlice : Slice => throw new NotImplementedException();

    /// <inheritdoc/>
    public override Task<IReadOnlyList<Slice>> PartitionAsync(string strategy, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override async Task<ObjectIndex> GetObjectIndexAsync(CancellationToken cancellationToken = default) =>
        await GetIndexAsync(cancellationToken).ConfigureAwait(false);
}
