using System.Buffers.Binary;
using System.IO.Compression;
using Dataplug.Compression;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats;

/// <summary>The formats that a program knows.</summary>
public sealed class FormatRegistry
{
    private const int ProbeLength = 64 << 10;

    private readonly Dictionary<string, DataFormat> _formats = new(StringComparer.Ordinal);
    private readonly List<DataFormat> _order = [];

    /// <summary>Creates a registry of some formats.</summary>
    /// <exception cref="ArgumentException">Two formats have the same id.</exception>
    public FormatRegistry(params IEnumerable<DataFormat> formats)
    {
        ArgumentNullException.ThrowIfNull(formats);
        foreach (var format in formats)
        {
            if (!_formats.TryAdd(format.Id, format))
                throw new ArgumentException($"There are two formats with the id '{format.Id}'.", nameof(formats));
            _order.Add(format);
        }
    }

    /// <summary>The formats, in the order in which they were registered.</summary>
    public IReadOnlyList<DataFormat> Formats => _order;

    /// <summary>The format of an id.</summary>
    /// <exception cref="UnsupportedFormatException">There is none.</exception>
    public DataFormat Get(string id) =>
        _formats.TryGetValue(id, out var format)
            ? format
            : throw new UnsupportedFormatException(null, $"there is no format '{id}'; there are: {string.Join(", ", _order.Select(f => f.Id))}");

    /// <summary>A serialiser of the slices of these formats.</summary>
    public SliceSerializer CreateSliceSerializer(ReadOnlyMemory<byte>? key = null) => new(_order.Select(f => f.SliceKind), key);

    /// <summary>The format that an object most likely has: one read of at most 64 KiB. The surest wins, among equals the one
    /// registered first.</summary>
    /// <exception cref="UnsupportedFormatException">No format fits.</exception>
    public async Task<DataFormat> DetectAsync(PinnedObject source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        var head = await source.ReadAsync(new ByteRange(0, Math.Min(source.Size, ProbeLength)), cancellationToken).ConfigureAwait(false);

        // RFC 1952 §2.3.1: two magic bytes, and deflate is the only method there is.
        var isGZip = head is [0x1f, 0x8b, 8, ..];
        var probe = new FormatProbe(source.Uri, source.Size, head, isGZip, isGZip ? Decompress(head) : head) { ZstdContent = IsZstd(head) ? DecompressZstd(head, source.Uri) : default };
        var match = _order.Select(format => (Format: format, Match: format.Detect(probe)))
            .Where(candidate => candidate.Match > FormatMatch.None)
            .Aggregate(default((DataFormat? Format, FormatMatch Match)), (best, next) => next.Match > best.Match ? next : best);
        return match.Format
            ?? throw new UnsupportedFormatException(source.Uri.Display, $"the object is of none of the formats {string.Join(", ", _order.Select(f => f.Id))}");
    }

    /// <summary>Runs one preprocessing chunk that came from another process.</summary>
    /// <param name="task">The chunk.</param>
    /// <param name="stores">The stores to read the object through.</param>
    /// <param name="progress">Takes the bytes done since the last report, as <see cref="IChunkExecutor"/> hands it out; may be null.</param>
    /// <param name="cancellationToken">Cancels the chunk.</param>
    /// <returns>The partial result.</returns>
    /// <exception cref="UnsupportedFormatException">The format is not registered here.</exception>
    public Task<ReadOnlyMemory<byte>> RunChunkAsync(ChunkTask task, ObjectStores stores, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(stores);
        return ChunkMapper.RunAsync(Get(task.FormatId), task, stores, progress, cancellationToken);
    }

    private static bool IsZstd(ReadOnlySpan<byte> head) =>
        head.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(head) is var magic && (magic == ZstdFrameHeader.Magic || ZstdFrameHeader.IsSkippable(magic));

    private static ReadOnlyMemory<byte> DecompressZstd(byte[] head, ObjectUri uri)
    {
        using var stream = new ZstdStream(new MemoryStream(head, writable: false), uri.Display, 0, expectMoreData: true);
        var content = new byte[ProbeLength];
        var length = 0;
        try
        {
            for (int read; length < content.Length && (read = stream.Read(content.AsSpan(length))) > 0;)
                length += read;
        }
        catch (DataplugException)
        {
            // As below.
        }

        return content.AsMemory(0, length);
    }

    // The head of a gzip object is cut somewhere, and may be damaged: what decompresses before that is what is looked at.
    private static ReadOnlyMemory<byte> Decompress(byte[] head)
    {
        var content = new byte[ProbeLength];
        var length = 0;
        using var gzip = new GZipStream(new MemoryStream(head, writable: false), CompressionMode.Decompress);
        try
        {
            while (length < content.Length)
            {
                // Small reads: bytes that come in the same read as the damage would be lost.
                var read = gzip.Read(content, length, Math.Min(512, content.Length - length));
                if (read == 0)
                    break;
                length += read;
            }
        }
        catch (InvalidDataException)
        {
            // Detection goes by what there is; preprocessing will say where the damage is.
        }

        return content.AsMemory(0, length);
    }
}
