using System.Text.Json.Serialization;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// A run of lines of a gzip object's content, and how to get at it: from which bit of which byte to inflate with which window,
/// how many lines to skip from there, and where to stop reading. Plain data, a few hundred bytes.
/// </summary>
public sealed record GZipLineRange
{
    /// <summary>Number of the first line, from 0.</summary>
    public required long FirstLine { get; init; }

    /// <summary>Number of lines; with <see cref="ToEnd"/> it includes a last line without a line feed.</summary>
    public required long LineCount { get; init; }

    /// <summary>The stored bytes to fetch: from the access point before the first line to the mark after the last. Empty
    /// where there is nothing to read.</summary>
    [JsonIgnore]
    public ByteRange Range => ByteRange.FromBounds(Start, End);

    /// <summary>Offset of the first stored byte to fetch.</summary>
    public required long Start { get; init; }

    /// <summary>Offset of the first stored byte not to fetch.</summary>
    public required long End { get; init; }

    /// <summary>The bit of the first byte at which inflating begins, 0 (least significant) to 7.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int BitOffset { get; init; }

    /// <summary>Whether the access point is the start of a gzip member, which needs no window and whose checksum is verified if
    /// it is read to its end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsMemberStart { get; init; }

    /// <summary>Lines between the access point and the first line, a begun line included: line feeds to pass over.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long SkipLines { get; init; }

    /// <summary>Whether the run goes to the end of the content; the object is then read, and checked, to its last byte.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ToEnd { get; init; }

    /// <summary>The window of the access point; null at a member's start.</summary>
    public BlobReference? Window { get; init; }

    /// <summary>Whether there are no lines, so that nothing is fetched.</summary>
    [JsonIgnore]
    public bool IsEmpty => Start == End;

    /// <summary>A run of no lines.</summary>
    /// <param name="line">The line before which it is.</param>
    public static GZipLineRange Empty(long line) => new() { FirstLine = line, LineCount = 0, Start = 0, End = 0 };

    /// <summary>
    /// Opens the lines, terminators included, byte for byte as they are in the content. One range GET of the object when it is
    /// read, and one of the window's blob before, if there is a window.
    /// </summary>
    /// <remarks>Where the run that ends before these lines was just read to its end through the same stores, its decoder goes on
    /// (<see cref="GZipDecoderCache"/>): one range GET of the bytes after its own, and no window.</remarks>
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
            return new MemoryStream([], writable: false);

        var cache = GZipDecoderCache.Of(stores);
        if (cache.Take(source, this) is { } paused)
            return new GZipLineStream(paused, this, cache);

        var window = Window is null
            ? default(ReadOnlyMemory<byte>)
            : WindowCodec.Decode((await Window.LoadAsync(stores, cancellationToken).ConfigureAwait(false)).Span);
        var stored = new GZipSpanStream(source, Range);
        var inflate = new InflateStream(stored, new InflateReadOptions
        {
            Source = source.Uri.Display,
            StartByteOffset = Start,
            BitOffset = BitOffset,
            IsMemberStart = IsMemberStart,
            Window = window,
            ExpectMoreData = End < source.Size,
        });
        return new GZipLineStream(inflate, stored, this, cache);
    }

    private void Validate(PinnedObject source)
    {
        if (FirstLine < 0 || LineCount < 0 || SkipLines < 0 || BitOffset is < 0 or > 7 || Start < 0 || End < Start || End > source.Size
            || (IsMemberStart && (BitOffset != 0 || Window is not null)) || (ToEnd && End != source.Size)
            || (IsEmpty ? LineCount > 0 || ToEnd : !IsMemberStart && Window is null))
        {
            throw new InvalidSliceException(source.Uri.Display, "the slice's numbers contradict each other");
        }
    }
}
