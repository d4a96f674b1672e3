using Dataplug.Partitioning;
using Dataplug.Text;

namespace Samples.Qualities;

/// <summary>Cuts plain FASTQ, four lines a read, between reads. A format of its own is not needed: to raw text these are lines.</summary>
/// <param name="Slices">Into how many slices, ≥ 1; they have equally many reads, give or take one.</param>
internal sealed record PlainFastqPartition(int Slices) : IPartitionStrategy<RawTextIndex, RawTextSlice>
{
    /// <summary>Lines of a read: title, sequence, plus, qualities.</summary>
    public const int LinesPerRead = 4;

    public IReadOnlyList<RawTextSlice> Partition(RawTextIndex index)
    {
        // Lines beyond the last read, such as empty ones, go with the last slice, which is where the reader looks for them.
        var reads = index.Text.Lines / LinesPerRead;
        var cuts = Enumerable.Range(0, Slices + 1).Select(i => LinesPerRead * (long)((Int128)reads * i / Slices)).ToArray();
        cuts[^1] = index.Text.Lines;
        return index.Cut(cuts);
    }
}
