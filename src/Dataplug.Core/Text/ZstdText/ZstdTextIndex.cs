using Dataplug.Metadata;
using Dataplug.Partitioning;

namespace Dataplug.Text;

/// <summary>The index of a text in zstd: where its frames and lines are.</summary>
public sealed class ZstdTextIndex : ObjectIndex
{
    private ZstdTextIndex(SidecarReader sidecar, GZipLineIndex lineIndex)
        : base(sidecar) => LineIndex = lineIndex;

    /// <summary>Where the lines are; reading can begin at frames.</summary>
    public GZipLineIndex LineIndex { get; }

    /// <summary>Number of lines; a last line without a line feed counts.</summary>
    public long Lines => LineIndex.Lines;

    /// <summary>Bytes of decompressed content.</summary>
    public long UncompressedSize => LineIndex.ContentSize;

    /// <summary>Number of frames, skippable ones not counted.</summary>
    public long Frames => Attributes.GetProperty("frames").GetInt64();

    /// <summary>
    /// Slices between cuts: slice i holds the lines from cut i up to, not including, cut i + 1. For strategies of your own.
    /// </summary>
    /// <param name="cuts">Line numbers that never fall, from 0 to <see cref="Lines"/>: one more than slices.</param>
    /// <exception cref="PartitionException">The cuts are not such numbers, or too many.</exception>
    public IReadOnlyList<ZstdTextSlice> Cut(IReadOnlyList<long> cuts)
    {
        LineCuts.Check(cuts, Lines, Source);
        var slices = new ZstdTextSlice[cuts.Count - 1];
        for (var i = 0; i < slices.Length; i++)
        {
            slices[i] = new ZstdTextSlice
            {
                Source = Source,
                Index = i,
                Count = slices.Length,
                Lines = LineIndex.Locate(cuts[i], cuts[i + 1]),
            };
        }

        return slices;
    }

    internal static async Task<ZstdTextIndex> LoadAsync(SidecarReader sidecar, CancellationToken cancellationToken) =>
        new(sidecar, await GZipLineIndex.LoadAsync(sidecar, cancellationToken).ConfigureAwait(false));
}
