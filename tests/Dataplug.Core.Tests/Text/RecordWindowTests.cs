using Dataplug.Conformance.Generators;
using Dataplug.Core.Tests.Text.Csv;
using Dataplug.Core.Tests.Text.RawText;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Core.Tests.Text;

/// <summary>Windows and readers over streams that give a few bytes at a time, so that every border falls everywhere.</summary>
public sealed class RecordWindowTests
{
    private static readonly Gen<(int Skip, int Take, int Step)> Windows =
        Gen.Choose(0, 12).SelectMany(skip => Gen.Choose(1, 12).SelectMany(take => Gen.Choose(1, 9).Select(step => (skip, take, step))));

    [Fact]
    public void Windows_hold_exactly_their_lines() => Properties.ForAll(TextGenerator.Hostile.Where(t => PlainText.BomLength(t) == 0).Zip(Windows), 300, async @case =>
    {
        var (text, (skip, take, step)) = @case;
        var actual = await ReadAsync(new RecordWindowStream(new DrippingStream(text, step), new LineStartFinder(), skip, take), step);
        Assert.Equal(Window(text, 0, PlainText.LineStarts(text), skip, take), actual);
    });

    [Fact]
    public void Windows_hold_exactly_their_rows() => Properties.ForAll(CsvGenerator.Hostile.Zip(Windows), 300, async @case =>
    {
        var (text, (skip, take, step)) = @case;
        var finder = new CsvRowStartFinder(new CsvDialect((byte)',', (byte)'"'), PlainText.BomLength(text));
        var actual = await ReadAsync(new RecordWindowStream(new DrippingStream(text, step), finder, skip, take), step);
        Assert.Equal(Window(text, 0, new PlainCsv(text).RowStarts, skip, take), actual);
    });

    [Fact]
    public void Readers_find_the_same_lines_and_words_however_bytes_arrive() => Properties.ForAll(TextGenerator.Any.Zip(Gen.Choose(1, 9)), 200, async @case =>
    {
        var (text, step) = @case;
        foreach (var (unit, expected) in new[] { (TextUnit.Lines, PlainText.Lines(text)), (TextUnit.Words, PlainText.Words(text)) })
        {
            await using var reader = new RawTextReader(new DrippingStream(text, step), atStart: true, unit, TextEncoding.Utf8, "x");
            var records = new List<byte[]>();
            while (await reader.MoveNextAsync())
                records.Add(reader.Current.ToArray());
            Assert.Equal(expected, records);
        }
    });

    [Fact]
    public void Rows_are_the_same_however_bytes_arrive() => Properties.ForAll(CsvGenerator.Soup.Zip(Gen.Choose(1, 9)), 300, async @case =>
    {
        var (text, step) = @case;
        var plain = new PlainCsv(text);
        await using var reader = new CsvReader(
            new DrippingStream(text, step), new CsvDialect((byte)',', (byte)'"'), TextEncoding.Utf8, byteOrderMark: false, hasHeader: false, firstRow: 0, "x");
        var rows = new List<string[]>();
        var read = async () =>
        {
            while (await reader.MoveNextAsync())
                rows.Add([.. reader.GetRow().Fields]);
        };
        if (plain.Unterminated)
        {
            await Assert.ThrowsAsync<CorruptObjectException>(read);
            return;
        }

        await read();
        Assert.Equal(plain.Rows, rows);
    });

    [Fact]
    public async Task A_record_larger_than_the_buffer_is_whole()
    {
        var line = Enumerable.Range(0, 1_000_000).Select(i => (byte)('a' + (i % 26))).ToArray();
        await using var reader = new RawTextReader(new MemoryStream([.. line, (byte)'\n', .. line]), atStart: true, TextUnit.Lines, TextEncoding.Utf8, "x");
        for (var i = 0; i < 2; i++)
        {
            Assert.True(await reader.MoveNextAsync());
            Assert.True(reader.Current.Span.SequenceEqual(line));
        }

        Assert.False(await reader.MoveNextAsync());
    }

    private static byte[] Window(byte[] text, int start, List<long> starts, int skip, int take)
    {
        var from = skip == 0 ? start : skip < starts.Count ? (int)starts[skip] : text.Length;
        var to = skip + take < starts.Count ? (int)starts[skip + take] : text.Length;
        return text[from..Math.Max(from, to)];
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int step)
    {
        // Read with and without waiting, in turn.
        var bytes = new List<byte>();
        var buffer = new byte[step + 3];
        await using (stream)
        {
            for (var turn = 0; ; turn++)
            {
#pragma warning disable CA1849 // Both ways are to be tested.
                var read = turn % 2 == 0 ? stream.Read(buffer) : await stream.ReadAsync(buffer);
#pragma warning restore CA1849
                if (read == 0)
                    return [.. bytes];
                bytes.AddRange(buffer[..read]);
            }
        }
    }

    /// <summary>Gives at most a few bytes at a time.</summary>
    private sealed class DrippingStream(byte[] content, int step) : MemoryStream(content)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(step, buffer.Length)]);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(step, buffer.Length)], cancellationToken);
    }
}
