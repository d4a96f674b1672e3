using System.Text.Json.Serialization;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Partitioning;

/// <summary>
/// A lazy piece of an object: about a kilobyte that says which bytes of which version it is made of. Any worker anywhere
/// turns it into data with a few range GETs.
/// </summary>
/// <remarks>Derived slices are sealed records of plain, immutable, JSON-serialisable properties; equal slices read equal
/// bytes. <see cref="SliceSerializer"/> writes and reads them.</remarks>
public abstract record Slice
{
    private readonly StoresHolder _stores;

    /// <summary>The object at the version that was indexed; reads of any other version are refused.</summary>
    public required SourceIdentity Source { get; init; }

    /// <summary>The slice's number in its plan, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The number of slices in the plan.</summary>
    public required int Count { get; init; }

    /// <summary>The stores that the slice is read through; not part of its description. Those of the process by default.</summary>
    [JsonIgnore]
    public ObjectStores Stores
    {
        get => _stores.Value ?? ObjectStores.Default;
        init => _stores = new StoresHolder(value);
    }

    /// <summary>The kind of the slice, as it is named when serialised; the id of its format.</summary>
    [JsonIgnore]
    public abstract string Kind { get; }

    /// <summary>The bytes of the object that reading the slice fetches at most, in order; empty for an empty slice.</summary>
    [JsonIgnore]
    public abstract IReadOnlyList<ByteRange> Ranges { get; }

    /// <summary>The blobs of the index that reading the slice needs; often none.</summary>
    [JsonIgnore]
    public virtual IReadOnlyList<BlobReference> Blobs => [];

    /// <summary>Opens the piece as a valid file of its own format.</summary>
    /// <exception cref="StaleIndexException">The object changed since it was indexed.</exception>
    public abstract Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default);

    /// <summary>Opens the piece so that the pieces of a plan, put together in order, are the whole object once more: the same
    /// as <see cref="OpenReadAsync"/> but without headers that repeat in every piece after the first.</summary>
    public virtual Task<Stream> OpenContinuationAsync(CancellationToken cancellationToken = default) => OpenReadAsync(cancellationToken);

    /// <summary>The same slice with other blob references (inlined or presigned), in the order of <see cref="Blobs"/>.</summary>
    public virtual Slice WithBlobs(IReadOnlyList<BlobReference> blobs) => this;

    /// <summary>The object pinned to the version that was indexed.</summary>
    protected PinnedObject PinSource() => Source.Pin(Stores);

    // Records compare all their fields; the stores are no part of what a slice is.
    private readonly struct StoresHolder(ObjectStores? value) : IEquatable<StoresHolder>
    {
        public ObjectStores? Value { get; } = value;

        public bool Equals(StoresHolder other) => true;

        public override bool Equals(object? obj) => obj is StoresHolder;

        public override int GetHashCode() => 0;
    }
}

/// <summary>A slice that holds records.</summary>
/// <typeparam name="TRecord">One record.</typeparam>
/// <typeparam name="TValue">The natural value of the whole piece in memory.</typeparam>
public abstract record Slice<TRecord, TValue> : Slice
{
    /// <summary>Reads the records one after another, with bounded memory.</summary>
    public abstract IAsyncEnumerable<TRecord> ReadAsync(CancellationToken cancellationToken = default);

    /// <summary>Reads the whole piece into memory.</summary>
    public abstract Task<TValue> GetAsync(CancellationToken cancellationToken = default);
}
