using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using StackExchange.Redis;

namespace Dataplug.Storage;

/// <summary>
/// A Redis server (6.2 or newer) as an object store, for <c>redis://host:port/database/bucket/key</c>, or <c>rediss://</c> over TLS:
/// for small objects that come and go fast, such as the parts of a shuffle.
/// </summary>
/// <remarks>
/// <para>Every operation is one script on the server, which nobody sees half done: conditions are checked where they are kept. ETags
/// are random. Contents are strings of at most 64 MiB, so that an object may be larger than the 512 MiB that Redis takes in a
/// string; parts of an upload that was never completed end by themselves.</para>
/// <para>Redis has no streams of bytes: a read that is longer than 8 MiB is several requests, each for the version that the first one
/// saw. Objects are lost with the memory that they are in, as the server's persistence is set up; a server that evicts keys
/// (<c>maxmemory-policy</c> other than <c>noeviction</c>) may lose parts of objects, which is reported, not passed over.</para>
/// <para>A bucket is kept on one node of a cluster.</para>
/// </remarks>
public sealed class RedisStore : IObjectStore, IResumableListing
{
    private const int ListPage = 1000;
    private const int DeleteBatch = 1000;
    private const string SingleChunk = "1";

    private readonly RedisOptions _options;
    private readonly RedisConnections _connections;

    /// <summary>Makes a store; nothing is connected until the first request.</summary>
    public RedisStore(RedisOptions? options = null)
    {
        _options = options ?? new RedisOptions();
        _connections = new RedisConnections(_options);
    }

    /// <inheritdoc/>
    public StoreCapabilities Capabilities => StoreCapabilities.Write | StoreCapabilities.ConditionalWrite | StoreCapabilities.List | StoreCapabilities.Remote;

    /// <inheritdoc/>
    public async Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default)
    {
        var name = RedisName.Of(uri);
        var fields = await CallAsync(uri, name, database => database.HashGetAsync(name.Object, ["version", "size", "modified", "type", "metadata"]), cancellationToken).ConfigureAwait(false);
        return fields[0].IsNull ? throw NotFound(uri) : Describe(uri, fields[0]!, (long)fields[1], (long)fields[2], fields[3], fields[4]);
    }

    /// <inheritdoc/>
    public async Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default)
    {
        var (info, first) = await ReadAsync(uri, request.Range, request.IfMatch, cancellationToken).ConfigureAwait(false);
        var range = request.Range.Resolve(info.Size, uri);
        return first.Length == Math.Min(range.Length, _options.ReadSize)
            ? new ObjectRead(info, range, new RedisBody(this, info, range, first))
            : throw new StorageException(uri.Display, $"the server gave {first.Length} bytes of the range {range}", byteOffset: range.Offset);
    }

    /// <inheritdoc/>
    public async Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var metadata = options.Validate();
        var name = RedisName.Of(uri);
        var version = Guid.NewGuid().ToString("N");
        if (content.Length <= _options.ChunkSize)
        {
            // A copy: the request may still be on its way when this call has been cancelled.
            return await CommitAsync(uri, version, content.Length, $"{SingleChunk}:{Text(content.Length)}", options, metadata, content.ToArray(), cancellationToken).ConfigureAwait(false);
        }

        var chunks = new List<RedisChunk>();
        try
        {
            await StageAsync(uri, version, SingleChunk, content, chunks, cancellationToken).ConfigureAwait(false);
            return await CommitAsync(uri, version, content.Length, RedisChunk.List(chunks), options, metadata, null, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await UnstageAsync(uri, version, chunks).ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var metadata = options.Validate();
        var name = RedisName.Of(uri);

        // There is nothing to begin; a server that is not there is told of before any byte is sent.
        _ = await CallAsync(uri, name, database => database.PingAsync(), cancellationToken).ConfigureAwait(false);
        return new RedisMultipartUpload(this, uri, options, metadata);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, CancellationToken cancellationToken = default) => ListAsync(prefix, null, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var name = RedisName.Of(prefix, needsKey: false);
        var keyStart = prefix.Key.Length - name.Key.Length;
        if (!prefix.Key.AsSpan(0, keyStart).EndsWith("/"))
        {
            // redis://host/0/bucket without the slash.
            prefix = prefix.WithKey(prefix.Key + "/");
            keyStart = prefix.Key.Length;
        }

        // UTF-8 has no byte FF: it comes after all keys with the prefix (RFC 3629 §3).
        byte[] to = name.Key.Length == 0 ? "+"u8.ToArray() : [(byte)'(', .. name.Member, 0xFF];
        byte[] from = name.Key.Length == 0 ? "-"u8.ToArray() : [(byte)'[', .. name.Member];
        if (startAfter is not null && startAfter.Length > keyStart && KeyOrder.Compare(startAfter[keyStart..], name.Key) >= 0)
            from = [(byte)'(', .. RedisName.Bytes(startAfter[keyStart..])];
        while (true)
        {
            var start = from;
            var page = (RedisResult[])(await CallAsync(
                prefix, name, database => database.ScriptEvaluateAsync(RedisScripts.List, [name.Index], [start, to, ListPage, RedisName.Bytes(name.ObjectPrefix)]), cancellationToken).ConfigureAwait(false))!;
            for (var i = 0; i < page.Length; i += 5)
            {
                // A key whose object the server has evicted is no object.
                if ((string)page[i + 1]! is { Length: > 0 } version)
                    yield return Describe(prefix.WithKey(prefix.Key[..keyStart] + (string)page[i]!), version, (long)page[i + 2], (long)page[i + 3], (string?)page[i + 4], RedisValue.Null);
            }

            if (page.Length < 5 * ListPage)
                break;
            from = [(byte)'(', .. (byte[])page[^5]!];
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uris);
        foreach (var bucket in uris.Select(uri => (Uri: uri, Name: RedisName.Of(uri))).GroupBy(item => (item.Uri.Scheme, item.Uri.Container, item.Name.Database, item.Name.Bucket)))
        {
            foreach (var batch in bucket.Chunk(DeleteBatch))
            {
                var name = batch[0].Name;
                RedisValue[] arguments = [RedisName.Bytes(name.ObjectPrefix), RedisName.Bytes(name.ChunkPrefix), .. batch.Select(item => (RedisValue)item.Name.Member)];
                _ = await CallAsync(batch[0].Uri, name, database => database.ScriptEvaluateAsync(RedisScripts.Delete, [name.Index], arguments), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>Inside a bucket the server copies; from one bucket or database to another the bytes go through this machine.</remarks>
    public async Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var given = options.Validate();
        var from = RedisName.Of(source);
        var to = RedisName.Of(destination);
        var original = await HeadAsync(source, cancellationToken).ConfigureAwait(false);
        var metadata = options.UserMetadata is null ? original.UserMetadata : given;
        var contentType = options.ContentType ?? original.ContentType;
        if ((source.Scheme, source.Container, from.Database, from.Bucket) != (destination.Scheme, destination.Container, to.Database, to.Bucket))
        {
            var content = new PinnedObject(this, original).OpenRead(new ByteRange(0, original.Size));
            await using (content.ConfigureAwait(false))
                return await this.UploadAsync(destination, content, options with { ContentType = contentType, UserMetadata = metadata }, UploadOptions.Default, cancellationToken).ConfigureAwait(false);
        }

        var version = Guid.NewGuid().ToString("N");
        var (condition, expected) = Condition(options);
        RedisValue[] arguments = [original.ETag, condition, expected, version, contentType ?? "", JsonSerializer.Serialize(metadata), to.Member, RedisName.Bytes(to.ChunkPrefix)];
        var answer = (RedisResult[])(await CallAsync(
            destination, to, database => database.ScriptEvaluateAsync(RedisScripts.Copy, [from.Object, to.Object, to.Index], arguments), cancellationToken).ConfigureAwait(false))!;
        if ((string)answer[0]! == "SOURCE")
            throw new StaleIndexException(source.Display, "the object has changed while it was copied");
        return new ObjectInfo
        {
            Uri = destination,
            Size = original.Size,
            ETag = $"\"{version}\"",
            LastModified = DateTimeOffset.FromUnixTimeMilliseconds(Modified(answer, destination)),
            ContentType = contentType,
            UserMetadata = metadata,
        };
    }

    /// <inheritdoc/>
    /// <remarks>Buckets need not be made: the first object makes one.</remarks>
    public Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default)
    {
        var name = RedisName.Of(uri, needsKey: false);
        return CallAsync(uri, name, database => database.StringSetAsync(name.Marker, "1", null, When.NotExists), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("What is in Redis has no URLs that others could read.");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connections.DisposeAsync();

    /// <summary>Reads the first bytes of a range, at most what is asked for at once.</summary>
    internal async Task<(ObjectInfo Info, byte[] Bytes)> ReadAsync(ObjectUri uri, ReadRange range, string? ifMatch, CancellationToken cancellationToken)
    {
        var name = RedisName.Of(uri);
        RedisValue[] arguments = [ifMatch ?? "", range.Kind.ToString(), range.Offset, range.Length, _options.ReadSize, RedisName.Bytes(name.ChunkPrefix)];
        var answer = (RedisResult[])(await CallAsync(
            uri, name, database => database.ScriptEvaluateAsync(RedisScripts.Read, [name.Object], arguments), cancellationToken, range.Offset).ConfigureAwait(false))!;
        return (string)answer[0]! switch
        {
            "OK" => (Describe(uri, (string)answer[1]!, (long)answer[2], (long)answer[3], (string?)answer[4], (RedisValue)answer[5]), (byte[])answer[6]!),
            "NONE" => throw NotFound(uri),
            "OTHER" => throw new StaleIndexException(uri.Display, $"the object has changed: its ETag is \"{answer[1]}\", not {ifMatch}", byteOffset: range.Offset),
            "RANGE" => throw new RangeNotSatisfiableException(uri.Display, $"the range starts at or past the end of the object's {answer[1]} bytes", byteOffset: range.Offset),
            _ => throw Gone(uri, answer),
        };
    }

    /// <summary>Stores contents where nobody sees them yet.</summary>
    internal async Task StageAsync(ObjectUri uri, string version, string chunk, ReadOnlyMemory<byte> content, List<RedisChunk> staged, CancellationToken cancellationToken)
    {
        var name = RedisName.Of(uri);
        for (var start = 0; start < content.Length; start += _options.ChunkSize)
        {
            var piece = content[start..Math.Min(content.Length, start + _options.ChunkSize)].ToArray();
            var part = new RedisChunk($"{chunk}.{Text(start / _options.ChunkSize)}", piece.Length);
            staged.Add(part);
            _ = await CallAsync(uri, name, database => database.StringSetAsync(name.Chunk(version, part.Name), piece, _options.UnfinishedUploadsLast), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Throws staged contents away, as far as the server can be reached; what stays ends by itself.</summary>
    internal async Task UnstageAsync(ObjectUri uri, string version, IEnumerable<RedisChunk> chunks)
    {
        var name = RedisName.Of(uri);
        RedisKey[] keys = [.. chunks.Select(chunk => name.Chunk(version, chunk.Name))];
        try
        {
            foreach (var batch in keys.Chunk(DeleteBatch))
                _ = await CallAsync(uri, name, database => database.KeyDeleteAsync(batch), CancellationToken.None).ConfigureAwait(false);
        }
        catch (DataplugException)
        {
            // Whatever ended the upload is what the caller should hear of.
        }
    }

    internal async Task<ObjectInfo> CommitAsync(
        ObjectUri uri, string version, long size, string chunks, PutOptions options, IReadOnlyDictionary<string, string> metadata, byte[]? content, CancellationToken cancellationToken)
    {
        var name = RedisName.Of(uri);
        var (condition, expected) = Condition(options);
        RedisValue[] arguments =
            [condition, expected, version, size, options.ContentType ?? "", JsonSerializer.Serialize(metadata), chunks, name.Member, RedisName.Bytes(name.ChunkPrefix), .. content is null ? Array.Empty<RedisValue>() : [content]];
        var answer = (RedisResult[])(await CallAsync(
            uri, name, database => database.ScriptEvaluateAsync(RedisScripts.Commit, [name.Object, name.Index, name.Marker], arguments), cancellationToken).ConfigureAwait(false))!;
        return new ObjectInfo
        {
            Uri = uri,
            Size = size,
            ETag = $"\"{version}\"",
            LastModified = DateTimeOffset.FromUnixTimeMilliseconds(Modified(answer, uri)),
            ContentType = options.ContentType,
            UserMetadata = metadata,
        };
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static (string Kind, string Expected) Condition(PutOptions options) => options.IfAbsent ? ("absent", "") : options.IfMatch is { } etag ? ("match", etag) : ("", "");

    private static ObjectNotFoundException NotFound(ObjectUri uri) => new(uri.Display, "there is no such object");

    private static StorageException Gone(ObjectUri uri, RedisResult[] answer) => new(
        uri.Display,
        answer.Length > 1 && (string)answer[0]! == "GONE" ? $"the server has lost part {answer[1]} of the object" : $"the server gave an answer that is none: {answer[0]}",
        "Upload the object again; set the server's maxmemory-policy to noeviction, so that it refuses new objects instead of losing old ones.");

    /// <summary>The time of a write that took place.</summary>
    private static long Modified(RedisResult[] answer, ObjectUri uri) => (string)answer[0]! switch
    {
        "OK" => (long)answer[1],
        "THERE" => throw new PreconditionFailedException(uri.Display, "there is an object already"),
        "OTHER" => throw new PreconditionFailedException(uri.Display, (string)answer[1]! is { Length: > 0 } version ? $"the ETag is \"{version}\", not the expected one" : "there is no object that could have the expected ETag"),
        _ => throw Gone(uri, answer),
    };

    private static ObjectInfo Describe(ObjectUri uri, string version, long size, long modified, string? contentType, RedisValue metadata) => new()
    {
        Uri = uri,
        Size = size,
        ETag = $"\"{version}\"",
        LastModified = DateTimeOffset.FromUnixTimeMilliseconds(modified),
        ContentType = string.IsNullOrEmpty(contentType) ? null : contentType,
        UserMetadata = metadata.IsNullOrEmpty ? new Dictionary<string, string>() : JsonSerializer.Deserialize<Dictionary<string, string>>((byte[])metadata!)!,
    };

    private async Task<T> CallAsync<T>(ObjectUri uri, RedisName name, Func<IDatabase, Task<T>> request, CancellationToken cancellationToken, long? offset = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var database = await _connections.DatabaseAsync(uri, name.Database, cancellationToken).ConfigureAwait(false);
            return await request(database).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (RedisFaults.Applies(exception, cancellationToken))
        {
            throw RedisFaults.Translate(exception, uri.Display, offset);
        }
    }
}
