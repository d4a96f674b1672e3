using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>Damaged FASTQ is used up to the last whole read before the damage.</summary>
public sealed class FastqSalvageTests
{
    private static readonly GZipLineOptions Fine = new() { AccessPointSpacing = 1, MarkSpacing = 1, CheckpointSpacing = 1000 };
    private static readonly FastqGZipFormat Plain = Fastq.GZipWithOptions(Fine);
    private static readonly FastqGZipFormat Salvaging = Fastq.GZipWithOptions(Fine with { Salvage = true });

    [Theory]
    [InlineData(GZipLayout.Flushed)]
    [InlineData(GZipLayout.Members)]
    [InlineData(GZipLayout.Bgzf)]
    public async Task Whole_reads_before_the_damage_are_salvaged(GZipLayout layout)
    {
        var content = Reads(4000);
        var stored = GZipSamples.Compress(content, layout);
        var random = new Random(5);
        for (var i = 0; i < 10; i++)
        {
            var at = (stored.Length / 2) + random.Next(stored.Length / 3);
            var damaged = i % 2 == 0 ? stored[..at] : stored.ToArray();
            if (i % 2 == 1)
                damaged.AsSpan(at, 60).Fill(0xFF);
            await Assert.ThrowsAsync<CorruptObjectException>(() => IndexedFile.CreateAsync(Plain, damaged));

            await using var file = await IndexedFile.CreateAsync(Salvaging, damaged);
            var length = (int)file.Index.UncompressedSize;
            Assert.InRange(file.Index.Reads, 1000, 3999);
            Assert.Equal(4 * file.Index.Reads, file.Index.Lines);
            Assert.True(length == content.Length || content[length] == '@');
            file.Requests.Clear();
            foreach (var strategy in new[] { FastqPartition.IntoBatches(7), FastqPartition.ByReads(100), FastqPartition.ByBytes(20_000) })
            {
                var slices = file.Cut(strategy);
                Assert.Equal(content[..length], await SliceBytes.JoinAsync(slices));
                long reads = 0;
                foreach (var slice in slices)
                    reads += (await slice.GetAsync()).Count;
                Assert.Equal(file.Index.Reads, reads);
            }

            Assert.All(file.Requests.Reads.Where(read => read.Uri == file.Uri), read => Assert.InRange(read.Range.End, 0, file.Index.LineIndex!.StoredEnd));
            Assert.Equal(file.Sidecar, await file.IndexAgainAsync(Salvaging, killAfter: 1));
        }
    }

    [Theory]
    [InlineData("@r2000\nACGT\n+\nII\n", true)]
    [InlineData("@r2000\nACGT\n+\n", false)]
    public async Task A_read_that_breaks_the_rules_ends_what_is_salvaged(string broken, bool goesOn)
    {
        var good = Reads(2000);
        var stored = GZipSamples.Compress([.. good, .. Encoding.ASCII.GetBytes(broken), .. goesOn ? Reads(300) : []], GZipLayout.Members);
        await Assert.ThrowsAsync<CorruptObjectException>(() => IndexedFile.CreateAsync(Plain, stored));
        await using var file = await IndexedFile.CreateAsync(Salvaging, stored);
        Assert.Equal((2000, good.Length), (file.Index.Reads, file.Index.UncompressedSize));
        Assert.Equal(good, await SliceBytes.JoinAsync(file.Cut(FastqPartition.IntoBatches(9))));
        Assert.Contains("damaged", Assert.Single(file.Index.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_FASTQ_at_all_is_not_salvaged() =>
        await Assert.ThrowsAsync<CorruptObjectException>(() => IndexedFile.CreateAsync(Salvaging, GZipSamples.Compress("no read\nis here\n"u8, GZipLayout.OneMember)));

    private static byte[] Reads(int count)
    {
        var random = new Random(17);
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            var length = random.Next(30, 60);
            text.Append("@r").Append(i).Append('\n');
            for (var j = 0; j < length; j++)
                text.Append("ACGT"[random.Next(4)]);
            text.Append("\n+\n");
            for (var j = 0; j < length; j++)
                text.Append("#,:FI"[random.Next(5)]);
            text.Append('\n');
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
