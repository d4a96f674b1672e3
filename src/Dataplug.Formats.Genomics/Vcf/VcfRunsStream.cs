using Dataplug.Storage;

namespace Dataplug.Formats.Genomics;

/// <summary>Some runs one after another, each opened when it is come to.</summary>
internal sealed class VcfRunsStream(IReadOnlyList<VcfRun> runs, PinnedObject source, ObjectStores stores) : ForwardStream
{
    private Stream? _open;
    private int _next;

    public override int Read(Span<byte> buffer)
    {
        var bytes = new byte[buffer.Length];
        var read = ReadAsync(bytes).AsTask().GetAwaiter().GetResult();
        bytes.AsSpan(0, read).CopyTo(buffer);
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        while (true)
        {
            if (_open is null)
            {
                if (_next == runs.Count)
                    return 0;
                _open = await runs[_next++].OpenAsync(source, stores, cancellationToken).ConfigureAwait(false);
            }

            var read = await _open.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read > 0)
                return read;
            await _open.DisposeAsync().ConfigureAwait(false);
            _open = null;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _next = runs.Count;
        if (_open is not null)
            await _open.DisposeAsync().ConfigureAwait(false);
        _open = null;
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _next = runs.Count;
            _open?.Dispose();
            _open = null;
        }

        base.Dispose(disposing);
    }
}
