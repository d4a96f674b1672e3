using System.Globalization;
using System.Runtime.CompilerServices;
using Dataplug.Storage;

namespace Dataplug.Conformance.Storage;

/// <summary>
/// A store in memory for <c>mem://bucket/key</c>: strict about buckets and conditions, as S3 is, and without delays.
/// </summary>
public sealed class MemoryObjectStore : IObjectStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedDictionary<string, Entry>> _buckets = new(StringComparer.Ordinal);
    private long _version;

    /// <summary>Creates a store.</summary>
    /// <param name="buckets">The buckets that are there.</param>
    public MemoryObjectStore(params IEnumerable<string> buckets)
    {
        foreach (var bucket in buckets)
            _buckets[bucket] = NewBucket();
    }

    public StoreCapabilities Capabilities { get; init; } =
        StoreCapabilities.Write | StoreCapabilities.ConditionalWrite | StoreCapabilities.List | StoreCapabilities.Presign;

    /// <summary>Called before each write with the object and the condition; may throw in its place.</summary>
    public Action<ObjectUri, PutOptions>? BeforeWrite { get; set; }

    /// <summary>Takes the place of the clock that stamps objects.</summary>
    public Func<DateTimeOffset> Now { get; set; } = () => DateTimeOffset.UtcNow;

    /// <summary>The smallest part of a multipart upload but the last, in bytes.</summary>
    public int MinimumPartSize { get; init; } = 1;

    /// <summary>Stores that hold a memory store for <c>mem</c> beside the files.</summary>
    public static ObjectStores Stores(IObjectStore store) =>
        new ObjectStores().Register("file", () => new FileStore()).Register("mem", () => store);

    public Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default) => Run(() => Find(uri).Describe(uri), cancellationToken);

    public Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default) => Run(() =>
    {
        var entry = Find(uri);
        if (request.IfMatch is { } etag && etag != entry.ETag)
            throw new StaleIndexException(uri.Display, $"the object has ETag {entry.ETag}, not {etag}");
        var size = entry.Content.LongLength;
        var range = request.Range.Kind switch
        {
            ReadRangeKind.All => new ByteRange(0, size),
            ReadRangeKind.Suffix when size > 0 => ByteRange.FromBounds(Math.Max(0, size - request.Range.Length), size),
            ReadRangeKind.Bounded when request.Range.Length == 0 => new ByteRange(Math.Min(request.Range.Offset, size), 0),
            ReadRangeKind.Bounded when request.Range.Offset < size => ByteRange.FromBounds(request.Range.Offset, Math.Min(size, request.Range.Offset + request.Range.Length)),
            ReadRangeKind.From when request.Range.Offset < size => ByteRange.FromBounds(request.Range.Offset, size),
            _ => throw new RangeNotSatisfiableException(uri.Display, $"the object has {size} bytes", byteOffset: request.Range.Offset),
        };
        return new ObjectRead(entry.Describe(uri), range, new MemoryStream(entry.Content, (int)range.Offset, (int)range.Length, writable: false));
    }, cancellationToken);

    public Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default) =>
        Run(() => Put(uri, content.ToArray(), options), cancellationToken);

    public Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default) => Run(() =>
    {
        Bucket(uri);
        return (IMultipartUpload)new Upload(this, uri, options);
    }, cancellationToken);

    public async IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var found = await Run(() => Bucket(prefix).Where(pair => pair.Key.StartsWith(prefix.Key, StringComparison.Ordinal)).Select(pair => pair.Value.Describe(prefix.WithKey(pair.Key))).ToArray(), cancellationToken);
        foreach (var info in found)
            yield return info;
    }

    public Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default) => Run(() =>
    {
        foreach (var uri in uris)
            Bucket(uri).Remove(uri.Key);
        return true;
    }, cancellationToken);

    public Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default) => Run(() =>
    {
        var entry = Find(source);
        return Put(destination, entry.Content, options with { UserMetadata = options.UserMetadata ?? entry.Metadata, ContentType = options.ContentType ?? entry.ContentType });
    }, cancellationToken);

    public Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default) => Run(() => _buckets.TryAdd(uri.Container, NewBucket()), cancellationToken);

    public Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default) => (Capabilities & StoreCapabilities.Presign) == 0
        ? throw new NotSupportedException("No presigned URLs.")
        : Task.FromResult(ObjectUri.Parse($"http://{uri.Container}.mem.example/{uri.Key}?X-Amz-Expires={validFor.TotalSeconds.ToString(CultureInfo.InvariantCulture)}&X-Amz-Signature=secret"));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static SortedDictionary<string, Entry> NewBucket() => new(StringComparer.Ordinal);

    private ObjectInfo Put(ObjectUri uri, byte[] content, PutOptions options)
    {
        BeforeWrite?.Invoke(uri, options);
        var bucket = Bucket(uri);
        bucket.TryGetValue(uri.Key, out var old);
        if (options.IfAbsent && old is not null)
            throw new PreconditionFailedException(uri.Display, "there is an object already");
        if (options.IfMatch is { } etag && old?.ETag != etag)
            throw old is null ? new ObjectNotFoundException(uri.Display, "there is no such object") : new PreconditionFailedException(uri.Display, $"the object has ETag {old.ETag}, not {etag}");
        var metadata = (options.UserMetadata ?? new Dictionary<string, string>()).ToDictionary(pair => pair.Key.ToLowerInvariant(), pair => pair.Value);
        var entry = new Entry(content, $"\"v{++_version}\"", Now(), options.ContentType, metadata);
        bucket[uri.Key] = entry;
        return entry.Describe(uri);
    }

    private SortedDictionary<string, Entry> Bucket(ObjectUri uri) =>
        _buckets.TryGetValue(uri.Container, out var bucket) ? bucket : throw new ObjectNotFoundException(uri.Display, $"there is no bucket '{uri.Container}'");

    private Entry Find(ObjectUri uri) =>
        Bucket(uri).TryGetValue(uri.Key, out var entry) ? entry : throw new ObjectNotFoundException(uri.Display, "there is no such object");

    private Task<T> Run<T>(Func<T> operation, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        try
        {
            lock (_lock)
                return Task.FromResult(operation());
        }
        catch (Exception e)
        {
            return Task.FromException<T>(e);
        }
    }

    private sealed record Entry(byte[] Content, string ETag, DateTimeOffset LastModified, string? ContentType, IReadOnlyDictionary<string, string> Metadata)
    {
        public ObjectInfo Describe(ObjectUri uri) => new()
        {
            Uri = uri,
            Size = Content.LongLength,
            ETag = ETag,
            LastModified = LastModified,
            ContentType = ContentType,
            UserMetadata = Metadata,
        };
    }

    private sealed class Upload(MemoryObjectStore store, ObjectUri uri, PutOptions options) : IMultipartUpload
    {
        private readonly SortedDictionary<int, byte[]> _parts = [];
        private bool _ended;

        public int MinimumPartSize => store.MinimumPartSize;

        public Task UploadPartAsync(int partNumber, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) => store.Run(() =>
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(partNumber, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(partNumber, 10_000);
            ObjectDisposedException.ThrowIf(_ended, this);
            _parts[partNumber] = content.ToArray();
            return true;
        }, cancellationToken);

        public Task<ObjectInfo> CompleteAsync(CancellationToken cancellationToken = default) => store.Run(() =>
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            if (_parts.Values.SkipLast(1).Any(part => part.Length < MinimumPartSize))
                throw new StorageException(uri.Display, "a part is too small");
            var info = store.Put(uri, [.. _parts.Values.SelectMany(part => part)], options);
            _ended = true;
            return info;
        }, cancellationToken);

        public Task AbortAsync(CancellationToken cancellationToken = default)
        {
            _ended = true;
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            _ended = true;
            return ValueTask.CompletedTask;
        }
    }
}
