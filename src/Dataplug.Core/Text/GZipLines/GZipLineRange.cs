using System.Text.Json.Serialization;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// A run of lines of a gzip object's content, and how to get at it: from which bit of which byte to inflate with which window,
/// how many bytes and lines to skip from there, and where to stop reading. Plain data, a few hundred bytes.
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

    /// <summary>Lines between the end of the access point's lead-in and the first line, a begun line included: line feeds to pass
    /// over.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long SkipLines { get; init; }

    /// <summary>Bytes of output between the access point and the place from which on it can be had (its lead-in), at most 1 MiB; they are
    /// decoded and passed over before <see cref="SkipLines"/> are.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int LeadIn { get; init; }

    /// <summary>Whether the run goes to the end of the content; the object is then read, and checked, to the end of its data.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ToEnd { get; init; }

    /// <summary>Bytes of content from the access point to its end, where a run <see cref="ToEnd"/> ends before the object does: because
    /// what follows the compressed data is ignored, or is damaged. Else null.</summary>
    public long? ContentLength { get; init; }

    /// <summary>Whether <see cref="ContentLength"/> ends the run before damage, so that there is no end of the data to check.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsSalvaged { get; init; }

    /// <summary>What is around the deflate data.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DeflateContainer Container { get; init; }

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

        var cache = CanGoOn ? GZipDecoderCache.Of(stores) : null;
        if (cache?.Take(source, this) is { } paused)
            return new GZipLineStream(paused, this, source.Uri.Display, cache);

        var window = Window is null
            ? default(ReadOnlyMemory<byte>)
            : WindowCodec.Decode((await Window.LoadAsync(stores, cancellationToken).ConfigureAwait(false)).Span);
        var checksEnd = ContentLength is not null && !IsSalvaged;
        var stored = new GZipSpanStream(source, Range);
        var inflate = new InflateStream(stored, new InflateReadOptions
        {
            Source = source.Uri.Display,
            Container = Container,
            StartByteOffset = Start,
            BitOffset = BitOffset,
            IsMemberStart = IsMemberStart,
            Window = window,
            ExpectMoreData = End < source.Size && !checksEnd,
        });
        return Lines(inflate, source, stored, cache);
    }

    /// <summary>Opens the lines of a run in a zstd object, which begins at the start of a frame: one range GET when it is read.</summary>
    /// <exception cref="InvalidSliceException">The numbers make no sense.</exception>
    public Stream OpenZstd(PinnedObject source)
    {
        ArgumentNullException.ThrowIfNull(source);
        Validate(source);
        if (IsEmpty)
            return new MemoryStream([], writable: false);
        if (!IsMemberStart)
            throw new InvalidSliceException(source.Uri.Display, "the slice does not begin at a frame");
        var content = new ZstdStream(source.OpenRead(Range), source.Uri.Display, Start, expectMoreData: End < source.Size);
        return Lines(content, source);
    }

    /// <summary>The run's lines in the content from the access point on, however that was decompressed.</summary>
    internal Stream Lines(Stream content, PinnedObject source, GZipSpanStream? stored = null, GZipDecoderCache? cache = null)
    {
        var bounded = ContentLength is { } length
            ? new BoundedContentStream(content, length, checksEnd: !IsSalvaged, source.Uri.Display, End)
            : content;
        return new GZipLineStream(bounded, this, source.Uri.Display, stored, cache);
    }

    // A content that ends before its object does is measured from the access point.
    private bool CanGoOn => Container == DeflateContainer.GZip && ContentLength is null;

    /// <summary>Checks the numbers against the object.</summary>
    /// <exception cref="InvalidSliceException">They contradict each other or the object.</exception>
    internal void Validate(PinnedObject source)
    {
        if (FirstLine < 0 || LineCount < 0 || SkipLines < 0 || LeadIn is < 0 or > (int)GzipScanOptions.MaxLeadIn || BitOffset is < 0 or > 7 || Start < 0 || End < Start || End > source.Size
            || (IsMemberStart && (BitOffset != 0 || LeadIn != 0 || Window is not null)) || (ToEnd && End != source.Size && ContentLength is null)
            || ContentLength < 0 || (ContentLength is not null && !ToEnd) || (IsSalvaged && ContentLength is null)
            || (IsEmpty ? LineCount > 0 || ToEnd : !IsMemberStart && Window is null))
        {
            throw new InvalidSliceException(source.Uri.Display, "the slice's numbers contradict each other");
        }
    }
}
