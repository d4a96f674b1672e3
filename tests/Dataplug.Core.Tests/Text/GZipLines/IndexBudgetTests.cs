using Dataplug.Text;

namespace Dataplug.Core.Tests.Text;

public sealed class IndexBudgetTests
{
    [Theory]
    [InlineData(0.0001)]
    [InlineData(0.003)]
    [InlineData(0.2)]
    public void At_no_place_is_more_spent_than_the_bytes_before_allow(double part)
    {
        var random = new Random(6);
        var budget = new IndexBudget(part);
        long spent = 0, kept = 0;
        for (var bit = 0L; bit < 8L << 28; bit += random.Next(8 << 20))
        {
            if (budget.TryAddMark(bit))
                spent += 8;
            var window = random.Next(2000);
            if (!budget.TryAddWindow(bit, window))
                continue;
            spent += window;
            kept++;
            Assert.True(spent <= 8 + (bit / 8 * part), $"{spent} bytes at byte {bit / 8}");
        }
        Assert.True(kept > 0);
        // And most of the windows' share is used where there are windows to use it.
        if (part < 0.001)
            Assert.True(spent > 0.7 * part * (1 << 28));
    }

    [Fact]
    public void Without_a_limit_everything_is_kept()
    {
        var budget = new IndexBudget(null);
        Assert.True(budget.TryAddMark(0));
        Assert.True(budget.TryAddMark(1));
        Assert.True(budget.TryAddWindow(1, 32768));
    }
}
