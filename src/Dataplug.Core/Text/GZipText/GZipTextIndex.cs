using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Partitioning;

namespace Dataplug.Text;

/// <summary>The index of a text in gzip: where its lines are.</summary>
public sealed class GZipTextIndex : ObjectIndex, IGZipIndexed
{
    private readonly DeflateContainer _container;

    internal DeflateContainer Container => _container;

    private GZipTextIndex(SidecarReader sidecar, GZipLineIndex lineIndex, DeflateContainer container)
        : base(sidecar)
    {
        LineIndex = lineIndex;
        _container = container;
    }

    /// <summary>Where the lines are.</summary>
    public GZipLineIndex LineIndex { get; }

    /// <summary>Number of lines; a last line without a line feed counts.</summary>
    public long Lines => LineIndex.Lines;

    /// <summary>Bytes of decompressed content.</summary>
    public long UncompressedSize => LineIndex.ContentSize;

    /// <summary>Number of gzip members, 1 of a zlib or deflate stream; null where an imported index does not tell.</summary>
    public long? Members => Attributes.TryGetProperty("members", out var members) ? members.GetInt64() : null;

    /// <summary>The program whose index this one was made of (<c>gztool</c>, <c>gzidx</c>, <c>gzi</c>); null for one of our own.</summary>
    public string? ImportedFrom => Attributes.TryGetProperty("importedFrom", out var program) ? program.GetString() : null;

    /// <summary>
    /// Slices between cuts: slice i holds the lines from cut i up to, not including, cut i + 1. For strategies of your own.
    /// </summary>
    /// <param name="cuts">Line numbers that never fall, from 0 to <see cref="Lines"/>: one more than slices.</param>
    /// <exception cref="PartitionException">The cuts are not such numbers, or too many.</exception>
    public IReadOnlyList<GZipTextSlice> Cut(IReadOnlyList<long> cuts)
    {
        LineCuts.Check(cuts, Lines, Source);
        var slices = new GZipTextSlice[cuts.Count - 1];
        for (var i = 0; i < slices.Length; i++)
        {
            slices[i] = new GZipTextSlice
            {
                Source = Source,
                Index = i,
                Count = slices.Length,
                Lines = LineIndex.Locate(cuts[i], cuts[i + 1]) with { Container = _container },
            };
        }

        return slices;
    }

    internal static async Task<GZipTextIndex> LoadAsync(SidecarReader sidecar, DeflateContainer container, CancellationToken cancellationToken) =>
        new(sidecar, await GZipLineIndex.LoadAsync(sidecar, cancellationToken).ConfigureAwait(false), container);
}
