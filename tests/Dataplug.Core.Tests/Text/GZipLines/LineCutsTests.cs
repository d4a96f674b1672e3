using Dataplug.Text;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Text;

public sealed class LineCutsTests
{
    [Property]
    public void Balanced_cuts_make_as_many_slices_as_asked_that_differ_by_one_at_most(uint items, ushort slices)
    {
        var count = 1 + (slices % 500);
        var cuts = LineCuts.Balanced(items, count);
        Assert.Equal(count + 1, cuts.Count);
        Assert.Equal((0, items), (cuts[0], cuts[^1]));
        var sizes = cuts.Zip(cuts.Skip(1), (from, to) => to - from).ToArray();
        Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
        Assert.Equal(sizes.OrderDescending(), sizes);
    }

    [Theory]
    [InlineData(10, 4, LineRemainder.Keep, new long[] { 0, 4, 8, 10 })]
    [InlineData(10, 4, LineRemainder.Merge, new long[] { 0, 4, 10 })]
    [InlineData(8, 4, LineRemainder.Keep, new long[] { 0, 4, 8 })]
    [InlineData(8, 4, LineRemainder.Merge, new long[] { 0, 4, 8 })]
    [InlineData(3, 4, LineRemainder.Keep, new long[] { 0, 3 })]
    [InlineData(3, 4, LineRemainder.Merge, new long[] { 0, 3 })]
    [InlineData(0, 4, LineRemainder.Keep, new long[] { 0, 0 })]
    [InlineData(0, 4, LineRemainder.Merge, new long[] { 0, 0 })]
    [InlineData(5, long.MaxValue, LineRemainder.Keep, new long[] { 0, 5 })]
    public void Cuts_every_so_many_keep_or_merge_what_is_left_over(long items, long each, LineRemainder remainder, long[] expected) =>
        Assert.Equal(expected, LineCuts.Every(items, each, remainder));

    [Fact]
    public void Plans_that_no_memory_would_hold_are_refused()
    {
        Assert.Throws<PartitionException>(() => LineCuts.Every(1L << 40, 1));
        Assert.Throws<PartitionException>(() => LineCuts.Every(10, 0));
        Assert.Throws<PartitionException>(() => LineCuts.Balanced(10, int.MaxValue));
        Assert.Throws<PartitionException>(() => LineCuts.Balanced(10, 0));
    }

    [Fact]
    public void Cuts_from_elsewhere_must_rise_from_nothing_to_all()
    {
        var source = new Dataplug.Metadata.SourceIdentity(Dataplug.Storage.ObjectUri.ForFile("/x"), "\"1\"", 1);
        LineCuts.Check([0, 3, 3, 9], 9, source);
        foreach (var cuts in new long[][] { [1, 9], [0, 8], [0, 5, 4, 9], [9], [] })
            Assert.Throws<PartitionException>(() => LineCuts.Check(cuts, 9, source));
    }
}
