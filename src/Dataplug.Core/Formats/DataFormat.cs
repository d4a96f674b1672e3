using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Formats;

/// <summary>A format plugin: who it is, how it recognises its objects, how it indexes and cuts them.</summary>
/// <remarks>Derive from <see cref="DataFormat{TIndex}"/>. Instances are immutable and hold the preprocessing parameters.</remarks>
public abstract class DataFormat
{
    private protected DataFormat()
    {
    }

    /// <summary>The id: lower case, digits and hyphens, never changed once released. Part of sidecar names and slices.</summary>
    public abstract string Id { get; }

    /// <summary>The version of the index's sections, ≥ 1; an index of another version is made anew.</summary>
    public abstract int IndexVersion { get; }

    /// <summary>The name for people, e.g. <c>FASTQ (gzip)</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it is, in one line.</summary>
    public abstract string Description { get; }

    /// <summary>The usual file name endings, with the leading dot, lower case, e.g. <c>.fastq.gz</c>.</summary>
    public abstract IReadOnlyList<string> Extensions { get; }

    /// <summary>The strategies that can be asked for by name.</summary>
    public abstract IReadOnlyList<StrategyDescription> Strategies { get; }

    /// <summary>How the format's slices are (de)serialised.</summary>
    public abstract SliceKind SliceKind { get; }

    /// <summary>The preprocessing parameters of this instance as canonical JSON; <c>{}</c> when there are none.</summary>
    public virtual string Parameters => "{}";

    /// <summary>Whether an object looks like one of this format.</summary>
    public abstract FormatMatch Detect(FormatProbe probe);

    /// <summary>The same format with other parameters, as another process wrote them in <see cref="Parameters"/>.</summary>
    public virtual DataFormat WithParameters(string parameters) =>
        parameters == Parameters ? this : throw new ArgumentException($"Format '{Id}' takes no parameters, but was given {parameters}.", nameof(parameters));

    /// <summary>Whether an index that was made with other parameters does as well: one that holds more than is asked for.</summary>
    /// <param name="parameters">The parameters of the index, canonical JSON.</param>
    public virtual bool AcceptsIndexOf(string parameters) => parameters == Parameters;

    /// <summary>Other objects that belong to an object of this format and are indexed with it, as they are now, in an order of the format's
    /// own. The index and every slice hold on to their versions too.</summary>
    /// <param name="uri">The object.</param>
    /// <param name="stores">The stores to ask.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>None, for almost all formats.</returns>
    /// <exception cref="ObjectNotFoundException">One that must be there is not.</exception>
    public virtual Task<IReadOnlyList<Storage.ObjectInfo>> FindCompanionsAsync(Storage.ObjectUri uri, Storage.ObjectStores stores, CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<Storage.ObjectInfo>>([]);

    /// <summary>The same format, which indexes a damaged object up to its damage instead of refusing it; null where there is no such
    /// way. Its <see cref="Parameters"/> differ, so that an index of a part is never taken for one of the whole.</summary>
    public virtual DataFormat? ForSalvage() => null;

    /// <summary>A new preprocessor: an <see cref="IStreamingPreprocessor"/> or an <see cref="IChunkedPreprocessor"/>.</summary>
    public abstract IPreprocessor CreatePreprocessor();

    internal abstract CloudObject Bind(Storage.ObjectUri uri, CloudObjectOptions options);
}

/// <summary>A format plugin whose index is a <typeparamref name="TIndex"/>, so that a strategy for another format does not compile.</summary>
public abstract class DataFormat<TIndex> : DataFormat
    where TIndex : ObjectIndex
{
    /// <summary>Loads the index: its columns, not its blobs.</summary>
    public abstract Task<TIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default);

    /// <summary>The strategy of a name in <see cref="DataFormat.Strategies"/>.</summary>
    public abstract IPartitionStrategy<TIndex, Slice> CreateStrategy(StrategyArguments arguments, string name);

    internal sealed override CloudObject Bind(Storage.ObjectUri uri, CloudObjectOptions options) => new CloudObject<TIndex>(this, uri, options);
}
