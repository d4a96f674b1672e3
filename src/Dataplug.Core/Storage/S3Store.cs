using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Dataplug.Storage;

/// <summary>
/// S3 and servers that speak its protocol. The SDK signs and parses; retries, resumption and parallelism are built over
/// <see cref="IObjectStore"/> for all stores alike.
/// </summary>
/// <remarks>
/// Conditional puts rest on the server's If-None-Match and If-Match, which AWS and Ceph honour. Conditions on completing a
/// multipart upload and on copies are newer: with an endpoint that is not AWS's they are also checked by a head request
/// just before, which leaves a short race on servers that ignore them.
/// </remarks>
public sealed class S3Store : IObjectStore, IResumableListing
{
    private const int DeleteBatch = 1000;
    private const int MaxParts = 10_000;

    private readonly S3Options _options;
    private readonly S3Connection _connection;
    private volatile bool _takesBareTags;

    /// <summary>Makes a store; nothing is sent and no credentials are looked for until the first request.</summary>
    /// <exception cref="InvalidUriException">The endpoint is no http(s) URL.</exception>
    public S3Store(S3Options? options = null)
    {
        _options = options ?? new S3Options();
        _connection = new S3Connection(_options);
    }

    /// <inheritdoc/>
    public StoreCapabilities Capabilities =>
        StoreCapabilities.Write | StoreCapabilities.ConditionalWrite | StoreCapabilities.List | StoreCapabilities.Remote
        | (_options.Anonymous ? StoreCapabilities.None : StoreCapabilities.Presign);

    private RequestPayer? Payer => _options.RequestPayer ? RequestPayer.Requester : null;

    /// <inheritdoc/>
    public Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default)
    {
        RequireKey(uri);
        return CallAsync(
            uri,
            S3Intent.Read,
            async client =>
            {
                var request = new GetObjectMetadataRequest { BucketName = uri.Container, Key = uri.Key, RequestPayer = Payer };
                var answer = await client.GetObjectMetadataAsync(request, cancellationToken).ConfigureAwait(false);
                return Describe(uri, answer.ContentLength, answer.ETag, answer.LastModified, answer.Headers.ContentType, answer.Metadata);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default)
    {
        RequireKey(uri);

        // HTTP has no empty range (RFC 9110 §14.1.2): the object's state is all there is to ask for.
        if (request.Range is { Kind: ReadRangeKind.Bounded, Length: 0 })
            return await ReadNothingAsync(uri, request, cancellationToken).ConfigureAwait(false);
        try
        {
            return await CallAsync(uri, S3Intent.Read, client => GetAsync(client, uri, request, cancellationToken), cancellationToken, request.Range.Offset).ConfigureAwait(false);
        }
        catch (RangeNotSatisfiableException) when (request.Range.Kind is ReadRangeKind.Suffix or ReadRangeKind.All || request.Range is { Kind: ReadRangeKind.From, Offset: 0 })
        {
            // The object is empty; all of it, or its last bytes, are an empty answer, which a range request can't get either.
            return await ReadNothingAsync(uri, request, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default)
    {
        RequireKey(uri);
        ArgumentNullException.ThrowIfNull(options);
        var metadata = options.Validate();
        if (options.IfMatch is not { } expected)
            return await PutAsync(uri, content, options, null, metadata, cancellationToken).ConfigureAwait(false);
        try
        {
            return await PutAsync(uri, content, options, _takesBareTags ? expected.Trim('"') : expected, metadata, cancellationToken).ConfigureAwait(false);
        }
        catch (PreconditionFailedException) when (_connection.Endpoint is not null && !_takesBareTags)
        {
            // Ceph compares the tag of a put (not that of a get) without its quotes, so that a right one never matches.
            try
            {
                if ((await HeadAsync(uri, cancellationToken).ConfigureAwait(false)).ETag != expected)
                    throw;
            }
            catch (ObjectNotFoundException)
            {
                throw new PreconditionFailedException(uri.Display, "there is no object that could have the expected ETag");
            }

            var info = await PutAsync(uri, content, options, expected.Trim('"'), metadata, cancellationToken).ConfigureAwait(false);
            _takesBareTags = true;
            return info;
        }
    }

    /// <inheritdoc/>
    public Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default)
    {
        RequireKey(uri);
        ArgumentNullException.ThrowIfNull(options);
        var metadata = options.Validate();
        return CallAsync<IMultipartUpload>(
            uri,
            S3Intent.Write,
            async client => new S3MultipartUpload(this, uri, await InitiateAsync(client, uri, options.ContentType, metadata, cancellationToken).ConfigureAwait(false), options, metadata),
            cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, CancellationToken cancellationToken = default) => ListAsync(prefix, null, cancellationToken);

    /// <summary>Lists the keys that come after <paramref name="startAfter"/>; null for all.</summary>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var request = new ListObjectsV2Request
        {
            BucketName = prefix.Container,
            Prefix = prefix.Key,
            StartAfter = startAfter,
            RequestPayer = Payer,

            // Keys may hold characters that XML can't.
            Encoding = EncodingType.Url,
        };
        while (true)
        {
            var page = await CallAsync(prefix, S3Intent.Read, client => client.ListObjectsV2Async(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            foreach (var item in page.S3Objects ?? [])
            {
                yield return new ObjectInfo
                {
                    Uri = ObjectUri.ForContainer(prefix.Scheme, prefix.Container, page.Encoding == EncodingType.Url ? WebUtility.UrlDecode(item.Key) : item.Key),
                    Size = item.Size ?? 0,
                    ETag = Quoted(item.ETag),
                    LastModified = AsOffset(item.LastModified),
                };
            }

            if (page.IsTruncated != true)
                break;
            if (string.IsNullOrEmpty(page.NextContinuationToken))
                throw new StorageException(prefix.Display, "the server says that the list goes on, but not where");
            request.ContinuationToken = page.NextContinuationToken;
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uris);
        foreach (var bucket in uris.GroupBy(uri => uri.Container, StringComparer.Ordinal))
        {
            // The batch is an XML document, which can't hold every character that a key can (XML 1.0 §2.2).
            foreach (var uri in bucket.Where(uri => !IsXml(uri.Key)))
            {
                var single = new DeleteObjectRequest { BucketName = uri.Container, Key = uri.Key, RequestPayer = Payer };
                await CallAsync(uri, S3Intent.Write, client => client.DeleteObjectAsync(single, cancellationToken), cancellationToken).ConfigureAwait(false);
            }

            foreach (var batch in bucket.Where(uri => IsXml(uri.Key)).Chunk(DeleteBatch))
            {
                var request = new DeleteObjectsRequest
                {
                    BucketName = bucket.Key,
                    Quiet = true,
                    RequestPayer = Payer,
                    Objects = [.. batch.Select(uri => new KeyVersion { Key = uri.Key })],
                };
                try
                {
                    await CallAsync(batch[0], S3Intent.Write, client => client.DeleteObjectsAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
                }
                catch (DeleteObjectsException exception)
                {
                    throw S3Faults.Translate(exception, bucket.Key);
                }
            }
        }
    }

    /// <inheritdoc/>
    public async Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default)
    {
        RequireKey(source);
        RequireKey(destination);
        ArgumentNullException.ThrowIfNull(options);
        var given = options.Validate();
        var original = await HeadAsync(source, cancellationToken).ConfigureAwait(false);
        var metadata = options.UserMetadata is null ? original.UserMetadata : given;
        var contentType = options.ContentType ?? original.ContentType;
        if (options.IsConditional)
            await CheckConditionAsync(destination, options, cancellationToken).ConfigureAwait(false);
        if (original.Size > _options.SingleCopyLimit)
            return await CopyInPartsAsync(original, destination, options with { ContentType = contentType, UserMetadata = metadata }, cancellationToken).ConfigureAwait(false);

        return await CallAsync(
            destination,
            S3Intent.Write,
            async client =>
            {
                var request = new CopyObjectRequest
                {
                    SourceBucket = source.Container,
                    SourceKey = source.Key,
                    DestinationBucket = destination.Container,
                    DestinationKey = destination.Key,
                    ETagToMatch = original.ETag,
                    IfNoneMatch = options.IfAbsent ? "*" : null,
                    IfMatch = options.IfMatch,
                    RequestPayer = Payer,

                    // Said outright, not left to the server: so an object may also be copied onto itself.
                    MetadataDirective = S3MetadataDirective.REPLACE,
                    ContentType = contentType,
                };
                AddMetadata(request.Metadata, metadata);
                var answer = await client.CopyObjectAsync(request, cancellationToken).ConfigureAwait(false);
                return new ObjectInfo { Uri = destination, Size = original.Size, ETag = Quoted(answer.ETag), LastModified = AsOffset(ParseDate(answer.LastModified)), ContentType = contentType, UserMetadata = metadata };
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (await HasBucketAsync(uri, cancellationToken).ConfigureAwait(false))
            return false;

        try
        {
            return await CallAsync(
                uri,
                S3Intent.Write,
                async client =>
                {
                    var request = new PutBucketRequest { BucketName = uri.Container };
                    if (_connection.Endpoint is null && _connection.Region != "us-east-1")
                        request.BucketRegionName = _connection.Region;
                    await client.PutBucketAsync(request, cancellationToken).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException exception) when (exception.InnerException is AmazonS3Exception { ErrorCode: "BucketAlreadyOwnedByYou" })
        {
            return false;
        }
        catch (StorageException exception) when (exception.InnerException is AmazonS3Exception { ErrorCode: "BucketAlreadyExists" })
        {
            // Ceph also says so to one of several who make it at the same time, and all may use it then.
            if (await HasBucketAsync(uri, cancellationToken).ConfigureAwait(false))
                return false;
            throw new AccessDeniedException(uri.Display, "the bucket's name is taken by someone else", "Choose another name.", innerException: exception);
        }
    }

    private async Task<bool> HasBucketAsync(ObjectUri uri, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(uri, S3Intent.Read, client => client.HeadBucketAsync(new HeadBucketRequest { BucketName = uri.Container }, cancellationToken), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ObjectNotFoundException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default)
    {
        RequireKey(uri);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(validFor, TimeSpan.Zero);
        if (_options.Anonymous)
            throw new NotSupportedException("Without credentials nothing can be signed.");
        return CallAsync(
            uri,
            S3Intent.Read,
            async client =>
            {
                var request = new GetPreSignedUrlRequest
                {
                    BucketName = uri.Container,
                    Key = uri.Key,
                    Verb = HttpVerb.GET,
                    Expires = DateTime.UtcNow + validFor,
                    Protocol = _connection.Endpoint?.StartsWith("http:", StringComparison.OrdinalIgnoreCase) == true ? Protocol.HTTP : Protocol.HTTPS,
                    RequestPayer = Payer,
                };
                return ObjectUri.Parse(await client.GetPreSignedURLAsync(request).ConfigureAwait(false));
            },
            cancellationToken);
    }

    /// <summary>Asks the Security Token Service for credentials that last for a while: those of a role, or a session of the caller.</summary>
    /// <exception cref="AccessDeniedException">The service refuses.</exception>
    public Task<S3Credentials> CreateSessionAsync(S3SessionRequest? request = null, CancellationToken cancellationToken = default) =>
        _connection.CreateSessionAsync(request ?? new S3SessionRequest(), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return default;
    }

    internal Task<UploadPartResponse> UploadPartAsync(ObjectUri uri, string uploadId, int partNumber, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => CallAsync(
        uri,
        S3Intent.Write,
        client => client.UploadPartAsync(
            new UploadPartRequest
            {
                BucketName = uri.Container,
                Key = uri.Key,
                UploadId = uploadId,
                PartNumber = partNumber,
                PartSize = content.Length,
                InputStream = AsStream(content),
                UseChunkEncoding = SendsTrailers,
                RequestPayer = Payer,
            },
            cancellationToken),
        cancellationToken);

    internal async Task<ObjectInfo> CompleteAsync(
        ObjectUri uri, string uploadId, IEnumerable<PartETag> parts, long size, PutOptions options, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        if (options.IsConditional)
            await CheckConditionAsync(uri, options, cancellationToken).ConfigureAwait(false);
        var request = new CompleteMultipartUploadRequest
        {
            BucketName = uri.Container,
            Key = uri.Key,
            UploadId = uploadId,
            PartETags = [.. parts],
            IfNoneMatch = options.IfAbsent ? "*" : null,
            IfMatch = options.IfMatch,
            RequestPayer = Payer,
        };
        var answer = await CallAsync(
            uri, S3Intent.Write, client => client.CompleteMultipartUploadAsync(request, cancellationToken), cancellationToken, conditionalWrite: options.IfMatch is not null).ConfigureAwait(false);

        // Ceph leaves the ETag out of this answer.
        return string.IsNullOrEmpty(answer.ETag)
            ? await HeadAsync(uri, cancellationToken).ConfigureAwait(false)
            : new ObjectInfo { Uri = uri, Size = size, ETag = Quoted(answer.ETag), ContentType = options.ContentType, UserMetadata = metadata };
    }

    internal async Task AbortAsync(ObjectUri uri, string uploadId, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(
                uri,
                S3Intent.Write,
                client => client.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = uri.Container, Key = uri.Key, UploadId = uploadId, RequestPayer = Payer }, cancellationToken),
                cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException exception) when (exception.StatusCode == (int)HttpStatusCode.NotFound)
        {
            // Gone already.
        }
    }

    private bool SendsTrailers => _options.ChecksumMode == S3ChecksumMode.WhenSupported;

    private static bool IsXml(string key)
    {
        // Carriage returns are characters of XML, but its readers turn them into line feeds (§2.11).
        foreach (var rune in key.EnumerateRunes())
        {
            if (rune.Value is (< 0x20 and not (0x9 or 0xA)) or 0xFFFE or 0xFFFF)
                return false;
        }

        return true;
    }

    private static void RequireKey(ObjectUri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (uri.Key.Length == 0)
            throw new InvalidUriException(uri.Display, "the URI names a bucket, not an object", "Write s3://bucket/key.");
    }

    private static MemoryStream AsStream(ReadOnlyMemory<byte> content) =>
        MemoryMarshal.TryGetArray(content, out var segment) && segment.Array is not null
            ? new MemoryStream(segment.Array, segment.Offset, segment.Count, writable: false)
            : new MemoryStream(content.ToArray(), writable: false);

    private static string Quoted(string? etag) => string.IsNullOrEmpty(etag) ? "" : etag.EndsWith('"') ? etag : $"\"{etag}\"";

    private static DateTimeOffset? AsOffset(DateTime? time) => time is { } known ? new DateTimeOffset(known.ToUniversalTime()) : null;

    private static DateTime? ParseDate(string? text) =>
        DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var date) ? date : null;

    private static void AddMetadata(MetadataCollection to, IReadOnlyDictionary<string, string> metadata)
    {
        foreach (var (name, value) in metadata)
            to[name] = MetadataText.Encode(value);
    }

    private static ObjectInfo Describe(ObjectUri uri, long size, string? etag, DateTime? modified, string? contentType, MetadataCollection metadata) => new()
    {
        Uri = uri,
        Size = size,
        ETag = Quoted(etag),
        LastModified = AsOffset(modified),
        ContentType = string.IsNullOrEmpty(contentType) ? null : contentType,
        UserMetadata = metadata.Keys.ToDictionary(
            name => name["x-amz-meta-".Length..].ToLowerInvariant(), name => MetadataText.Decode(metadata[name]), StringComparer.Ordinal),
    };

    /// <summary>Sends a request; a bucket that answers from another region is asked again there, once.</summary>
    private async Task<T> CallAsync<T>(
        ObjectUri uri, S3Intent intent, Func<AmazonS3Client, Task<T>> request, CancellationToken cancellationToken, long? offset = null, bool conditionalWrite = false)
    {
        var region = _connection.RegionOf(uri.Container);
        try
        {
            try
            {
                return await request(await _connection.ClientAsync(uri.Container, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
            }
            catch (AmazonS3Exception exception) when (S3Faults.RedirectRegion(exception) is { } other && other != region)
            {
                _connection.LearnRegion(uri.Container, other);
                return await request(await _connection.ClientAsync(uri.Container, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is not DeleteObjectsException && S3Faults.Applies(exception, cancellationToken))
        {
            throw S3Faults.Translate(exception, uri.Display, intent, conditionalWrite, offset);
        }
    }

    private Task<ObjectInfo> PutAsync(
        ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, string? ifMatch, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken) => CallAsync(
        uri,
        S3Intent.Write,
        async client =>
        {
            var request = new PutObjectRequest
            {
                BucketName = uri.Container,
                Key = uri.Key,
                InputStream = AsStream(content),
                AutoCloseStream = true,
                ContentType = options.ContentType,
                IfNoneMatch = options.IfAbsent ? "*" : null,
                IfMatch = ifMatch,
                RequestPayer = Payer,
                UseChunkEncoding = SendsTrailers,
            };
            AddMetadata(request.Metadata, metadata);
            var answer = await client.PutObjectAsync(request, cancellationToken).ConfigureAwait(false);
            return new ObjectInfo { Uri = uri, Size = content.Length, ETag = Quoted(answer.ETag), ContentType = options.ContentType, UserMetadata = metadata };
        },
        cancellationToken,
        conditionalWrite: ifMatch is not null);

    private async Task<ObjectRead> GetAsync(AmazonS3Client client, ObjectUri uri, ReadRequest request, CancellationToken cancellationToken)
    {
        var get = new GetObjectRequest { BucketName = uri.Container, Key = uri.Key, EtagToMatch = request.IfMatch, RequestPayer = Payer };

        // Whole objects too are asked for as a range: from the answer to a plain request the SDK computes the MD5 to hold it
        // against the ETag, which takes more time than the network, and fails where ETags are something else.
        get.ByteRange = new Amazon.S3.Model.ByteRange(HttpRange.Format(request.Range) ?? "bytes=0-");
        var answer = await client.GetObjectAsync(get, cancellationToken).ConfigureAwait(false);
        try
        {
            var whole = answer.HttpStatusCode != HttpStatusCode.PartialContent;
            var (given, size) = HttpRange.Check(uri, request.Range, whole ? null : answer.ContentRange ?? "", answer.ContentLength);
            var info = Describe(uri, size, answer.ETag, answer.LastModified, answer.Headers.ContentType, answer.Metadata);
            if (request.IfMatch is { } expected && info.ETag != expected)
                throw new StaleIndexException(uri.Display, $"the object has changed: its ETag is {info.ETag}, not {expected}", byteOffset: given.Offset);
            return new ObjectRead(info, given, new BodyStream(answer.ResponseStream, given, uri.Display, answer));
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    private async Task<ObjectRead> ReadNothingAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken)
    {
        var info = await HeadAsync(uri, cancellationToken).ConfigureAwait(false);
        if (request.IfMatch is { } expected && info.ETag != expected)
            throw new StaleIndexException(uri.Display, $"the object has changed: its ETag is {info.ETag}, not {expected}");
        var range = request.Range.Resolve(info.Size, uri);
        return range.Length == 0
            ? new ObjectRead(info, range, Stream.Null)
            : throw new StorageException(uri.Display, "the server refused the range of an object that is not empty", isTransient: true);
    }

    private async Task<string> InitiateAsync(AmazonS3Client client, ObjectUri uri, string? contentType, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        var request = new InitiateMultipartUploadRequest { BucketName = uri.Container, Key = uri.Key, ContentType = contentType, RequestPayer = Payer };
        AddMetadata(request.Metadata, metadata);
        return (await client.InitiateMultipartUploadAsync(request, cancellationToken).ConfigureAwait(false)).UploadId;
    }

    /// <summary>Looks at a write's condition ahead of it, for servers that don't know conditions on this kind of write.</summary>
    private async Task CheckConditionAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken)
    {
        if (_connection.Endpoint is null)
            return;
        ObjectInfo? present = null;
        try
        {
            present = await HeadAsync(uri, cancellationToken).ConfigureAwait(false);
        }
        catch (ObjectNotFoundException)
        {
            // That is one of the answers.
        }

        if (options.IfAbsent && present is not null)
            throw new PreconditionFailedException(uri.Display, "there is an object already");
        if (options.IfMatch is { } expected && present?.ETag != expected)
            throw new PreconditionFailedException(uri.Display, $"the ETag is {present?.ETag ?? "that of no object"}, not {expected}");
    }

    private async Task<ObjectInfo> CopyInPartsAsync(ObjectInfo source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken)
    {
        var metadata = options.Validate();
        var partSize = Math.Max(_options.CopyPartSize, (source.Size + MaxParts - 1) / MaxParts);
        var uploadId = await CallAsync(
            destination, S3Intent.Write, client => InitiateAsync(client, destination, options.ContentType, metadata, cancellationToken), cancellationToken).ConfigureAwait(false);
        try
        {
            var parts = new PartETag[(int)((source.Size + partSize - 1) / partSize)];
            await Parallel.ForAsync(
                0,
                parts.Length,
                new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken },
                async (i, stop) =>
                {
                    var request = new CopyPartRequest
                    {
                        SourceBucket = source.Uri.Container,
                        SourceKey = source.Uri.Key,
                        DestinationBucket = destination.Container,
                        DestinationKey = destination.Key,
                        UploadId = uploadId,
                        PartNumber = i + 1,
                        FirstByte = i * partSize,
                        LastByte = Math.Min(source.Size, (i + 1) * partSize) - 1,
                        ETagToMatch = [source.ETag],
                        RequestPayer = Payer,
                    };
                    var answer = await CallAsync(destination, S3Intent.Write, client => client.CopyPartAsync(request, stop), stop).ConfigureAwait(false);
                    parts[i] = new PartETag(i + 1, answer.ETag);
                }).ConfigureAwait(false);
            return await CompleteAsync(destination, uploadId, parts, source.Size, options, metadata, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await AbortAsync(destination, uploadId, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }
}
