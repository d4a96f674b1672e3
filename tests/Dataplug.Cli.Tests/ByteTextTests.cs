using Dataplug.Cli.Output;

namespace Dataplug.Cli.Tests;

public sealed class ByteTextTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1.00 kB")]
    [InlineData(9_994, "9.99 kB")]
    [InlineData(9_996, "10.0 kB")]
    [InlineData(99_949, "99.9 kB")]
    [InlineData(99_951, "100 kB")]
    [InlineData(999_499, "999 kB")]
    [InlineData(999_500, "1.00 MB")]
    [InlineData(1_500_000_000_000, "1.50 TB")]
    [InlineData(long.MaxValue, "9.22 EB")]
    public void Sizes_have_three_digits_and_a_decimal_unit(long bytes, string text) => Assert.Equal(text, ByteText.Size(bytes));

    [Theory]
    [InlineData(0, "0.00 s")]
    [InlineData(9.5, "9.50 s")]
    [InlineData(12.34, "12.3 s")]
    [InlineData(125, "2:05")]
    [InlineData(3725, "1:02:05")]
    [InlineData(100_000, "27:46:40")]
    public void Times_grow_coarser(double seconds, string text) => Assert.Equal(text, ByteText.Time(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0.2, "0 s")]
    [InlineData(59.4, "59 s")]
    [InlineData(59.6, "1:00")]
    [InlineData(3725, "1:02:05")]
    public void Countdowns_are_whole_seconds(double seconds, string text) => Assert.Equal(text, ByteText.Countdown(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(1, 0, "0 %")]
    [InlineData(1, 3, "33.333 %")]
    [InlineData(1.31667, 1, "132 %")]
    public void Shares_of_nothing_are_zero(double part, double whole, string text) => Assert.Equal(text, ByteText.Percent(part, whole));
}
