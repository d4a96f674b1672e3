using System.Runtime.CompilerServices;
using Dataplug.Storage;

namespace Dataplug.Lithops.Tests.Worker;

/// <summary>
/// A store of which a share of all requests fails: the request is lost and nothing is done, or the answer is lost when all is done, or
/// what is read breaks off. The same requests in the same order meet the same faults.
/// </summary>
internal sealed class FlakyStore(IObjectStore inner, int seed, double share) : IObjectStore
{
    private readonly Lock _turn = new();
    private readonly Random _random = new(seed);
    private int _requests;
    private int _faults;

    private enum Fault
    {
        None,
        RequestLost,
        AnswerLost,
        AnswerCut,
    }

    /// <summary>As those of a store behind a network, unless told otherwise.</summary>
    public StoreCapabilities Capabilities { get; init; } = inner.Capabilities | StoreCapabilities.Remote;

    /// <summary>The requests that may fail; by default all.</summary>
    public Func<string, ObjectUri, bool> Hits { get; init; } = (_, _) => true;

    /// <summary>What is done of a request that fails; null for any of what can happen.</summary>
    public bool? IsDone { get; init; }

    /// <summary>What is thrown; by default a failure that may have passed when the request is sent again.</summary>
    public Func<ObjectUri, Exception> Failure { get; init; } = uri => new StorageException(uri.Display, "the connection was lost", isTransient: true);

    public int Requests => Volatile.Read(ref _requests);

    public int Faults => Volatile.Read(ref _faults);

    public Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default) =>
        RunAsync("head", uri, () => inner.HeadAsync(uri, cancellationToken));

    public async Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default)
    {
        var fault = Next("read", uri);
        if (fault == Fault.RequestLost)
            throw Failure(uri);
        var read = await inner.OpenReadAsync(uri, request, cancellationToken);
        if (fault == Fault.None)
            return read;
        if (fault == Fault.AnswerCut)
            return new ObjectRead(read.Info, read.Range, new CutStream(read.Content, read.Range.Length / 2, () => Failure(uri)));
        await read.DisposeAsync();
        throw Failure(uri);
    }

    public Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default) =>
        RunAsync("put", uri, () => inner.PutAsync(uri, content, options, cancellationToken));

    public Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default) => inner.CreateMultipartAsync(uri, options, cancellationToken);

    public async IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Next("list", prefix) != Fault.None)
            throw Failure(prefix);
        await foreach (var info in inner.ListAsync(prefix, cancellationToken))
            yield return info;
    }

    public Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default) => RunAsync("delete", uris.First(), async () =>
    {
        await inner.DeleteAsync(uris, cancellationToken);
        return true;
    });

    public Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default) =>
        RunAsync("copy", destination, () => inner.CopyAsync(source, destination, options, cancellationToken));

    public Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default) => inner.CreateContainerAsync(uri, cancellationToken);

    public Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default) => inner.PresignReadAsync(uri, validFor, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<T> RunAsync<T>(string operation, ObjectUri uri, Func<Task<T>> request)
    {
        var fault = Next(operation, uri);
        if (fault is Fault.RequestLost or Fault.AnswerCut)
            throw Failure(uri);
        var answer = await request();
        return fault == Fault.None ? answer : throw Failure(uri);
    }

    private Fault Next(string operation, ObjectUri uri)
    {
        lock (_turn)
        {
            _requests++;
            if (!Hits(operation, uri) || _random.NextDouble() >= share)
                return Fault.None;
            _faults++;
            var any = (Fault)_random.Next((int)Fault.RequestLost, (int)Fault.AnswerCut + 1);
            return IsDone switch { null => any, true => Fault.AnswerLost, false => Fault.RequestLost };
        }
    }

    private sealed class CutStream(Stream body, long left, Func<Exception> failure) : ForwardStream
    {
        private long _left = left;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left == 0)
                throw failure();
            var read = await body.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
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
