using System.Text.Json.Serialization;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>A run of bytes of a compressed object's content, whatever lines there are: what is needed to read it.</summary>
/// <remarks>The counterpart of <see cref="GZipLineRange"/> for formats that know where their records begin.</remarks>
public sealed record GZipContentRange
{
    /// <summary>Bytes of content before the run.</summary>
    public required long Offset { get; init; }

    /// <summary>Bytes of the run.</summary>
    public required long Length { get; init; }

    /// <summary>Offset of the access point in the stored object, in bytes.</summary>
    public required long Start { get; init; }

    /// <summary>Offset in the stored object up to which it is read.</summary>
    public required long End { get; init; }

    /// <summary>The bit of the byte at <see cref="Start"/> that the access point is at, 0 to 7.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int BitOffset { get; init; }

    /// <summary>Whether the access point is the start of a member or frame.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsMemberStart { get; init; }

    /// <summary>Bytes of content from the access point to the run.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Skip { get; init; }

    /// <summary>Whether the run goes to the end of the content, which is then checked to be one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ToEnd { get; init; }

    /// <summary>Whether what follows the run is damaged, so that there is no end to check.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsSalvaged { get; init; }

    /// <summary>Whether the object is zstd instead of gzip.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsZstd { get; init; }

    /// <summary>The window of the access point; null at a member's start.</summary>
    public BlobReference? Window { get; init; }

    /// <summary>Whether there is nothing in it, so that nothing is fetched.</summary>
    [JsonIgnore]
    public bool IsEmpty => Length == 0;

    /// <summary>The bytes that are fetched.</summary>
    [JsonIgnore]
    public ByteRange Range => IsEmpty ? new ByteRange(Start, 0) : ByteRange.FromBounds(Start, End);

    /// <summary>Opens the run, decompressed: one range GET of the object when it is read, and one of the window's blob before, if there
    /// is a window.</summary>
    /// <param name="source">The object, pinned.</param>
    /// <param name="stores">The stores that the window is fetched through.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="StaleIndexException">The object changed since it was indexed; thrown here or by a read.</exception>
    /// <exception cref="CorruptIndexException">The window is damaged.</exception>
    /// <exception cref="InvalidSliceException">The numbers make no sense.</exception>
    public async Task<Stream> OpenAsync(PinnedObject source, ObjectStores stores, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(stores);
        Validate(source);
        if (IsEmpty)
            return Stream.Null;
        var window = Window is null
            ? default(ReadOnlyMemory<byte>)
            : WindowCodec.Decode((await Window.LoadAsync(stores, cancellationToken).ConfigureAwait(false)).Span);
        var checksEnd = ToEnd && !IsSalvaged;
        var stored = new GZipSpanStream(source, Range);
        Stream content = IsZstd
            ? new ZstdStream(stored, source.Uri.Display, Start, expectMoreData: End < source.Size && !checksEnd)
            : new InflateStream(stored, new InflateReadOptions
            {
                Source = source.Uri.Display,
                StartByteOffset = Start,
                BitOffset = BitOffset,
                IsMemberStart = IsMemberStart,
                Window = window,
                ExpectMoreData = End < source.Size && !checksEnd,
            });
        return new SkippingStream(new BoundedContentStream(content, Skip + Length, checksEnd, source.Uri.Display, End), Skip);
    }

    private void Validate(PinnedObject source)
    {
        if (Offset < 0 || Length < 0 || Skip < 0 || Start < 0 || End < Start || End > source.Size || BitOffset is < 0 or > 7
            || (IsMemberStart && (BitOffset != 0 || Window is not null)) || (!IsEmpty && !IsMemberStart && (Window is null || IsZstd)))
        {
            throw new InvalidSliceException(source.Uri.Display, "the slice's numbers contradict each other");
        }
    }

    /// <summary>Leaves out the first bytes of a stream.</summary>
    private sealed class SkippingStream(Stream inner, long skip) : ForwardStream
    {
        private const int PieceLength = 64 << 10;
        private long _skip = skip;

        public override int Read(Span<byte> buffer)
        {
            if (_skip > 0)
            {
                var piece = new byte[Math.Min(_skip, PieceLength)];
                for (int read; _skip > 0 && (read = inner.Read(piece.AsSpan(0, (int)Math.Min(_skip, piece.Length)))) > 0;)
                    _skip -= read;
            }

            return inner.Read(buffer);
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_skip > 0)
            {
                var piece = new byte[Math.Min(_skip, PieceLength)];
                for (int read; _skip > 0 && (read = await inner.ReadAsync(piece.AsMemory(0, (int)Math.Min(_skip, piece.Length)), cancellationToken).ConfigureAwait(false)) > 0;)
                    _skip -= read;
            }

            return await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync().ConfigureAwait(false);
            await base.DisposeAsync().ConfigureAwait(false);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
