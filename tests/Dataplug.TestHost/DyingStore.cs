using System.Diagnostics;
using Dataplug.Storage;

namespace Dataplug.Conformance.Host;

/// <summary>
/// A file store that kills its own process at one operation, as a machine would be switched off. <c>DATAPLUG_DIE_AT</c> is
/// <c>OPERATION:PART-OF-THE-PATH</c>, the operation being <c>read</c>, <c>put</c> or <c>after-put</c>; <c>DATAPLUG_DIE_MARK</c> is a
/// file that is made then, and that keeps it from happening again.
/// </summary>
internal sealed class DyingStore : IObjectStore
{
    private readonly FileStore _files = new();
    private readonly string[] _dieAt = (Environment.GetEnvironmentVariable("DATAPLUG_DIE_AT") ?? ":").Split(':', 2);
    private readonly string? _mark = Environment.GetEnvironmentVariable("DATAPLUG_DIE_MARK");

    public StoreCapabilities Capabilities => _files.Capabilities;

    public Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default) => _files.HeadAsync(uri, cancellationToken);

    public Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default)
    {
        DieAt("read", uri);
        return _files.OpenReadAsync(uri, request, cancellationToken);
    }

    public async Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default)
    {
        DieAt("put", uri);
        var info = await _files.PutAsync(uri, content, options, cancellationToken);
        DieAt("after-put", uri);
        return info;
    }

    public Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default) => _files.CreateMultipartAsync(uri, options, cancellationToken);

    public IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, CancellationToken cancellationToken = default) => _files.ListAsync(prefix, cancellationToken);

    public Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default) => _files.DeleteAsync(uris, cancellationToken);

    public Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default) => _files.CopyAsync(source, destination, options, cancellationToken);

    public Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default) => _files.CreateContainerAsync(uri, cancellationToken);

    public Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default) => _files.PresignReadAsync(uri, validFor, cancellationToken);

    public ValueTask DisposeAsync() => _files.DisposeAsync();

    private void DieAt(string operation, ObjectUri uri)
    {
        if (_dieAt[0] != operation || !uri.Key.Contains(_dieAt[1], StringComparison.Ordinal) || File.Exists(_mark))
            return;
        File.WriteAllText(_mark!, "");
        Process.GetCurrentProcess().Kill();
        Thread.Sleep(Timeout.Infinite);
    }
}
