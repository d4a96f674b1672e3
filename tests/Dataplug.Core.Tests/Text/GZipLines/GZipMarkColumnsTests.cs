using Dataplug.Text;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Text;

public sealed class GZipMarkColumnsTests
{
    [Property]
    public void However_many_marks_come_every_stride_th_stays_and_the_first_always(ushort count, byte limit)
    {
        var most = 2 + (limit % 30);
        var columns = new GZipMarkColumns(most);
        for (var i = 0; i < count % 3000; i++)
            columns.Add(i, 10L * i, 100L * i);

        var stride = columns.Stride;
        var expected = Enumerable.Range(0, count % 3000).Where(i => i % stride == 0).Select(i => (long)i).ToArray();
        Assert.True(columns.Count <= most);
        Assert.Equal(expected, columns.Bits.ToArray());
        Assert.Equal(expected.Select(i => 10 * i), columns.Outputs.ToArray());
        Assert.Equal(expected.Select(i => 100 * i), columns.Lines.ToArray());
        Assert.True(stride == 1 || columns.Count > most / 2 - 1, $"{columns.Count} of {most} at stride {stride}");
    }

    [Fact]
    public void A_packed_line_orders_places_by_line_and_then_start_before_middle()
    {
        Assert.Equal(10, GZipMarkColumns.KeyOf(GZipMarkColumns.PackLine(5, isAtLineStart: true, isMemberStart: true)));
        Assert.Equal(11, GZipMarkColumns.KeyOf(GZipMarkColumns.PackLine(5, isAtLineStart: false, isMemberStart: true)));
        Assert.True(GZipMarkColumns.IsMemberStart(GZipMarkColumns.PackLine(5, false, true)));
        Assert.False(GZipMarkColumns.IsMemberStart(GZipMarkColumns.PackLine(5, true, false)));
    }
}
