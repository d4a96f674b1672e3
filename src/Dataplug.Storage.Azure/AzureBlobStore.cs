using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Azure.Storage.Sas;

namespace Dataplug.Storage;

/// <summary>
/// Azure Blob Storage, and servers that speak its protocol, for <c>az://container/key</c>; the account comes from
/// <see cref="AzureBlobOptions"/>. Objects are block blobs.
/// </summary>
/// <remarks>
/// <para>Keys are blob names, at most 1024 characters. Those that the service would change are refused: with a backslash, a control
/// character, or a segment that ends with a full stop.</para>
/// <para>Parts that are not completed can't be thrown away: the service keeps them, unseen, for a week, or until the same object is
/// written. A write that ends while an upload in parts to the same object is under way takes that upload's parts away.</para>
/// </remarks>
public sealed class AzureBlobStore : IObjectStore, IResumableListing
{
    /// <summary>"Copy Blob From URL": the largest source.</summary>
    private const long SingleCopyLimit = 256L << 20;
    private const int CopyPartSize = 16 << 20;
    private const int DeleteParallelism = 16;

    private readonly AzureBlobOptions _options;
    private readonly AzureConnection _connection;
    private readonly long _singleCopyLimit;

    /// <summary>Makes a store; nothing is sent and nothing is read from the environment until the first request.</summary>
    public AzureBlobStore(AzureBlobOptions? options = null)
        : this(options, SingleCopyLimit)
    {
    }

    internal AzureBlobStore(AzureBlobOptions? options, long singleCopyLimit)
    {
        _options = options ?? new AzureBlobOptions();
        _connection = new AzureConnection(_options);
        _singleCopyLimit = singleCopyLimit;
    }

    /// <inheritdoc/>
    public StoreCapabilities Capabilities =>
        StoreCapabilities.Write | StoreCapabilities.ConditionalWrite | StoreCapabilities.List | StoreCapabilities.Remote
        | (_options.Anonymous || _options.SasToken is not null ? StoreCapabilities.None : StoreCapabilities.Presign);

    /// <inheritdoc/>
    public Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default) => CallAsync(
        uri,
        async () =>
        {
            var properties = (await Blob(uri).GetPropertiesAsync(null, cancellationToken).ConfigureAwait(false)).Value;
            return new ObjectInfo
            {
                Uri = uri,
                Size = properties.ContentLength,
                ETag = Quoted(properties.ETag),
                LastModified = properties.LastModified,
                ContentType = NullIfEmpty(properties.ContentType),
                UserMetadata = AzureMetadata.Decode(properties.Metadata),
            };
        },
        cancellationToken);

    /// <inheritdoc/>
    /// <remarks>The service has no ranges that count from the end: for the last bytes, and for empty ranges, which HTTP does not have
    /// at all, the size is asked for first.</remarks>
    public async Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default)
    {
        var range = request.Range;
        if (range is { Kind: ReadRangeKind.Suffix } or { Kind: ReadRangeKind.Bounded, Length: 0 })
        {
            var info = await HeadAsync(uri, cancellationToken).ConfigureAwait(false);
            if (request.IfMatch is { } expected && info.ETag != expected)
                throw new StaleIndexException(uri.Display, $"the object has changed: its ETag is {info.ETag}, not {expected}");
            var wanted = range.Resolve(info.Size, uri);
            if (wanted.Length == 0)
                return new ObjectRead(info, wanted, Stream.Null);
            (range, request) = (wanted, request with { IfMatch = info.ETag });
        }

        try
        {
            return await CallAsync(uri, () => GetAsync(uri, range, request.IfMatch, cancellationToken), cancellationToken, conditional: request.IfMatch is not null, offset: range.Offset).ConfigureAwait(false);
        }
        catch (StaleIndexException exception) when (exception.InnerException is RequestFailedException)
        {
            // A condition also fails where nothing is, and not every server tells that apart.
            if (await FindAsync(uri, cancellationToken).ConfigureAwait(false) is null)
                throw new ObjectNotFoundException(uri.Display, "there is no such object", innerException: exception);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var metadata = options.Validate();
        return CallAsync(
            uri,
            async () =>
            {
                var upload = new BlobUploadOptions
                {
                    HttpHeaders = new BlobHttpHeaders { ContentType = options.ContentType },
                    Metadata = AzureMetadata.Encode(metadata),
                    Conditions = Conditions(options),

                    // One request, whatever the size ("Put Blob": up to 5000 MiB).
                    TransferOptions = new StorageTransferOptions { InitialTransferSize = long.MaxValue, MaximumTransferSize = int.MaxValue, MaximumConcurrency = 1 },
                };
                var answer = await Blob(uri).UploadAsync(AsStream(content), upload, cancellationToken).ConfigureAwait(false);
                return Written(uri, content.Length, answer.Value, options, metadata);
            },
            cancellationToken,
            isWrite: true,
            conditional: options.IsConditional);
    }

    /// <inheritdoc/>
    public async Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var metadata = options.Validate();
        _ = Blob(uri);
        cancellationToken.ThrowIfCancellationRequested();

        // There is nothing to begin; what would be refused is told before any byte is sent.
        await CallAsync(
            uri,
            async () =>
            {
                var container = await _connection.Client.GetBlobContainerClient(uri.Container).ExistsAsync(cancellationToken).ConfigureAwait(false);
                return container.Value ? true : throw new ObjectNotFoundException(uri.Display, "there is no such container", "Check the container's name and the account.");
            },
            cancellationToken).ConfigureAwait(false);
        return new AzureMultipartUpload(this, uri, options, metadata);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, CancellationToken cancellationToken = default) => ListAsync(prefix, null, cancellationToken);

    /// <summary>Lists the keys that come after <paramref name="startAfter"/>; null for all.</summary>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var options = new GetBlobsOptions { Traits = BlobTraits.None, States = BlobStates.None, Prefix = NullIfEmpty(prefix.Key), StartFrom = StartFrom(startAfter) };
        var pages = _connection.Client.GetBlobContainerClient(prefix.Container).GetBlobsAsync(options, cancellationToken).AsPages().GetAsyncEnumerator(cancellationToken);
        var held = new List<ObjectInfo>();
        await using (pages.ConfigureAwait(false))
        {
            while (await CallAsync(prefix, async () => await pages.MoveNextAsync().ConfigureAwait(false), cancellationToken).ConfigureAwait(false))
            {
                foreach (var item in pages.Current.Values)
                {
                    // The service begins with that key itself; servers that know no such parameter begin at the beginning.
                    if (startAfter is not null && KeyOrder.Compare(item.Name, startAfter) <= 0)
                        continue;
                    var info = new ObjectInfo
                    {
                        Uri = ObjectUri.ForContainer(prefix.Scheme, prefix.Container, item.Name),
                        Size = item.Properties.ContentLength ?? 0,
                        ETag = item.Properties.ETag is { } etag ? Quoted(etag) : "",
                        LastModified = item.Properties.LastModified,
                        ContentType = NullIfEmpty(item.Properties.ContentType),
                    };

                    // The order is that of UTF-16 on some servers, which is another where surrogates meet characters from U+E000 on
                    // (see KeyOrder). All keys between two that are the wrong way round have such a character, so each run of them is
                    // put in order by itself.
                    if (item.Name.AsSpan().ContainsAnyInRange('\uD800', '\uFFFF'))
                    {
                        held.Add(info);
                        continue;
                    }

                    foreach (var ordered in InOrder(held))
                        yield return ordered;
                    held.Clear();
                    yield return info;
                }
            }
        }

        foreach (var ordered in InOrder(held))
            yield return ordered;
    }

    /// <inheritdoc/>
    /// <remarks>One request each: the service's batches are a protocol of their own that only some accounts and few servers have.</remarks>
    public Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uris);
        return Parallel.ForEachAsync(uris, new ParallelOptions { MaxDegreeOfParallelism = DeleteParallelism, CancellationToken = cancellationToken }, async (uri, stop) =>
            await CallAsync(
                uri,
                async () => await Blob(uri).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, null, stop).ConfigureAwait(false),
                stop,
                isWrite: true).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    /// <remarks>The service copies up to 256 MiB at once. What is larger, or gets another media type, goes through this machine, in
    /// parts: what the service does with larger ones shows half-made objects.</remarks>
    public async Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var given = options.Validate();
        _ = Blob(destination);
        var original = await HeadAsync(source, cancellationToken).ConfigureAwait(false);
        var metadata = options.UserMetadata is null ? original.UserMetadata : given;
        var contentType = options.ContentType ?? original.ContentType;
        if (original.Size > _singleCopyLimit || contentType != original.ContentType)
            return await CopyThroughAsync(original, destination, options with { ContentType = contentType, UserMetadata = metadata }, cancellationToken).ConfigureAwait(false);

        try
        {
            return await CallAsync(
                destination,
                async () =>
                {
                    var copy = new BlobCopyFromUriOptions
                    {
                        Metadata = AzureMetadata.Encode(metadata) ?? [],
                        SourceConditions = new BlobRequestConditions { IfMatch = new ETag(original.ETag) },
                        DestinationConditions = Conditions(options),
                    };

                    // Without any the service would copy the source's own.
                    if (copy.Metadata.Count == 0 && original.UserMetadata.Count > 0)
                        return null;
                    await Blob(destination).SyncCopyFromUriAsync(ReadableUrl(source), copy, cancellationToken).ConfigureAwait(false);
                    return await HeadAsync(destination, cancellationToken).ConfigureAwait(false);
                },
                cancellationToken,
                isWrite: true,
                conditional: options.IsConditional).ConfigureAwait(false)
                ?? await CopyThroughAsync(original, destination, options with { ContentType = contentType, UserMetadata = metadata }, cancellationToken).ConfigureAwait(false);
        }
        catch (PreconditionFailedException) when (!options.IsConditional)
        {
            throw new StaleIndexException(source.Display, "the object has changed while it was copied");
        }
    }

    /// <inheritdoc/>
    public Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uri);
        return CallAsync(
            uri,
            async () => await _connection.Client.GetBlobContainerClient(uri.Container).CreateIfNotExistsAsync(PublicAccessType.None, null, null, cancellationToken).ConfigureAwait(false) is not null,
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(validFor, TimeSpan.Zero);
        var blob = Blob(uri);
        return blob.CanGenerateSasUri
            ? Task.FromResult(ObjectUri.Parse(blob.GenerateSasUri(BlobSasPermissions.Read, DateTimeOffset.UtcNow + validFor).AbsoluteUri))
            : throw new NotSupportedException("Without the account's key nothing can be signed.");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return default;
    }

    internal Task StageAsync(ObjectUri uri, string blockId, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => CallAsync(
        uri,
        async () => await Blob(uri).StageBlockAsync(blockId, AsStream(content), null, cancellationToken).ConfigureAwait(false),
        cancellationToken,
        isWrite: true);

    internal async Task<ObjectInfo> CommitAsync(
        ObjectUri uri, IEnumerable<string> blockIds, long size, PutOptions options, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        try
        {
            return await CallAsync(
                uri,
                async () =>
                {
                    var commit = new CommitBlockListOptions
                    {
                        HttpHeaders = new BlobHttpHeaders { ContentType = options.ContentType },
                        Metadata = AzureMetadata.Encode(metadata),
                        Conditions = Conditions(options),
                    };
                    var answer = await Blob(uri).CommitBlockListAsync(blockIds, commit, cancellationToken).ConfigureAwait(false);
                    return Written(uri, size, answer.Value, options, metadata);
                },
                cancellationToken,
                isWrite: true,
                conditional: options.IsConditional).ConfigureAwait(false);
        }
        catch (StorageException exception) when (options.IsConditional && exception.InnerException is RequestFailedException { ErrorCode: "InvalidBlockList" })
        {
            // Another's write took the parts away. It is also what makes the condition fail, which is the better answer.
            var present = await FindAsync(uri, cancellationToken).ConfigureAwait(false);
            if (options.IfAbsent ? present is not null : present?.ETag != options.IfMatch)
                throw new PreconditionFailedException(uri.Display, "another write to the object came between", innerException: exception);
            throw;
        }
    }

    private static string Quoted(ETag etag) => etag.ToString("H");

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static MemoryStream AsStream(ReadOnlyMemory<byte> content) =>
        MemoryMarshal.TryGetArray(content, out var segment) && segment.Array is not null
            ? new MemoryStream(segment.Array, segment.Offset, segment.Count, writable: false)
            : new MemoryStream(content.ToArray(), writable: false);

    private static IEnumerable<ObjectInfo> InOrder(List<ObjectInfo> infos) => infos.Order(Comparer<ObjectInfo>.Create((a, b) => KeyOrder.Compare(a.Uri.Key, b.Uri.Key)));

    /// <summary>A key that comes before all that are left, in either order.</summary>
    private static string? StartFrom(string? startAfter) =>
        startAfter?.AsSpan().IndexOfAnyInRange('\uD800', '\uFFFF') is { } at and >= 0 ? NullIfEmpty(startAfter[..at]) : startAfter;

    private static BlobRequestConditions? Conditions(PutOptions options) =>
        options.IfAbsent ? new BlobRequestConditions { IfNoneMatch = ETag.All }
        : options.IfMatch is { } etag ? new BlobRequestConditions { IfMatch = new ETag(etag) } : null;

    private static ObjectInfo Written(ObjectUri uri, long size, BlobContentInfo answer, PutOptions options, IReadOnlyDictionary<string, string> metadata) => new()
    {
        Uri = uri,
        Size = size,
        ETag = Quoted(answer.ETag),
        LastModified = answer.LastModified,
        ContentType = options.ContentType,
        UserMetadata = metadata,
    };

    private BlockBlobClient Blob(ObjectUri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (uri.Key.Length == 0)
            throw new InvalidUriException(uri.Display, "the URI names a container, not an object", "Write az://container/key.");

        // The service makes slashes of backslashes and leaves full stops at the end of a segment out, and URLs can't carry segments
        // "." and ".." (RFC 3986 §5.2.4): another object would be meant.
        if (uri.Key.Any(c => c == '\\' || char.IsControl(c)) || uri.Key.Split('/').Any(segment => segment.EndsWith('.')))
            throw new InvalidUriException(uri.Display, "Azure can't hold a key with a backslash, a control character, or a segment that ends with a full stop", "Choose another key.");
        return _connection.Client.GetBlobContainerClient(uri.Container).GetBlockBlobClient(uri.Key);
    }

    private async Task<ObjectRead> GetAsync(ObjectUri uri, ReadRange range, string? ifMatch, CancellationToken cancellationToken)
    {
        var options = new BlobDownloadOptions
        {
            Range = range.Kind switch
            {
                ReadRangeKind.Bounded => new Azure.HttpRange(range.Offset, range.Length),
                ReadRangeKind.From when range.Offset > 0 => new Azure.HttpRange(range.Offset),
                _ => default,
            },
            Conditions = ifMatch is null ? null : new BlobRequestConditions { IfMatch = new ETag(ifMatch) },
        };
        var answer = (await Blob(uri).DownloadStreamingAsync(options, cancellationToken).ConfigureAwait(false)).Value;
        try
        {
            var details = answer.Details;

            // Azurite answers a range that begins just at the end with a range that is none, "bytes 10-9/10", where the service says 416.
            if (details is { ContentLength: 0, ContentRange: { Length: > 0 } nothing } && long.TryParse(nothing[(nothing.LastIndexOf('/') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var whole))
                _ = range.Resolve(whole, uri);
            var (given, size) = HttpRange.Check(uri, range, NullIfEmpty(details.ContentRange), details.ContentLength);
            var info = new ObjectInfo
            {
                Uri = uri,
                Size = size,
                ETag = Quoted(details.ETag),
                LastModified = details.LastModified,
                ContentType = NullIfEmpty(details.ContentType),
                UserMetadata = AzureMetadata.Decode(details.Metadata),
            };
            if (ifMatch is not null && info.ETag != ifMatch)
                throw new StaleIndexException(uri.Display, $"the object has changed: its ETag is {info.ETag}, not {ifMatch}", byteOffset: given.Offset);
            return new ObjectRead(info, given, new BodyStream(new AzureBody(answer.Content, answer), given, uri.Display, null));
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    private async Task<ObjectInfo?> FindAsync(ObjectUri uri, CancellationToken cancellationToken)
    {
        try
        {
            return await HeadAsync(uri, cancellationToken).ConfigureAwait(false);
        }
        catch (ObjectNotFoundException)
        {
            return null;
        }
    }

    private async Task<ObjectInfo> CopyThroughAsync(ObjectInfo source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken)
    {
        var pinned = new PinnedObject(this, source);
        var content = pinned.OpenRead(new ByteRange(0, source.Size), new ReadAheadOptions { PartSize = CopyPartSize, Parallelism = 2 });
        await using (content.ConfigureAwait(false))
            return await this.UploadAsync(destination, content, options, new UploadOptions { PartSize = CopyPartSize, Parallelism = 2 }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The URL by which the service itself may read the object.</summary>
    private Uri ReadableUrl(ObjectUri uri)
    {
        var blob = Blob(uri);
        if (blob.CanGenerateSasUri)
            return blob.GenerateSasUri(BlobSasPermissions.Read, DateTimeOffset.UtcNow.AddHours(1));
        return _connection.Sas is { } sas ? new UriBuilder(blob.Uri) { Query = sas }.Uri : blob.Uri;
    }

    private static async Task<T> CallAsync<T>(
        ObjectUri uri, Func<Task<T>> request, CancellationToken cancellationToken, bool isWrite = false, bool conditional = false, long? offset = null)
    {
        ArgumentNullException.ThrowIfNull(uri);
        try
        {
            return await request().ConfigureAwait(false);
        }
        catch (Exception exception) when (AzureFaults.Applies(exception, cancellationToken))
        {
            throw AzureFaults.Translate(exception, uri.Display, isWrite, conditional, offset);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }
}
