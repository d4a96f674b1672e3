using System.Text;
using System.Text.Json;
using Dataplug.Storage;
using ZstdSharp;

namespace Dataplug.Metadata;

/// <summary>
/// Reads an index sidecar by ranges: opening it fetches the trailer, directory and header (kilobytes, one request for almost
/// all sidecars); sections and columns are fetched when asked for.
/// </summary>
/// <remarks>
/// The layout is specified in docs/index-format.md. Nothing that is read is trusted: every length is held against the size
/// of the sidecar and the limits of the format before memory is taken for it, and every byte that is used against a checksum.
/// All members may be used by several threads at once.
/// </remarks>
public sealed class SidecarReader
{
    private readonly ObjectStores _stores;
    private readonly ReadOnlyMemory<byte> _tail;
    private readonly long _tailOffset;
    private readonly Dictionary<string, SectionEntry> _sections;

    private SidecarReader(ObjectStores stores, ObjectInfo info, ReadOnlyMemory<byte> tail, DirectoryContent directory)
    {
        _stores = stores;
        _tail = tail;
        _tailOffset = info.Size - tail.Length;
        _sections = directory.Sections;
        Info = info;
        Header = directory.Header;
        SourceName = directory.Source;
        Attributes = directory.Attributes;
    }

    private SidecarReader(SidecarReader other, SidecarHeader header)
    {
        _stores = other._stores;
        _tail = other._tail;
        _tailOffset = other._tailOffset;
        _sections = other._sections;
        Info = other.Info;
        Header = header;
        SourceName = other.SourceName;
        Attributes = other.Attributes;
    }

    /// <summary>What the sidecar says of itself.</summary>
    public SidecarHeader Header { get; }

    /// <summary>The attributes of the object: a JSON object, empty when the format has none.</summary>
    public JsonElement Attributes { get; }

    /// <summary>The sidecar itself: where it is, its size, its ETag.</summary>
    public ObjectInfo Info { get; }

    /// <summary>The names of the sections, in the order of the sidecar.</summary>
    public IReadOnlyCollection<string> Sections => _sections.Keys;

    internal SourceName SourceName { get; }

    /// <summary>Opens a sidecar.</summary>
    /// <exception cref="CorruptIndexException">Not a sidecar, damaged, or of an unknown version.</exception>
    /// <exception cref="ObjectNotFoundException">There is none.</exception>
    public static async Task<SidecarReader> OpenAsync(ObjectStores stores, ObjectUri sidecar, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stores);
        ArgumentNullException.ThrowIfNull(sidecar);
        var name = sidecar.Display;
        var (info, tail) = await ReadTailAsync(stores, sidecar, cancellationToken).ConfigureAwait(false);
        if (tail.Length < SidecarLayout.TrailerLength + SidecarLayout.PreambleLength)
            throw new CorruptIndexException(name, $"{info.Size} bytes are too few for an index sidecar");

        var trailer = tail.AsMemory(tail.Length - SidecarLayout.TrailerLength).Span;
        if (!trailer[40..].SequenceEqual(SidecarLayout.EndMagic))
            throw new CorruptIndexException(name, "not an index sidecar, or cut short: its end mark is missing", byteOffset: info.Size - 8);
        var version = SidecarLayout.ReadUInt32(trailer, 24);
        if (SidecarLayout.ReadUInt64(trailer, 32) != SidecarLayout.Checksum(trailer[..32]))
            throw new CorruptIndexException(name, "the trailer is damaged", byteOffset: info.Size - SidecarLayout.TrailerLength);
        if (version != SidecarLayout.Version)
            throw new CorruptIndexException(name, $"the sidecar has container version {version}; this program reads version {SidecarLayout.Version}", "Use the program's newer version, or preprocess the object again with force.");

        var offset = SidecarLayout.ReadUInt64(trailer, 0);
        var stored = SidecarLayout.ReadUInt32(trailer, 8);
        var content = SidecarLayout.ReadUInt32(trailer, 12);
        var end = (ulong)(info.Size - SidecarLayout.TrailerLength);
        if (offset < SidecarLayout.PreambleLength || offset > end || end - offset != stored || stored > SidecarLayout.MaximumDirectoryLength
            || content > SidecarLayout.MaximumDirectoryLength || !SidecarLayout.IsPossibleRatio(stored, content))
        {
            throw new CorruptIndexException(name, "the trailer points outside of the sidecar", byteOffset: info.Size - SidecarLayout.TrailerLength);
        }

        var place = new ByteRange((long)offset, stored);
        var tailOffset = info.Size - tail.Length;
        ReadOnlyMemory<byte> frame = place.Offset >= tailOffset
            ? tail.AsMemory((int)(place.Offset - tailOffset), (int)stored)
            : await ReadRangeAsync(stores, sidecar, place, info.ETag, cancellationToken).ConfigureAwait(false);
        if (SidecarLayout.Checksum(frame.Span) != SidecarLayout.ReadUInt64(tail.AsSpan(tail.Length - SidecarLayout.TrailerLength), 16))
            throw new CorruptIndexException(name, "the directory is damaged", byteOffset: place.Offset);
        var bytes = Decompress(frame.Span, (int)content, name, place.Offset);
        var directory = DirectoryContent.Parse(bytes, name, place.Offset);

        // A small sidecar is wholly here: then its front must say the same as its end.
        if (tailOffset == 0)
        {
            var front = ParsePreamble(tail, name);
            if (!tail.AsSpan(SidecarLayout.PreambleLength, front).SequenceEqual(directory.HeaderJson.Span))
                throw new CorruptIndexException(name, "the headers at the front and at the end differ", byteOffset: SidecarLayout.PreambleLength);
        }

        return new SidecarReader(stores, info, tail, directory);
    }

    /// <summary>Reads only the header, from the front of the sidecar: one request of a few kilobytes. It does not show
    /// whether the rest is good.</summary>
    /// <inheritdoc cref="OpenAsync" path="/exception"/>
    public static async Task<SidecarHeader> ReadHeaderAsync(ObjectStores stores, ObjectUri sidecar, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stores);
        ArgumentNullException.ThrowIfNull(sidecar);
        const int First = 4096;
        var name = sidecar.Display;
        var (info, bytes) = await ReadWholeAsync(stores, sidecar, ReadRange.Bounded(0, First), First, cancellationToken).ConfigureAwait(false);
        if (bytes.Length < SidecarLayout.PreambleLength)
            throw new CorruptIndexException(name, $"{info.Size} bytes are too few for an index sidecar");
        var length = SidecarLayout.ReadUInt32(bytes, 12);
        if (length <= SidecarLayout.MaximumHeaderLength && SidecarLayout.PreambleLength + length > bytes.Length && SidecarLayout.PreambleLength + length <= info.Size)
            bytes = await ReadRangeAsync(stores, sidecar, new ByteRange(0, SidecarLayout.PreambleLength + length), info.ETag, cancellationToken).ConfigureAwait(false);
        var headerLength = ParsePreamble(bytes, name);
        return SidecarHeaderCodec.Decode(bytes.AsMemory(SidecarLayout.PreambleLength, headerLength), name).Header;
    }

    /// <summary>Whether a section is there.</summary>
    public bool HasSection(string name) => _sections.ContainsKey(name);

    /// <summary>Reads and checks one section.</summary>
    /// <exception cref="CorruptIndexException">It is missing, of another kind, or damaged.</exception>
    public Task<byte[]> ReadSectionAsync(string name, CancellationToken cancellationToken = default) =>
        ReadContentAsync(Find(name, SectionKind.Bytes), cancellationToken);

    /// <summary>Reads and checks one column of 64-bit numbers.</summary>
    /// <inheritdoc cref="ReadSectionAsync" path="/exception"/>
    public async Task<long[]> ReadColumnAsync(string name, CancellationToken cancellationToken = default)
    {
        var entry = Find(name, SectionKind.Column);
        var content = await ReadContentAsync(entry, cancellationToken).ConfigureAwait(false);
        var values = new long[entry.Count];
        return ColumnCodec.TryDecode(content, values)
            ? values
            : throw new CorruptIndexException(Info.Uri.Display, $"the column '{name}' does not hold {entry.Count} numbers", byteOffset: entry.Offset);
    }

    /// <summary>Reads where the blobs of a section are, not the blobs. A section to which no blob was ever written is not in
    /// the sidecar; its table is empty.</summary>
    /// <inheritdoc cref="ReadSectionAsync" path="/exception"/>
    public async Task<BlobTable> ReadBlobTableAsync(string name, CancellationToken cancellationToken = default)
    {
        if (!HasSection(name))
            return BlobTable.Empty(Info.Uri);
        var entry = Find(name, SectionKind.Blobs);
        return BlobTable.Decode(await ReadContentAsync(entry, cancellationToken).ConfigureAwait(false), entry, Info.Uri);
    }

    /// <summary>The same sidecar, whose source is read by another URI: the header never holds the query of a URL.</summary>
    internal SidecarReader WithSource(SourceIdentity source) => new(this, Header with { Source = source });

    internal static async Task<byte[]> ReadRangeAsync(ObjectStores stores, ObjectUri sidecar, ByteRange range, string? etag, CancellationToken cancellationToken)
    {
        try
        {
            var read = await stores.Get(sidecar).OpenReadAsync(sidecar, new ReadRequest(range, etag), cancellationToken).ConfigureAwait(false);
            await using (read.ConfigureAwait(false))
            {
                if (read.Range != range)
                    throw new CorruptIndexException(sidecar.Display, $"cut short: {range} runs over its end at {read.Info.Size}", byteOffset: range.Offset);
                var bytes = new byte[range.Length];
                await read.Content.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
                return bytes;
            }
        }
        catch (RangeNotSatisfiableException e)
        {
            throw new CorruptIndexException(sidecar.Display, "cut short: it ends before bytes that the index speaks of", byteOffset: range.Offset, innerException: e);
        }
    }

    private static async Task<(ObjectInfo Info, byte[] Tail)> ReadTailAsync(ObjectStores stores, ObjectUri sidecar, CancellationToken cancellationToken)
    {
        var (info, tail) = await ReadWholeAsync(stores, sidecar, ReadRange.Suffix(SidecarLayout.TailLength), SidecarLayout.TailLength, cancellationToken).ConfigureAwait(false);
        if (tail.Length != Math.Min(info.Size, SidecarLayout.TailLength))
            throw new StorageException(sidecar.Display, $"asked for the last {SidecarLayout.TailLength} of {info.Size} bytes, the store answered with {tail.Length}");
        return (info, tail);
    }

    private static async Task<(ObjectInfo Info, byte[] Bytes)> ReadWholeAsync(ObjectStores stores, ObjectUri sidecar, ReadRange range, int limit, CancellationToken cancellationToken)
    {
        try
        {
            var read = await stores.Get(sidecar).OpenReadAsync(sidecar, new ReadRequest(range), cancellationToken).ConfigureAwait(false);
            await using (read.ConfigureAwait(false))
            {
                if (read.Range.Length > limit)
                    throw new StorageException(sidecar.Display, $"asked for {limit} bytes, the store answered with {read.Range.Length}");
                var bytes = new byte[read.Range.Length];
                await read.Content.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
                return (read.Info, bytes);
            }
        }
        catch (RangeNotSatisfiableException e)
        {
            throw new CorruptIndexException(sidecar.Display, "empty, not an index sidecar", innerException: e);
        }
    }

    private static int ParsePreamble(ReadOnlySpan<byte> front, string name)
    {
        if (!front.StartsWith(SidecarLayout.Magic))
            throw new CorruptIndexException(name, "not an index sidecar: its first bytes are others", byteOffset: 0);
        var version = SidecarLayout.ReadUInt32(front, 8);
        if (version != SidecarLayout.Version)
            throw new CorruptIndexException(name, $"the sidecar has container version {version}; this program reads version {SidecarLayout.Version}", byteOffset: 8);
        var length = SidecarLayout.ReadUInt32(front, 12);
        if (length > SidecarLayout.MaximumHeaderLength || length > front.Length - SidecarLayout.PreambleLength
            || SidecarLayout.Checksum(front.Slice(SidecarLayout.PreambleLength, (int)length)) != SidecarLayout.ReadUInt64(front, 16))
        {
            throw new CorruptIndexException(name, "the header is damaged", byteOffset: SidecarLayout.PreambleLength);
        }

        return (int)length;
    }

    private static byte[] Decompress(ReadOnlySpan<byte> frame, int length, string name, long offset)
    {
        try
        {
            var content = new byte[length];
            using var decompressor = new Decompressor();
            if (decompressor.TryUnwrap(frame, content, out var written) && written == length)
                return content;
        }
        catch (ZstdException e)
        {
            throw new CorruptIndexException(name, "a section can't be decompressed", byteOffset: offset, innerException: e);
        }

        throw new CorruptIndexException(name, "a section decompresses to another length than the directory says", byteOffset: offset);
    }

    private SectionEntry Find(string name, SectionKind kind)
    {
        if (!_sections.TryGetValue(name, out var entry))
            throw new CorruptIndexException(Info.Uri.Display, $"there is no section '{name}'");
        return entry.Kind == kind
            ? entry
            : throw new CorruptIndexException(Info.Uri.Display, $"the section '{name}' holds {entry.Kind}, not {kind}", byteOffset: entry.Offset);
    }

    private async Task<byte[]> ReadContentAsync(SectionEntry entry, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> frame = entry.Offset >= _tailOffset
            ? _tail.Slice((int)(entry.Offset - _tailOffset), (int)entry.StoredLength)
            : await ReadRangeAsync(_stores, Info.Uri, new ByteRange(entry.Offset, entry.StoredLength), Info.ETag, cancellationToken).ConfigureAwait(false);
        if (SidecarLayout.Checksum(frame.Span) != entry.Checksum)
            throw new CorruptIndexException(Info.Uri.Display, $"the section '{entry.Name}' is damaged", byteOffset: entry.Offset);
        return Decompress(frame.Span, (int)entry.ContentLength, Info.Uri.Display, entry.Offset);
    }

    private sealed record DirectoryContent(
        ReadOnlyMemory<byte> HeaderJson,
        SidecarHeader Header,
        SourceName Source,
        JsonElement Attributes,
        Dictionary<string, SectionEntry> Sections)
    {
        public static DirectoryContent Parse(byte[] bytes, string name, long directoryOffset)
        {
            var at = 0;
            var headerJson = TakeText(SidecarLayout.MaximumHeaderLength);
            var (header, source) = SidecarHeaderCodec.Decode(headerJson, name);
            var attributes = ParseAttributes(TakeText(SidecarLayout.MaximumDirectoryLength));
            var count = TakeUInt32();
            if (count > SidecarLayout.MaximumSections)
                throw Corrupt();

            // Sections lie between the front header and the directory, one after another, with no byte between them.
            var sections = new Dictionary<string, SectionEntry>((int)count, StringComparer.Ordinal);
            var next = SidecarLayout.PreambleLength + headerJson.Length;
            var position = (long)next;
            for (var i = 0; i < count; i++)
            {
                var entry = TakeEntry();
                var start = entry.Kind == SectionKind.Blobs ? entry.DataOffset : entry.Offset;
                if (start != position || (entry.Kind == SectionKind.Blobs && entry.DataOffset + entry.DataLength != entry.Offset)
                    || !sections.TryAdd(entry.Name, entry))
                {
                    throw Corrupt();
                }

                position = entry.Offset + entry.StoredLength;
            }

            return at == bytes.Length && position == directoryOffset
                ? new DirectoryContent(headerJson, header, source, attributes, sections)
                : throw Corrupt();

            SectionEntry TakeEntry()
            {
                if (bytes.Length - at < 2)
                    throw Corrupt();
                var kind = (SectionKind)bytes[at];
                var nameLength = bytes[at + 1];
                if (kind > SectionKind.Blobs || bytes.Length - at < SidecarLayout.EntryFixedLength + nameLength)
                    throw Corrupt();
                var sectionName = Encoding.ASCII.GetString(bytes, at + 2, nameLength);
                at += 2 + nameLength;
                var offset = TakeOffset();
                var stored = TakeOffset();
                var content = TakeOffset();
                var values = TakeOffset();
                var checksum = SidecarLayout.ReadUInt64(bytes, at);
                at += 8;
                var dataOffset = TakeOffset();
                var dataLength = TakeOffset();
                var valid = SidecarLayout.IsSectionName(sectionName)
                    && stored <= SidecarLayout.MaximumStoredLength
                    && content <= SidecarLayout.MaximumContentLength
                    && values <= (kind == SectionKind.Bytes ? 0 : Math.Min(content, SidecarLayout.MaximumCount))
                    && SidecarLayout.IsPossibleRatio(stored, content)
                    && offset <= directoryOffset - stored
                    && (kind == SectionKind.Blobs ? dataOffset <= directoryOffset && dataLength <= directoryOffset : dataOffset == 0 && dataLength == 0);
                return valid ? new SectionEntry(sectionName, kind, offset, stored, content, values, checksum, dataOffset, dataLength) : throw Corrupt();
            }

            long TakeOffset()
            {
                var value = SidecarLayout.ReadUInt64(bytes, at);
                at += 8;
                return value <= long.MaxValue ? (long)value : throw Corrupt();
            }

            uint TakeUInt32()
            {
                if (bytes.Length - at < 4)
                    throw Corrupt();
                var value = SidecarLayout.ReadUInt32(bytes, at);
                at += 4;
                return value;
            }

            ReadOnlyMemory<byte> TakeText(int limit)
            {
                var length = TakeUInt32();
                if (length > limit || length > bytes.Length - at)
                    throw Corrupt();
                var text = bytes.AsMemory(at, (int)length);
                at += (int)length;
                return text;
            }

            JsonElement ParseAttributes(ReadOnlyMemory<byte> json)
            {
                try
                {
                    using var document = JsonDocument.Parse(json);
                    return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : throw Corrupt();
                }
                catch (JsonException e)
                {
                    throw new CorruptIndexException(name, "the attributes are no JSON", byteOffset: directoryOffset, innerException: e);
                }
            }

            CorruptIndexException Corrupt() => new(name, "the directory makes no sense", byteOffset: directoryOffset);
        }
    }
}
