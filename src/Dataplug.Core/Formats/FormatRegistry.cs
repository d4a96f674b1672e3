using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats;

/// <summary>The formats that a program knows.</summary>
public sealed class FormatRegistry
{
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

    /// <summary>The format that an object most likely has: one read of at most 64 KiB.</summary>
    /// <exception cref="UnsupportedFormatException">No format fits.</exception>
    public Task<DataFormat> DetectAsync(PinnedObject source, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Runs one preprocessing chunk that came from another process.</summary>
    public Task<ReadOnlyMemory<byte>> RunChunkAsync(ChunkTask task, ObjectStores stores, IProgress<long>? progress = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();
}
