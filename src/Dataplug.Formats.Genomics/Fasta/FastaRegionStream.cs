using System.Text;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics;

/// <summary>The bases of a region, piece by piece.</summary>
internal sealed class FastaRegionBases(FastaReader reader, FastaRegion region, string source) : IAsyncDisposable
{
    private long _skip = region.Skip;
    private long _left = region.Length;
    private bool _begun;

    /// <summary>The next bases; empty at the end. Valid until the next call.</summary>
    /// <exception cref="CorruptObjectException">The object has fewer than the index has.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        if (!_begun)
            _begun = await reader.NextAsync(cancellationToken).ConfigureAwait(false);
        while (_left > 0)
        {
            var bases = await reader.ReadBasesAsync(cancellationToken).ConfigureAwait(false);
            if (bases.IsEmpty)
                throw new CorruptObjectException(source, $"the region {region.Title} has {_left} bases fewer than the index has", "Preprocess the object again with force, then partition it again.");
            var skipped = (int)Math.Min(_skip, bases.Length);
            _skip -= skipped;
            bases = bases[skipped..];
            if (bases.Length > _left)
                bases = bases[..(int)_left];
            _left -= bases.Length;
            if (!bases.IsEmpty)
                return bases;
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => reader.DisposeAsync();
}

/// <summary>The bases of a region under a header, in lines of 60, as <c>samtools faidx</c> writes them.</summary>
internal sealed class FastaRegionStream(FastaRegionBases region, string title) : ForwardStream
{
    private const int LineLength = 60;

    private ReadOnlyMemory<byte> _header = Encoding.UTF8.GetBytes($">{title}\n");
    private ReadOnlyMemory<byte> _bases;
    private int _column;
    private bool _ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        if (!_header.IsEmpty)
        {
            var length = Math.Min(buffer.Length, _header.Length);
            _header[..length].CopyTo(buffer);
            _header = _header[length..];
            return length;
        }

        if (_bases.IsEmpty && !_ended)
        {
            _bases = await region.NextAsync(cancellationToken).ConfigureAwait(false);
            _ended = _bases.IsEmpty;
        }

        return Wrap(buffer.Span);
    }

    public override async ValueTask DisposeAsync()
    {
        await region.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            region.DisposeAsync().AsTask().GetAwaiter().GetResult();
        base.Dispose(disposing);
    }

    private int Wrap(Span<byte> buffer)
    {
        var written = 0;
        while (written < buffer.Length && (!_bases.IsEmpty || (_ended && _column > 0) || _column == LineLength))
        {
            if (_column == LineLength || (_ended && _bases.IsEmpty))
            {
                buffer[written++] = (byte)'\n';
                _column = 0;
                continue;
            }

            var length = Math.Min(Math.Min(LineLength - _column, _bases.Length), buffer.Length - written);
            _bases.Span[..length].CopyTo(buffer[written..]);
            _bases = _bases[length..];
            written += length;
            _column += length;
        }

        return written;
    }
}
