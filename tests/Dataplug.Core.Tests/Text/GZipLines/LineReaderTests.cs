using System.Text;
using Dataplug.Text;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Text;

public sealed class LineReaderTests
{
    [Property]
    public void Lines_are_those_between_line_feeds_whatever_the_pieces(byte[] bytes, byte piece)
    {
        var alphabet = "ab\r\n"u8.ToArray();
        var text = bytes.Select(b => alphabet[b % 4]).ToArray();
        var expected = Encoding.ASCII.GetString(text).Split('\n').Select((line, i) => (line, i)).ToList();
        var last = expected.Count - 1;
        var plain = expected.Where(l => l.i < last || l.line.Length > 0).Select(l => l.i < last && l.line.EndsWith('\r') ? l.line[..^1] : l.line);
        Assert.Equal(plain, Read(text, 1 + piece));
    }

    [Fact]
    public void A_line_longer_than_the_buffer_is_read_whole()
    {
        var text = Encoding.ASCII.GetBytes(new string('x', 1_000_000) + "\n" + new string('y', 300_000));
        var lines = Read(text, 10_000);
        Assert.Equal([1_000_000, 300_000], lines.Select(line => line.Length));
    }

    private static List<string> Read(byte[] text, int piece) => Task.Run(async () =>
    {
        using var reader = new LineReader(new PiecewiseStream(text, piece), "x");
        var lines = new List<string>();
        while (await reader.FillAsync())
        {
            while (reader.TryRead(out var line))
                lines.Add(Encoding.ASCII.GetString(line));
        }

        return lines;
    }).GetAwaiter().GetResult();

    private sealed class PiecewiseStream(byte[] content, int piece) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
