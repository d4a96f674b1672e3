using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Dataplug.Storage;

/// <summary>
/// Retries, resumption, time limits and counting around any store; <see cref="ObjectStores"/> puts it around every one.
/// </summary>
/// <remarks>
/// Reads go on from the byte that was reached, held to the ETag that they began with. A conditional write whose answer was
/// lost may have taken effect, and its repetition is then refused by its own work; so conditional writes and uploads in parts
/// to remote stores carry a random mark in their user metadata (<c>dataplug-write</c>, hidden from what this class returns),
/// and a refused write looks whether the object bears its own mark before it reports the refusal.
/// </remarks>
public sealed class ResilientStore : IObjectStore
{
    internal const string WriteMark = "dataplug-write";
    private const int DeleteBatch = 1000;
    private const int ListPage = 1000;

    private readonly IObjectStore _inner;
    private readonly RetryOptions _options;
    private readonly StoreCounters _counters;

    /// <summary>Puts resilience around a store, which is then owned by it.</summary>
    public ResilientStore(IObjectStore inner, RetryOptions? options = null)
        : this(inner, options ?? RetryOptions.Default, new StoreCounters())
    {
    }

    internal ResilientStore(IObjectStore inner, RetryOptions options, StoreCounters counters)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxAttempts, 1);
        _inner = inner;
        _options = options;
        _counters = counters;
    }

    /// <inheritdoc/>
    public StoreCapabilities Capabilities => _inner.Capabilities;

    /// <summary>What has been asked of this store and of those that share its counters.</summary>
    public StoreStatistics Statistics => _counters.Snapshot();

    private bool IsRemote => (_inner.Capabilities & StoreCapabilities.Remote) != 0;

    /// <inheritdoc/>
    public async Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default) =>
        Unmarked(await RunAsync(uri, StoreOperation.Head, _options.IdleTimeout, stop => _inner.HeadAsync(uri, stop), cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default)
    {
        var retry = new RetryState(_options);
        var read = await RunAsync(uri, StoreOperation.Read, _options.IdleTimeout, stop => _inner.OpenReadAsync(uri, request, stop), cancellationToken, retry).ConfigureAwait(false);
        var recorder = StoreMetrics.Recorder(uri.Scheme, _counters);
        return new ObjectRead(Unmarked(read.Info), read.Range, IsRemote ? new ResumingStream(this, read, retry, recorder) : new CountingStream(read.Content, recorder));
    }

    /// <inheritdoc/>
    public async Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var mark = options.IsConditional && IsRemote ? NewMark() : null;
        var marked = Marked(options, mark, options.UserMetadata);
        var info = await UnlessOwnAsync(
            uri,
            mark,
            () => RunAsync(uri, StoreOperation.Put, UploadTimeout(content.Length), stop => _inner.PutAsync(uri, content, marked, stop), cancellationToken),
            cancellationToken).ConfigureAwait(false);
        StoreMetrics.Recorder(uri.Scheme, _counters).Written(StoreOperation.Put, content.Length);
        return Unmarked(info);
    }

    /// <inheritdoc/>
    public async Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var mark = IsRemote ? NewMark() : null;
        var marked = Marked(options, mark, options.UserMetadata);
        var upload = await RunAsync(uri, StoreOperation.CreateMultipart, _options.IdleTimeout, stop => _inner.CreateMultipartAsync(uri, marked, stop), cancellationToken).ConfigureAwait(false);
        return new ResilientUpload(this, uri, upload, mark);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var retry = new RetryState(_options);
        var recorder = StoreMetrics.Recorder(prefix.Scheme, _counters);
        string? last = null;
        for (var isRetry = false; ; isRetry = true)
        {
            StorageException? failure = null;
            var started = Stopwatch.GetTimestamp();
            var sincePage = 0;
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var items = (_inner is IResumableListing resumable ? resumable.ListAsync(prefix, last, stop.Token) : _inner.ListAsync(prefix, stop.Token)).GetAsyncEnumerator(stop.Token);
            await using (items.ConfigureAwait(false))
            {
                while (true)
                {
                    ObjectInfo? item = null;
                    stop.CancelAfter(_options.IdleTimeout);
                    try
                    {
                        if (await items.MoveNextAsync().ConfigureAwait(false))
                            item = items.Current;
                        if (sincePage == 0)
                            recorder.Request(StoreOperation.List, Stopwatch.GetElapsedTime(started), failed: false, isRetry);
                    }
                    catch (Exception exception) when (Transient(exception, prefix, cancellationToken) is { } passing)
                    {
                        recorder.Request(StoreOperation.List, Stopwatch.GetElapsedTime(started), failed: true, isRetry);
                        failure = passing;
                    }
                    finally
                    {
                        stop.CancelAfter(Timeout.InfiniteTimeSpan);
                    }

                    if (item is null)
                        break;
                    if (++sincePage == ListPage)
                    {
                        sincePage = 0;
                        started = Stopwatch.GetTimestamp();
                        isRetry = false;
                    }

                    // A listing that can't be taken up in the middle begins again; what was given out is skipped.
                    if (last is not null && KeyOrder.Compare(item.Uri.Key, last) <= 0)
                        continue;
                    retry.Reset();
                    last = item.Uri.Key;
                    yield return item;
                }
            }

            if (failure is null)
                yield break;
            await retry.WaitAsync(failure, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uris);
        foreach (var container in uris.GroupBy(uri => uri.Container, StringComparer.Ordinal))
        {
            foreach (var batch in container.Chunk(DeleteBatch))
            {
                await RunAsync(
                    batch[0],
                    StoreOperation.Delete,
                    _options.IdleTimeout,
                    async stop =>
                    {
                        await _inner.DeleteAsync(batch, stop).ConfigureAwait(false);
                        return true;
                    },
                    cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public async Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        string? mark = null;
        if (IsRemote)
        {
            // The mark, or none, takes the place of that of the source, so the source's own metadata is carried by hand.
            var original = await HeadAsync(source, cancellationToken).ConfigureAwait(false);
            mark = options.IsConditional ? NewMark() : null;
            options = Marked(options, mark, options.UserMetadata ?? original.UserMetadata) with { ContentType = options.ContentType ?? original.ContentType };
        }

        var info = await UnlessOwnAsync(
            destination,
            mark,
            () => RunAsync(destination, StoreOperation.Copy, _options.ServerWorkTimeout, stop => _inner.CopyAsync(source, destination, options, stop), cancellationToken),
            cancellationToken).ConfigureAwait(false);
        return Unmarked(info);
    }

    /// <inheritdoc/>
    public Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default) =>
        RunAsync(uri, StoreOperation.CreateContainer, _options.IdleTimeout, stop => _inner.CreateContainerAsync(uri, stop), cancellationToken);

    /// <inheritdoc/>
    public Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default) =>
        _inner.PresignReadAsync(uri, validFor, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    private static string NewMark() => Guid.NewGuid().ToString("N");

    private static PutOptions Marked(PutOptions options, string? mark, IReadOnlyDictionary<string, string>? metadata)
    {
        if (mark is null)
            return metadata == options.UserMetadata ? options : options with { UserMetadata = metadata };
        return options with { UserMetadata = new Dictionary<string, string>(metadata ?? new Dictionary<string, string>()) { [WriteMark] = mark } };
    }

    private static ObjectInfo Unmarked(ObjectInfo info) => info.UserMetadata.ContainsKey(WriteMark)
        ? info with { UserMetadata = info.UserMetadata.Where(pair => pair.Key != WriteMark).ToDictionary(StringComparer.Ordinal) }
        : info;

    private static StorageException? Transient(Exception exception, ObjectUri uri, CancellationToken cancellationToken) => exception switch
    {
        StorageException { IsTransient: true } storage => storage,
        OperationCanceledException when !cancellationToken.IsCancellationRequested => HttpFaults.Lost(exception, uri.Display),
        HttpRequestException or TimeoutException or System.Net.Sockets.SocketException => HttpFaults.Lost(exception, uri.Display),
        _ => null,
    };

    private TimeSpan UploadTimeout(long bytes) => _options.IdleTimeout + TimeSpan.FromSeconds((double)bytes / Math.Max(1, _options.SlowestUpload));

    private async Task<T> RunAsync<T>(
        ObjectUri uri, StoreOperation operation, TimeSpan limit, Func<CancellationToken, Task<T>> request, CancellationToken cancellationToken, RetryState? retry = null, bool isRetry = false)
    {
        ArgumentNullException.ThrowIfNull(uri);
        retry ??= new RetryState(_options);
        var recorder = StoreMetrics.Recorder(uri.Scheme, _counters);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var started = Stopwatch.GetTimestamp();
            StorageException failure;
            using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
            {
                stop.CancelAfter(limit);
                try
                {
                    var answer = await request(stop.Token).ConfigureAwait(false);
                    recorder.Request(operation, Stopwatch.GetElapsedTime(started), failed: false, isRetry);
                    return answer;
                }
                catch (Exception exception) when (Transient(exception, uri, cancellationToken) is { } passing)
                {
                    recorder.Request(operation, Stopwatch.GetElapsedTime(started), failed: true, isRetry);
                    failure = passing;
                }
                catch (Exception)
                {
                    recorder.Request(operation, Stopwatch.GetElapsedTime(started), failed: true, isRetry);
                    throw;
                }
            }

            await retry.WaitAsync(failure, cancellationToken).ConfigureAwait(false);
            isRetry = true;
        }
    }

    /// <summary>Runs a write; where it is refused, or its upload is gone, looks whether that is because it has been done already.</summary>
    private async Task<ObjectInfo> UnlessOwnAsync(ObjectUri uri, string? mark, Func<Task<ObjectInfo>> write, CancellationToken cancellationToken)
    {
        try
        {
            return await write().ConfigureAwait(false);
        }
        catch (Exception refusal) when (mark is not null && refusal is PreconditionFailedException or StorageException { StatusCode: 404 })
        {
            // Also on a refusal of the first attempt: the HTTP client itself may have sent it twice.
            ObjectInfo present;
            try
            {
                present = await RunAsync(uri, StoreOperation.Head, _options.IdleTimeout, stop => _inner.HeadAsync(uri, stop), cancellationToken).ConfigureAwait(false);
            }
            catch (ObjectNotFoundException)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(refusal);
                throw;
            }

            if (present.UserMetadata.GetValueOrDefault(WriteMark) == mark)
                return present;
            throw;
        }
    }

    /// <summary>The bytes of a store that has nothing to resume.</summary>
    private sealed class CountingStream(Stream body, StoreRecorder recorder) : ForwardStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Counted(await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

        public override int Read(Span<byte> buffer) => Counted(body.Read(buffer));

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                body.Dispose();
            base.Dispose(disposing);
        }

        private int Counted(int read)
        {
            if (read > 0)
                recorder.Read(read);
            return read;
        }
    }

    /// <summary>A read's bytes, however many requests they take.</summary>
    private sealed class ResumingStream(ResilientStore store, ObjectRead read, RetryState retry, StoreRecorder recorder) : ForwardStream
    {
        private const int Progress = 64 << 10;

        private readonly ObjectInfo _info = read.Info;
        private readonly ByteRange _range = read.Range;
        private Stream? _body = read.Content;
        private CancellationTokenSource _idle = new();
        private long _position = read.Range.Offset;
        private long _lastFailure = read.Range.Offset;
        private bool _disposed;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_position == _range.End || buffer.IsEmpty)
                return 0;
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                StorageException failure;
                try
                {
                    _body ??= await ResumeAsync(cancellationToken).ConfigureAwait(false);
                    var count = await ReadPartAsync(buffer[..(int)Math.Min(buffer.Length, _range.End - _position)], cancellationToken).ConfigureAwait(false);
                    if (count > 0)
                    {
                        _position += count;
                        recorder.Read(count);
                        return count;
                    }

                    failure = new StorageException(_info.Uri.Display, $"the answer ended {_range.End - _position} bytes short", byteOffset: _position, isTransient: true);
                }
                catch (Exception exception) when (_body is not null && (Transient(exception, _info.Uri, cancellationToken) ?? (exception is IOException ? HttpFaults.Lost(exception, _info.Uri.Display, _position) : null)) is { } passing)
                {
                    failure = passing;
                }

                recorder.Failure(StoreOperation.Read);
                await _body.DisposeAsync().ConfigureAwait(false);
                _body = null;
                if (_position - _lastFailure >= Progress)
                    retry.Reset();
                _lastFailure = _position;
                await retry.WaitAsync(failure, cancellationToken).ConfigureAwait(false);
            }
        }

        public override async ValueTask DisposeAsync()
        {
            if (!_disposed && _body is not null)
                await _body.DisposeAsync().ConfigureAwait(false);
            await base.DisposeAsync().ConfigureAwait(false);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_disposed)
            {
                _disposed = true;
                _body?.Dispose();
                _idle.Dispose();
            }

            base.Dispose(disposing);
        }

        private async ValueTask<int> ReadPartAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            _idle.CancelAfter(store._options.IdleTimeout);
            try
            {
                var caller = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _idle);
                await using (caller.ConfigureAwait(false))
                    return await _body!.ReadAsync(buffer, _idle.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            finally
            {
                if (!_idle.TryReset())
                {
                    _idle.Dispose();
                    _idle = new CancellationTokenSource();
                }
            }
        }

        private async Task<Stream> ResumeAsync(CancellationToken cancellationToken)
        {
            var left = ByteRange.FromBounds(_position, _range.End);
            var request = new ReadRequest(left, _info.ETag.Length == 0 ? null : _info.ETag);
            var again = await store.RunAsync(
                _info.Uri, StoreOperation.Read, store._options.IdleTimeout, stop => store._inner.OpenReadAsync(_info.Uri, request, stop), cancellationToken, retry, isRetry: true).ConfigureAwait(false);
            if (again.Range == left && again.Info.Size == _info.Size)
                return again.Content;
            await again.DisposeAsync().ConfigureAwait(false);
            throw new StaleIndexException(_info.Uri.Display, $"the object has changed while it was read: it has {again.Info.Size} bytes now, not {_info.Size}", byteOffset: _position);
        }
    }

    private sealed class ResilientUpload(ResilientStore store, ObjectUri uri, IMultipartUpload upload, string? mark) : IMultipartUpload
    {
        private bool _finished;

        public int MinimumPartSize => upload.MinimumPartSize;

        public async Task UploadPartAsync(int partNumber, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
        {
            await store.RunAsync(
                uri,
                StoreOperation.UploadPart,
                store.UploadTimeout(content.Length),
                async stop =>
                {
                    await upload.UploadPartAsync(partNumber, content, stop).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
            StoreMetrics.Recorder(uri.Scheme, store._counters).Written(StoreOperation.UploadPart, content.Length);
        }

        public async Task<ObjectInfo> CompleteAsync(CancellationToken cancellationToken = default)
        {
            var info = await store.UnlessOwnAsync(
                uri,
                mark,
                () => store.RunAsync(uri, StoreOperation.CompleteMultipart, store._options.ServerWorkTimeout, upload.CompleteAsync, cancellationToken),
                cancellationToken).ConfigureAwait(false);
            _finished = true;
            return Unmarked(info);
        }

        public async Task AbortAsync(CancellationToken cancellationToken = default)
        {
            if (_finished)
                return;
            await store.RunAsync(
                uri,
                StoreOperation.AbortMultipart,
                store._options.IdleTimeout,
                async stop =>
                {
                    await upload.AbortAsync(stop).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
            _finished = true;
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await AbortAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (DataplugException)
            {
                // Whatever ended the upload is what the caller should hear of. Parts that stay behind are for the bucket's
                // lifecycle rule (AbortIncompleteMultipartUpload).
            }
        }
    }
}
