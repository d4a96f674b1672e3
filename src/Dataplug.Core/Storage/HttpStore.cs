using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Dataplug.Storage;

/// <summary>Objects on plain HTTP(S) servers, presigned URLs among them: read-only.</summary>
/// <remarks>
/// The ETag is the server's; without one it is made of Last-Modified and the size, or of the size alone, which tells changes
/// less well. A pinned read sends If-Match where the ETag is a strong one (RFC 9110 §8.8.3.2), If-Unmodified-Since where
/// there is a date, and in any case holds what the answer says of itself against the pin.
/// </remarks>
public sealed class HttpStore : IObjectStore
{
    private const string DatePrefix = "\"modified-";
    private const string SizePrefix = "\"size-";

    private readonly HttpOptions _options;
    private readonly HttpClient _client;

    /// <summary>Makes a store for both <c>http</c> and <c>https</c>.</summary>
    public HttpStore(HttpOptions? options = null)
    {
        _options = options ?? new HttpOptions();
        var handler = new SocketsHttpHandler
        {
            // Bytes are wanted as they are stored, so that offsets mean something.
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = _options.ConnectTimeout,
            MaxConnectionsPerServer = _options.MaxConnections,
            MaxAutomaticRedirections = 10,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            UseCookies = false,
        };
        _client = new HttpClient(handler) { Timeout = _options.RequestTimeout };
        _client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Dataplug.NET", typeof(HttpStore).Assembly.GetName().Version?.ToString(3)));
        foreach (var (name, value) in _options.Headers ?? new Dictionary<string, string>())
        {
            if (!_client.DefaultRequestHeaders.TryAddWithoutValidation(name, value))
                throw new ArgumentException($"'{name}' can't be sent as a request header.", nameof(options));
        }
    }

    /// <inheritdoc/>
    public StoreCapabilities Capabilities => StoreCapabilities.Remote;

    /// <inheritdoc/>
    public Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default) => CallAsync(uri, null, async () =>
    {
        using (var answer = await SendAsync(HttpMethod.Head, uri, null, null, cancellationToken).ConfigureAwait(false))
        {
            if (answer.IsSuccessStatusCode && answer.Content.Headers.ContentLength is { } length)
                return Describe(uri, answer, length);
            if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone || HttpFaults.IsTransient((int)answer.StatusCode))
                throw Refused(uri, answer, null);
        }

        // Presigned URLs are signed for GET alone, and some servers refuse HEAD or leave the length out: one byte tells as much.
        using var first = await SendAsync(HttpMethod.Get, uri, "bytes=0-0", null, cancellationToken).ConfigureAwait(false);
        if (IsRangeOfEmpty(first))
            return Describe(uri, first, 0);
        RequireSuccess(uri, first, null);
        var size = first.StatusCode == HttpStatusCode.PartialContent ? first.Content.Headers.ContentRange?.Length : first.Content.Headers.ContentLength;
        return Describe(uri, first, size ?? throw NoLength(uri));
    }, cancellationToken);

    /// <inheritdoc/>
    public async Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (request.Range is { Kind: ReadRangeKind.Bounded, Length: 0 })
        {
            var info = await HeadAsync(uri, cancellationToken).ConfigureAwait(false);
            RequireSame(info, request, 0);
            return new ObjectRead(info, request.Range.Resolve(info.Size, uri), Stream.Null);
        }

        return await CallAsync(uri, request.Range.Offset, async () =>
        {
            var answer = await SendAsync(HttpMethod.Get, uri, HttpRange.Format(request.Range), request.IfMatch, cancellationToken).ConfigureAwait(false);
            try
            {
                return await ReadAsync(uri, request, answer, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                answer.Dispose();
                throw;
            }
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default) => throw ReadOnly(uri);

    /// <inheritdoc/>
    public Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default) => throw ReadOnly(uri);

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        throw new StorageException(prefix.Display, "HTTP has no listings", "Name the objects one by one.");
    }

    /// <inheritdoc/>
    public Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uris);
        return uris.Count == 0 ? Task.CompletedTask : throw ReadOnly(uris.First());
    }

    /// <inheritdoc/>
    public Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default) => throw ReadOnly(destination);

    /// <inheritdoc/>
    public Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default) => throw ReadOnly(uri);

    /// <inheritdoc/>
    public Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("HTTP URLs are not signed here; they can be read as they are.");

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return default;
    }

    private static AccessDeniedException ReadOnly(ObjectUri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        return new AccessDeniedException(uri.Display, "HTTP(S) URLs are read-only", "Write to a file:// or s3:// location.");
    }

    private static StorageException NoLength(ObjectUri uri) =>
        new(uri.Display, "the server does not say how long the object is", "Copy the object to a server that sends Content-Length.");

    /// <summary>416 with a size of zero: the answer to any range of an empty object (RFC 9110 §15.5.17).</summary>
    private static bool IsRangeOfEmpty(HttpResponseMessage answer) =>
        answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && answer.Content.Headers.ContentRange is { Length: 0 };

    private static string? ServerETag(HttpResponseMessage answer) =>
        answer.Headers.ETag?.ToString() ?? (answer.Headers.NonValidated.TryGetValues("ETag", out var raw) && raw.Count > 0 ? raw.ToString() : null);

    private static ObjectInfo Describe(ObjectUri uri, HttpResponseMessage answer, long size)
    {
        var modified = answer.Content.Headers.LastModified;
        return new ObjectInfo
        {
            Uri = uri,
            Size = size,
            ETag = ServerETag(answer) ?? (modified is { } date
                ? string.Create(CultureInfo.InvariantCulture, $"{DatePrefix}{date.ToUnixTimeSeconds()}-{size}\"")
                : string.Create(CultureInfo.InvariantCulture, $"{SizePrefix}{size}\"")),
            LastModified = modified,
            ContentType = answer.Content.Headers.ContentType?.ToString(),
        };
    }

    /// <summary>Whether an answer can be that of the pinned version, by as much as the answer says.</summary>
    private static bool StillIs(string expected, ObjectInfo info, HttpResponseMessage answer)
    {
        if (ServerETag(answer) is { } tag)
            return tag == expected;
        if (expected.StartsWith(SizePrefix, StringComparison.Ordinal))
            return expected == string.Create(CultureInfo.InvariantCulture, $"{SizePrefix}{info.Size}\"");
        if (expected.StartsWith(DatePrefix, StringComparison.Ordinal))
            return info.LastModified is null ? expected.EndsWith(string.Create(CultureInfo.InvariantCulture, $"-{info.Size}\""), StringComparison.Ordinal) : expected == info.ETag;

        // The tag was left out of this answer. If it is a strong one, If-Match has been asked for and not refused.
        return expected.StartsWith('"');
    }

    private static void RequireSame(ObjectInfo info, ReadRequest request, long offset)
    {
        if (request.IfMatch is { } expected && info.ETag != expected)
            throw new StaleIndexException(info.Uri.Display, $"the object has changed: its ETag is {info.ETag}, not {expected}", byteOffset: offset);
    }

    private static void RequireSuccess(ObjectUri uri, HttpResponseMessage answer, long? offset)
    {
        if (answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent))
            throw Refused(uri, answer, offset);
    }

    private static DataplugException Refused(ObjectUri uri, HttpResponseMessage answer, long? offset)
    {
        var status = (int)answer.StatusCode;
        var said = string.Create(CultureInfo.InvariantCulture, $"the server answered {status} {answer.ReasonPhrase}").TrimEnd();
        return status switch
        {
            401 or 403 => new AccessDeniedException(uri.Display, $"{said}: access is denied", "Check the URL; a presigned one may have expired."),
            404 or 410 => new ObjectNotFoundException(uri.Display, "there is no such object", "Check the URL."),
            412 => new StaleIndexException(uri.Display, "the object has changed: it no longer has the expected ETag or date", byteOffset: offset),
            416 => new RangeNotSatisfiableException(uri.Display, "the range starts at or past the end of the object", byteOffset: offset),
            >= 300 and < 400 => new StorageException(uri.Display, $"{said}: the redirection can't be followed", "Use the URL that it leads to.", statusCode: status),
            _ => new StorageException(
                uri.Display, said, byteOffset: offset, isTransient: HttpFaults.IsTransient(status), statusCode: status, retryAfter: RetryAfter(answer)),
        };
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage answer) =>
        answer.Headers.NonValidated.TryGetValues("Retry-After", out var value) ? HttpFaults.ParseRetryAfter(value.ToString()) : null;

    private static async Task<T> CallAsync<T>(ObjectUri uri, long? offset, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(uri);
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw HttpFaults.Lost(exception, uri.Display, offset);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, ObjectUri uri, string? range, string? ifMatch, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, uri.Value);
        if (range is not null)
            request.Headers.TryAddWithoutValidation("Range", range);
        if (ifMatch is not null)
        {
            if (ifMatch.StartsWith(DatePrefix, StringComparison.Ordinal) && long.TryParse(ifMatch.AsSpan(DatePrefix.Length, Math.Max(0, ifMatch.LastIndexOf('-') - DatePrefix.Length)), CultureInfo.InvariantCulture, out var seconds))
                request.Headers.IfUnmodifiedSince = DateTimeOffset.FromUnixTimeSeconds(seconds);
            else if (ifMatch.StartsWith('"') && !ifMatch.StartsWith(SizePrefix, StringComparison.Ordinal))
                request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ObjectRead> ReadAsync(ObjectUri uri, ReadRequest request, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var asked = request.Range;
        if (asked.Kind == ReadRangeKind.Suffix && IsRangeOfEmpty(answer))
        {
            var empty = Describe(uri, answer, 0);
            RequireSame(empty, request, 0);
            answer.Dispose();
            return new ObjectRead(empty, new ByteRange(0, 0), Stream.Null);
        }

        RequireSuccess(uri, answer, asked.Offset);
        var length = answer.Content.Headers.ContentLength;
        ByteRange sent, wanted;
        long size;
        if (answer.StatusCode == HttpStatusCode.PartialContent)
        {
            var contentRange = answer.Content.Headers.NonValidated.TryGetValues("Content-Range", out var value) ? value.ToString() : "";
            (wanted, size) = HttpRange.Check(uri, asked, contentRange, length ?? -1);
            sent = wanted;
        }
        else
        {
            size = length ?? throw NoLength(uri);
            sent = new ByteRange(0, size);
            wanted = asked.Resolve(size, uri);
            if (wanted.Offset > _options.MaxSkip)
                _ = HttpRange.Check(uri, asked, null, size);
        }

        var info = Describe(uri, answer, size);

        if (request.IfMatch is { } expected && !StillIs(expected, info, answer))
            throw new StaleIndexException(uri.Display, $"the object has changed: its ETag is {info.ETag}, not {expected}", byteOffset: wanted.Offset);

        var body = new BodyStream(await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), sent, uri.Display, answer);
        if (sent == wanted)
            return new ObjectRead(info, wanted, body);
        await SkipAsync(body, wanted.Offset, cancellationToken).ConfigureAwait(false);
        return new ObjectRead(info, wanted, new PrefixStream(body, wanted.Length));
    }

    private static async Task SkipAsync(BodyStream body, long count, CancellationToken cancellationToken)
    {
        var scratch = new byte[(int)Math.Min(count, 64 << 10)];
        while (count > 0)
            count -= await body.ReadAsync(scratch.AsMemory(0, (int)Math.Min(count, scratch.Length)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The first bytes of a body of which more would come.</summary>
    private sealed class PrefixStream(BodyStream body, long length) : ForwardStream
    {
        private long _left = length;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await body.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken).ConfigureAwait(false);
            _left -= read;
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                body.Dispose();
            base.Dispose(disposing);
        }
    }
}
