using System.Buffers;
using Dataplug.Compression;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// The decompressed content of an indexed gzip object as a stream that can seek: a read anywhere fetches and decodes from the
/// nearest access point only.
/// </summary>
/// <remarks>
/// <para>A read at a new place costs one range GET: from the access point before it to the first mark at or after its end, which is
/// its compressed bytes and at most one spacing; and one small read of the window, unless that is one of the last
/// <see cref="WindowsKept"/> or the access point needs none. Reading on, or ahead within the span, goes on decoding. While it is
/// read on, requests grow from 512 KiB on, and then several parts are read ahead.</para>
/// <para>Every read asks for the version that was indexed. Checksums of members that were decoded from their start are verified.
/// Memory is bounded: buffers of some hundred kilobytes, the windows, and 6 MiB read ahead in a long sequential read from a server.</para>
/// <para>An instance may be used by one thread at a time, as any stream; any number of instances over one index may be used at
/// once. The synchronous reads wait for the asynchronous ones.</para>
/// </remarks>
public sealed class GZipObjectStream : Stream
{
    /// <summary>How many windows are kept: 256 KiB of memory.</summary>
    public const int WindowsKept = 8;

    private const int SkipBufferSize = 64 << 10;

    // Decoding on over this much content costs less than another request.
    private const long NearBy = 256 << 10;

    private const int FirstGrowth = 512 << 10;
    private const int GrowthsBeforeReadAhead = 3;

    private static readonly ReadAheadOptions Sequential = new() { PartSize = 2 << 20, Parallelism = 3 };

    private readonly IGZipPlaces _places;
    private readonly PinnedObject _source;
    private readonly ObjectStores _stores;
    private readonly List<(long BitOffset, ReadOnlyMemory<byte> Window)> _windows = [];
    private long _position;
    private bool _disposed;

    // The decoder that is at work, where in the content it stands, and where its stored bytes are to go at least.
    private InflateStream? _content;
    private GZipSpanStream? _stored;
    private long _at;

    // Before this the decoder at hand gives wrong bytes: the lead-in of its access point.
    private long _usableFrom;
    private long _wanted;
    private int _growths;

    /// <summary>Opens the content of an object; nothing is read before the first read.</summary>
    /// <param name="index">Its index: a <see cref="GZipTextIndex"/>, or that of another format in gzip.</param>
    /// <param name="stores">The stores that object and index are read through; null for those of the process.</param>
    public GZipObjectStream(IGZipIndexed index, ObjectStores? stores = null)
    {
        ArgumentNullException.ThrowIfNull(index);
        _stores = stores ?? ObjectStores.Default;
        _source = index.Source.Pin(_stores);
        _places = new GZipIndexedPlaces(index.LineIndex);
    }

    private GZipObjectStream(IGZipPlaces places, PinnedObject source, ObjectStores stores)
    {
        _places = places;
        _source = source;
        _stores = stores;
    }

    /// <summary>Opens the content of an object by the index that it has.</summary>
    /// <exception cref="NotPreprocessedException">There is none.</exception>
    /// <exception cref="StaleIndexException">There is one of another version of the object.</exception>
    /// <exception cref="UnsupportedFormatException">The object's format is not one in gzip.</exception>
    public static async Task<GZipObjectStream> OpenAsync(CloudObject source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new GZipObjectStream(await GZipIndexFile.GetIndexAsync(source, cancellationToken).ConfigureAwait(false), source.Options.Stores);
    }

    /// <summary>
    /// Opens the content of an object by the index that gztool, indexed_gzip or bgzip made, without preprocessing or importing:
    /// reads the index into memory, about 20 kB a point, and the first and last span of the object, which must fit it.
    /// </summary>
    /// <param name="source">The object.</param>
    /// <param name="index">The other program's index.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="stores">The stores that the object is read through; null for those of the process.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="CorruptIndexException">The index is damaged, or is not of this object.</exception>
    /// <exception cref="UnsupportedFormatException">It is no index of those programs.</exception>
    public static async Task<GZipObjectStream> OpenAsync(ObjectUri source, Stream index, string name, ObjectStores? stores = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(index);
        stores ??= ObjectStores.Default;
        var pinned = await stores.PinAsync(source, cancellationToken).ConfigureAwait(false);
        return new GZipObjectStream(await GZipForeignPlaces.ReadAsync(index, name, pinned, cancellationToken).ConfigureAwait(false), pinned, stores);
    }

    /// <inheritdoc/>
    public override bool CanRead => !_disposed;

    /// <inheritdoc/>
    public override bool CanSeek => !_disposed;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <summary>Bytes of decompressed content.</summary>
    public override long Length => _places.ContentSize;

    /// <summary>Where the next read begins, in bytes of content; may lie beyond the end, where there is nothing to read.</summary>
    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin)
    {
        var from = origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => _position,
            SeekOrigin.End => Length,
            _ => throw new ArgumentOutOfRangeException(nameof(origin)),
        };
        if (offset < -from || offset > long.MaxValue - from)
            throw new IOException("A place before the start of the content.");
        return _position = from + offset;
    }

    /// <inheritdoc/>
    /// <exception cref="CorruptObjectException">The object is damaged, or index and object disagree.</exception>
    /// <exception cref="StaleIndexException">The object changed since it was indexed.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (buffer.IsEmpty)
            return 0;
        try
        {
            if (_position >= Length)
            {
                await CheckEndAsync(cancellationToken).ConfigureAwait(false);
                return 0;
            }

            var count = (int)Math.Min(buffer.Length, Length - _position);
            var content = await GoToAsync(count, cancellationToken).ConfigureAwait(false);
            return Came(await content.ReadAsync(buffer[..count], cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            // Where the decoder stands is not known any more; the next read begins anew.
            await CloseAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="CorruptObjectException">The object is damaged, or index and object disagree.</exception>
    /// <exception cref="StaleIndexException">The object changed since it was indexed.</exception>
    public override int Read(Span<byte> buffer)
    {
        var rented = ArrayPool<byte>.Shared.Rent(Math.Max(1, buffer.Length));
        try
        {
            var read = ReadAsync(rented.AsMemory(0, buffer.Length), CancellationToken.None).AsTask().GetAwaiter().GetResult();
            rented.AsSpan(0, read).CopyTo(buffer);
            return read;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <summary>Not supported.</summary>
    public override void SetLength(long value) => throw new NotSupportedException("the stream is read-only");

    /// <summary>Not supported.</summary>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("the stream is read-only");

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _disposed = true;
        await CloseAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        if (disposing)
            _content?.Dispose();
        _content = null;
        base.Dispose(disposing);
    }

    /// <summary>Puts the decoder at the position, and sees to it that as much as is wanted comes with one request.</summary>
    private async ValueTask<InflateStream> GoToAsync(int count, CancellationToken cancellationToken)
    {
        var point = _places.AccessPointBefore(_position);
        _wanted = _places.StoredEndAfter(_position + count);
        if (_content is null || _position < Math.Max(_at, _usableFrom) || (point.ContentOffset > _at && _position - _at > NearBy))
            await OpenAsync(point, cancellationToken).ConfigureAwait(false);

        if (_at < _position)
        {
            var skipped = ArrayPool<byte>.Shared.Rent(SkipBufferSize);
            try
            {
                while (_at < _position)
                {
                    var read = await _content!.ReadAsync(skipped.AsMemory(0, (int)Math.Min(SkipBufferSize, _position - _at)), cancellationToken).ConfigureAwait(false);
                    _at += read > 0 ? read : throw Ended();
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(skipped);
            }
        }

        return _content!;
    }

    private async ValueTask OpenAsync(GZipAccessPoint point, CancellationToken cancellationToken)
    {
        await CloseAsync().ConfigureAwait(false);
        var window = await LoadWindowAsync(point, cancellationToken).ConfigureAwait(false);
        _stored = new GZipSpanStream(_source, ByteRange.FromBounds(point.ByteOffset, _wanted), OpenStored, Grow);
        _content = new InflateStream(_stored, new InflateReadOptions
        {
            Source = _source.Uri.Display,
            StartByteOffset = point.ByteOffset,
            BitOffset = (int)(point.BitOffset & 7),
            IsMemberStart = point.IsMemberStart,
            Window = window,
        });
        _at = point.ContentOffset;
        _usableFrom = point.ContentOffset + point.LeadIn;
        _growths = 0;
    }

    private long Grow(long end)
    {
        var ahead = _growths++ < GrowthsBeforeReadAhead ? end + ((long)FirstGrowth << _growths) : _source.Size;
        return Math.Min(_source.Size, Math.Max(ahead, _wanted));
    }

    private Stream OpenStored(ByteRange range) =>
        _growths > GrowthsBeforeReadAhead ? _source.OpenRead(range, Sequential) : _source.OpenPrefetched(range);

    private async ValueTask<ReadOnlyMemory<byte>> LoadWindowAsync(GZipAccessPoint point, CancellationToken cancellationToken)
    {
        if (point.IsMemberStart)
            return default;
        var known = _windows.FindIndex(kept => kept.BitOffset == point.BitOffset);
        var window = known >= 0 ? _windows[known].Window : await point.LoadWindowAsync(_stores, cancellationToken).ConfigureAwait(false);
        if (known >= 0)
            _windows.RemoveAt(known);
        else if (_windows.Count == WindowsKept)
            _windows.RemoveAt(0);
        _windows.Add((point.BitOffset, window));
        return window;
    }

    private int Came(int read)
    {
        if (read == 0)
            throw Ended();
        _at += read;
        _position += read;
        return read;
    }

    // What was read to its end is checked to its end: the last trailer, and that nothing follows.
    private async ValueTask CheckEndAsync(CancellationToken cancellationToken)
    {
        if (_content is null || _at != Length)
            return;
        _wanted = _source.Size;
        if (await _content.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) != 0)
            throw Disagree($"the content goes on beyond the {Length} bytes that were indexed");
        await CloseAsync().ConfigureAwait(false);
    }

    private CorruptObjectException Ended() => Disagree($"the content ends at {_at} of the {Length} bytes that were indexed");

    private CorruptObjectException Disagree(string problem) =>
        new(_source.Uri.Display, problem, "Preprocess the object again with force.", _stored?.Offset);

    private async ValueTask CloseAsync()
    {
        if (_content is not { } content)
            return;
        (_content, _stored) = (null, null);
        await content.DisposeAsync().ConfigureAwait(false);
    }
}
