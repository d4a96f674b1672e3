using Dataplug.Compression;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Compression;

[Properties(Arbitrary = [typeof(Seeds)])]
public sealed class LineCounterTests
{
    [Theory]
    [InlineData("", 0, 0)]
    [InlineData("\n", 1, 1)]
    [InlineData("a", 0, 1)]
    [InlineData("a\n", 1, 1)]
    [InlineData("a\nb", 1, 2)]
    [InlineData("a\r\nb\r\n", 2, 2)]
    [InlineData("a\rb", 0, 1)]
    public void Lines_count_their_feeds_and_a_last_line_without_one(string text, long feeds, long lines)
    {
        var counter = new LineCounter();
        counter.Add(text.Select(c => (byte)c).ToArray());
        Assert.Equal((feeds, lines, text.Length), (counter.LineFeeds, counter.Lines, counter.Length));
    }

    [Property]
    public void Pieces_count_what_the_whole_counts(Seed seed)
    {
        var random = seed.Random();
        var data = new byte[random.Next(5000)];
        for (var i = 0; i < data.Length; i++)
            data[i] = (byte)random.Next(8, 12);
        var counter = new LineCounter();
        for (var at = 0; at < data.Length;)
        {
            var length = Math.Min(data.Length - at, random.Next(300));
            counter.Add(data.AsSpan(at, length));
            at += length;
        }
        var feeds = data.Count(b => b == 10);
        Assert.Equal((feeds, feeds + (data.Length > 0 && data[^1] != 10 ? 1 : 0), data.Length), (counter.LineFeeds, counter.Lines, counter.Length));
    }
}
