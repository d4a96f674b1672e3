using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Formats;
using Dataplug.Partitioning;
using Dataplug.Storage;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Text;

public sealed class GZipTextTests
{
    // Access points as near to one another as they can be, a mark at every block.
    private static readonly GZipTextFormat Fine = GZipText.WithOptions(new GZipLineOptions { AccessPointSpacing = 1, MarkSpacing = 1, CheckpointSpacing = 1000 });

    public static Arbitrary<TextCase> Cases() =>
        (from content in GZipSamples.Texts
         from layout in GZipSamples.Layouts
         from amount in Gen.Choose(1, 60)
         from strategy in Gen.Elements("lines", "merge", "count", "bytes")
         select new TextCase(content, layout, strategy, amount)).ToArbitrary();

    [Property(Arbitrary = [typeof(GZipTextTests)], MaxTest = 100)]
    public void Slices_put_together_are_the_content_and_every_one_holds_its_own_lines(TextCase text) => Run(async () =>
    {
        await using var file = await IndexedFile.CreateAsync(Fine, GZipSamples.Compress(text.Content, text.Layout));
        var lines = PlainLines(text.Content);
        Assert.Equal(lines.Count, file.Index.Lines);
        Assert.Equal(text.Content.Length, file.Index.UncompressedSize);

        var slices = file.Cut(text.ToStrategy());
        Assert.NotEmpty(slices);
        var pieces = new List<byte[]>();
        foreach (var slice in slices)
        {
            var piece = await SliceBytes.ReadAsync(slice);
            pieces.Add(piece);
            var own = lines.Skip((int)slice.Lines.FirstLine).Take((int)slice.Lines.LineCount);
            Assert.Equal(own.SelectMany(line => line), piece);

            var records = new List<string>();
            await foreach (var line in slice.ReadAsync())
                records.Add(line);
            Assert.Equal(own.Select(line => Encoding.UTF8.GetString(WithoutEnd(line))), records);
            Assert.Equal(Encoding.UTF8.GetString(piece), await slice.GetAsync());
        }

        Assert.Equal(text.Content, pieces.SelectMany(piece => piece));
        Assert.Equal(slices.Select((_, i) => (i, slices.Count)), slices.Select(slice => (slice.Index, slice.Count)));
        text.CheckShape(lines.Count, [.. slices.Select(slice => slice.Lines.LineCount)]);
    });

    [Property(Arbitrary = [typeof(GZipTextTests)], MaxTest = 50)]
    public void A_slice_costs_one_or_two_requests_and_little_more_than_its_own_bytes(TextCase text) => Run(async () =>
    {
        var stored = GZipSamples.Compress(text.Content, text.Layout);
        await using var file = await IndexedFile.CreateAsync(Fine, stored);
        GZipDecoderCache.Of(file.Stores).Capacity = 0; // each slice by itself
        file.Requests.Clear();
        var slices = file.Cut(text.ToStrategy());
        Assert.Empty(file.Requests.Reads);

        long total = 0;
        var reading = 0;
        foreach (var slice in slices)
        {
            file.Requests.Clear();
            await SliceBytes.ReadAsync(slice);
            var reads = file.Requests.Reads;
            Assert.Equal(0, file.Requests.Heads);
            if (slice.Lines.LineCount == 0)
            {
                Assert.Empty(reads);
                continue;
            }

            Assert.Equal(slice.Lines.IsMemberStart ? 1 : 2, reads.Count);
            var data = Assert.Single(reads, read => read.Uri == file.Uri);
            Assert.Equal(slice.Source.ETag, data.IfMatch);
            Assert.Equal(slice.Ranges, [data.Range]);
            total += data.Range.Length;
            reading++;
        }

        Assert.InRange(total, 0, stored.Length + (reading * file.Index.LineIndex.MaxOverread));
    });

    [Theory]
    [InlineData(GZipLayout.OneMember, 1)]
    [InlineData(GZipLayout.Smallest, 1)]
    [InlineData(GZipLayout.Stored, 8)]
    [InlineData(GZipLayout.Members, 2)]
    [InlineData(GZipLayout.EmptyMembers, 2)]
    [InlineData(GZipLayout.Bgzf, 1)]
    public async Task A_killed_run_goes_on_from_its_checkpoint_and_makes_the_same_bytes(GZipLayout layout, int leastKills)
    {
        var content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 400_000).Select(i => $"line {i * 7919L % 100_003}{(i % 3 == 0 ? "\r\n" : "\n")}")))[..^1];
        await using var file = await IndexedFile.CreateAsync(Fine, GZipSamples.Compress(content, layout));
        Assert.Equal((400_000, content.Length), (file.Index.Lines, file.Index.UncompressedSize));
        Assert.Equal(0, file.Kills);
        Assert.True(file.Index.LineIndex.AccessPointCount > 4);

        Assert.Equal(file.Sidecar, await file.IndexAgainAsync(Fine, killAfter: 1));
        Assert.True(file.Kills >= leastKills, $"only {file.Kills} kills");
        Assert.Equal(file.Kills + 1, file.Checkpoints);
        Assert.Equal(new FileInfo(file.Uri.Key).Length, file.BytesReported);

        var slice = file.Cut(GZipTextPartition.ByLines(1000))[377];
        Assert.StartsWith($"line {377_000 * 7919L % 100_003}\n", await slice.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_member_is_a_text_of_no_lines_and_one_empty_slice()
    {
        await using var file = await IndexedFile.CreateAsync(Fine, GZipSamples.Compress([], GZipLayout.OneMember));
        Assert.Equal(0, file.Index.Lines);
        foreach (var strategy in new[] { GZipTextPartition.ByLines(10), GZipTextPartition.ByBytes(10), GZipTextPartition.IntoSlices(1) })
            Assert.Empty(await SliceBytes.ReadAsync(Assert.Single(file.Cut(strategy))));
        Assert.Equal(3, file.Cut(GZipTextPartition.IntoSlices(3)).Count);
    }

    [Fact]
    public async Task Attributes_tell_lines_members_and_the_first_member()
    {
        await using var file = await IndexedFile.CreateAsync(Fine, GZipSamples.Compress("a\nb\nc"u8, GZipLayout.Bgzf));
        var attributes = file.Index.Attributes;
        Assert.Equal(3, attributes.GetProperty("lines").GetInt64());
        Assert.False(attributes.GetProperty("endsWithLineFeed").GetBoolean());
        Assert.Equal(5, attributes.GetProperty("uncompressedSize").GetInt64());
        Assert.Equal(2, attributes.GetProperty("members").GetInt64());
        Assert.True(attributes.GetProperty("firstMember").GetProperty("bgzf").GetBoolean());
        Assert.Equal(2, file.Index.Members);
    }

    [Fact]
    public async Task A_damaged_object_is_refused_with_its_name_and_place()
    {
        var stored = GZipSamples.Compress(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i}\n"))), GZipLayout.OneMember);
        stored[stored.Length / 2] ^= 0x10;
        var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => IndexedFile.CreateAsync(Fine, stored));
        Assert.EndsWith("reads.fastq.gz", refused.ObjectName, StringComparison.Ordinal);
        Assert.NotNull(refused.ByteOffset);
        var cut = await Assert.ThrowsAsync<CorruptObjectException>(() => IndexedFile.CreateAsync(Fine, stored[..(stored.Length / 3)]));
        Assert.NotNull(cut.Cure);
        await Assert.ThrowsAsync<CorruptObjectException>(() => IndexedFile.CreateAsync(Fine, []));
    }

    [Fact]
    public async Task A_replaced_object_is_refused_by_every_slice()
    {
        var stored = GZipSamples.Compress("a\nb\nc\nd\n"u8, GZipLayout.OneMember);
        await using var file = await IndexedFile.CreateAsync(Fine, stored);
        var slices = file.Cut(GZipTextPartition.ByLines(2));
        await file.Stores.Get(file.Uri).PutAsync(file.Uri, GZipSamples.Compress("changed, and longer than before\n"u8, GZipLayout.Stored), PutOptions.Overwrite);
        foreach (var slice in slices)
            await Assert.ThrowsAsync<StaleIndexException>(() => SliceBytes.ReadAsync(slice));
    }

    [Fact]
    public async Task A_slice_whose_numbers_contradict_each_other_is_refused()
    {
        await using var file = await IndexedFile.CreateAsync(Fine, GZipSamples.Compress("a\nb\nc\nd\n"u8, GZipLayout.OneMember));
        var slice = file.Cut(GZipTextPartition.ByLines(2))[0];
        foreach (var lines in new[]
        {
            slice.Lines with { End = slice.Source.Size + 1 },
            slice.Lines with { Start = -1 },
            slice.Lines with { SkipLines = -1 },
            slice.Lines with { BitOffset = 9 },
            slice.Lines with { LeadIn = 1 },
            slice.Lines with { LeadIn = -1, IsMemberStart = false, Window = new() { Checksum = "" } },
            slice.Lines with { LeadIn = (1 << 20) + 1, IsMemberStart = false, Window = new() { Checksum = "" } },
            slice.Lines with { IsMemberStart = false },
            slice.Lines with { End = slice.Source.Size - 1, ToEnd = true },
        })
        {
            await Assert.ThrowsAsync<InvalidSliceException>(() => SliceBytes.ReadAsync(slice with { Lines = lines }));
        }

        // More lines than there are.
        await Assert.ThrowsAsync<CorruptObjectException>(() => SliceBytes.ReadAsync(slice with { Lines = slice.Lines with { LineCount = 100 } }));
        await Assert.ThrowsAsync<CorruptObjectException>(() => SliceBytes.ReadAsync(slice with { Lines = slice.Lines with { SkipLines = 100 } }));
    }

    [Fact]
    public async Task A_damaged_window_is_refused()
    {
        var content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 200_000).Select(i => $"line {i * 7919L % 100_003}\n")));
        await using var file = await IndexedFile.CreateAsync(Fine, GZipSamples.Compress(content, GZipLayout.OneMember));
        var slice = file.Cut(GZipTextPartition.IntoSlices(20))[^1];
        var window = Assert.Single(slice.Blobs);
        var wrong = (GZipTextSlice)slice.WithBlobs([window with { Offset = window.Offset - 1 }]);
        await Assert.ThrowsAsync<CorruptIndexException>(() => SliceBytes.ReadAsync(wrong));
        var inlined = slice.WithBlobs([await window.InlineAsync(file.Stores)]);
        Assert.Equal(await SliceBytes.ReadAsync(slice), await SliceBytes.ReadAsync(inlined));
    }

    [Fact]
    public void Gzip_of_text_is_possible_and_nothing_else()
    {
        var format = GZipText.Format;
        Assert.Equal(FormatMatch.Possible, format.Detect(Probe(true, "a line\tof text\r\n"u8)));
        Assert.Equal(FormatMatch.None, format.Detect(Probe(false, "a line\n"u8)));
        Assert.Equal(FormatMatch.None, format.Detect(Probe(true, "BAM\u0001\0\0"u8)));

        static FormatProbe Probe(bool isGZip, ReadOnlySpan<byte> content) => new(ObjectUri.ForFile("/x.txt.gz"), 100, new byte[] { 0x1f, 0x8b }, isGZip, content.ToArray());
    }

    [Fact]
    public void Parameters_come_back_as_they_went()
    {
        Assert.Equal("{}", GZipText.Format.Parameters);
        Assert.Equal(Fine.Parameters, GZipText.Format.WithParameters(Fine.Parameters).Parameters);
        Assert.Equal("{}", Fine.WithParameters("{}").Parameters);
        Assert.Throws<ArgumentException>(() => Fine.WithParameters("{\"spacing\":1}"));
        Assert.Throws<ArgumentException>(() => Fine.WithParameters("[]"));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fine.WithParameters("{\"markSpacing\":0}"));
    }

    [Fact]
    public void Parameters_hold_what_differs_from_the_defaults()
    {
        Assert.Equal("""{"accessPointSpacing":1,"markSpacing":1}""", Fine.Parameters);
        Assert.Equal("""{"leadIn":0,"indexBudget":0.0005}""", new GZipLineOptions { LeadIn = 0, IndexBudget = 0.0005 }.ToJson());
        Assert.Equal("{}", new GZipLineOptions { AccessPointSpacing = GZipLineOptions.DefaultAccessPointSpacing }.ToJson());
        var all = new GZipLineOptions { AccessPointSpacing = GZipLineOptions.DefaultAccessPointSpacing, MarkSpacing = 7, LeadIn = 5, IndexBudget = 1.0 / 3 };
        Assert.Equal(all, GZipLineOptions.Parse(all.ToJson()));
        Assert.Equal(all.ToJson(), GZipLineOptions.Parse(all.ToJson()).ToJson());
        foreach (var wrong in new[] { """{"indexBudget":0}""", """{"indexBudget":1.1}""", """{"indexBudget":-1}""", """{"leadIn":-1}""", """{"leadIn":1048577}""", """{"accessPointSpacing":0}""" })
            Assert.Throws<ArgumentOutOfRangeException>(() => GZipLineOptions.Parse(wrong));
        Assert.Throws<ArgumentOutOfRangeException>(() => GZipText.WithOptions(new GZipLineOptions { IndexBudget = double.NaN }));
    }

    [Property(Arbitrary = [typeof(GZipTextTests)], MaxTest = 20)]
    public void With_a_lead_in_every_slice_holds_its_own_lines_too(LeadInCase text) => Run(async () =>
    {
        var format = GZipText.WithOptions(new GZipLineOptions { AccessPointSpacing = text.Spacing, MarkSpacing = text.MarkSpacing, LeadIn = text.LeadIn, CheckpointSpacing = 1000 });
        var content = text.Content();
        var stored = GZipSamples.Compress(content, text.Layout);
        await using var file = await IndexedFile.CreateAsync(format, stored);
        GZipDecoderCache.Of(file.Stores).Capacity = 0; // each slice by itself
        var lines = PlainLines(content);
        var slices = file.Cut(GZipTextPartition.IntoSlices(text.Slices));
        long fetched = 0;
        var reading = 0;
        foreach (var slice in slices)
        {
            file.Requests.Clear();
            var own = lines.Skip((int)slice.Lines.FirstLine).Take((int)slice.Lines.LineCount).SelectMany(line => line).ToArray();
            Assert.Equal(own, await SliceBytes.ReadAsync(slice));
            if (slice.Lines.LineCount == 0)
                continue;
            fetched += Assert.Single(file.Requests.Reads, read => read.Uri == file.Uri).Range.Length;
            reading++;
        }

        Assert.InRange(fetched, 0, stored.Length + (reading * file.Index.LineIndex.MaxOverread));
    });

    [Theory]
    [InlineData(GZipLayout.OneMember)]
    [InlineData(GZipLayout.Members)]
    public async Task With_a_lead_in_and_a_budget_a_killed_run_makes_the_same_bytes(GZipLayout layout)
    {
        var content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 400_000).Select(i => $"line {i * 7919L % 100_003}{(i % 3 == 0 ? "\r\n" : "\n")}")));
        var options = new GZipLineOptions { AccessPointSpacing = 100_000, MarkSpacing = 1, IndexBudget = 0.01, CheckpointSpacing = 1000 };
        var format = GZipText.WithOptions(options);
        await using var file = await IndexedFile.CreateAsync(format, GZipSamples.Compress(content, layout));
        Assert.Equal(file.Sidecar, await file.IndexAgainAsync(format, killAfter: 1));
        Assert.True(file.Kills > 0);
        await using var unbounded = await IndexedFile.CreateAsync(GZipText.WithOptions(options with { IndexBudget = null }), GZipSamples.Compress(content, layout));
        Assert.True(file.Index.LineIndex.AccessPointCount < unbounded.Index.LineIndex.AccessPointCount);
        Assert.True(file.Index.LineIndex.AccessPointCount > 2);
    }

    [Fact]
    public async Task A_budget_is_kept_and_chooses_the_spacing()
    {
        // Numbers that do not repeat: windows of which much matters.
        var random = new Random(5);
        var content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 1_000_000).Select(_ => $"{random.Next(1000)}\t{random.Next()}\n")));
        var stored = GZipSamples.Compress(content, GZipLayout.OneMember);
        var lines = PlainLines(content);
        var counts = new List<int>();
        foreach (var budget in new[] { 0.0002, 0.001, 0.01, 0.5 })
        {
            await using var file = await IndexedFile.CreateAsync(GZipText.WithOptions(new GZipLineOptions { IndexBudget = budget }), stored);
            Assert.InRange(file.Sidecar.Length, 0, (budget * stored.Length) + 1500);
            counts.Add(file.Index.LineIndex.AccessPointCount);
            var slice = file.Cut(GZipTextPartition.IntoSlices(7))[5];
            Assert.Equal(lines.Skip((int)slice.Lines.FirstLine).Take((int)slice.Lines.LineCount).SelectMany(line => line), await SliceBytes.ReadAsync(slice));
        }
        Assert.Equal(counts.Order(), counts);
        Assert.Equal(1, counts[0]);
        // 1 MiB apart where there is budget enough, 4 MiB without one.
        Assert.InRange(counts[^1], content.Length >> 21, (content.Length >> 20) + 1);
        await using var usual = await IndexedFile.CreateAsync(GZipText.Format, stored);
        Assert.InRange(usual.Index.LineIndex.AccessPointCount, content.Length >> 23, (content.Length >> 22) + 1);
    }

    [Fact]
    public void Strategies_are_made_by_name()
    {
        var format = GZipText.Format;
        foreach (var description in format.Strategies)
        {
            var values = description.Parameters.Where(p => p.DefaultValue is null).ToDictionary(p => p.Name, _ => "5");
            Assert.NotNull(format.CreateStrategy(new StrategyArguments(description, values), description.Name));
        }

        Assert.Throws<PartitionException>(() => format.CreateStrategy(new StrategyArguments(format.Strategies[0], new Dictionary<string, string> { ["lines"] = "1" }), "words"));
    }

    internal static List<byte[]> PlainLines(byte[] content)
    {
        var lines = new List<byte[]>();
        var start = 0;
        for (var i = 0; i < content.Length; i++)
        {
            if (content[i] == '\n')
            {
                lines.Add(content[start..(i + 1)]);
                start = i + 1;
            }
        }

        if (start < content.Length)
            lines.Add(content[start..]);
        return lines;
    }

    private static byte[] WithoutEnd(byte[] line) =>
        line is [.., (byte)'\r', (byte)'\n'] ? line[..^2] : line is [.., (byte)'\n'] ? line[..^1] : line;

    private static void Run(Func<Task> test) => Task.Run(test).GetAwaiter().GetResult();

    public static Arbitrary<LeadInCase> LeadInCases() =>
        (from seed in Gen.Choose(0, int.MaxValue - 1)
         from layout in GZipSamples.Layouts
         from spacing in Gen.Choose(1, 120_000)
         from leadIn in Gen.OneOf(Gen.Choose(0, 300), Gen.Choose(0, 60_000))
         from markSpacing in Gen.OneOf(Gen.Constant(1), Gen.Choose(1, 60_000))
         from slices in Gen.Choose(1, 40)
         select new LeadInCase(seed, layout, spacing, leadIn, markSpacing, slices)).ToArbitrary();

    public sealed record LeadInCase(int Seed, GZipLayout Layout, long Spacing, long LeadIn, long MarkSpacing, int Slices)
    {
        public byte[] Content()
        {
            var random = new Random(Seed);
            var text = new StringBuilder();
            var (lines, longest) = (random.Next(1, 12_000), random.Next(1, 120));
            for (var i = 0; i < lines; i++)
                text.Append(random.Next(10)).Append('\t').Append("ACGT"[random.Next(4)], random.Next(longest)).Append(i).Append(random.Next(5) == 0 ? "\n\n" : "\n");
            return Encoding.ASCII.GetBytes(text.ToString()[..^random.Next(2)]);
        }
    }

    public sealed record TextCase(byte[] Content, GZipLayout Layout, string Strategy, int Amount)
    {
        public IPartitionStrategy<GZipTextIndex, GZipTextSlice> ToStrategy() => Strategy switch
        {
            "lines" => GZipTextPartition.ByLines(Amount),
            "merge" => GZipTextPartition.ByLines(Amount, LineRemainder.Merge),
            "count" => GZipTextPartition.IntoSlices(Amount),
            _ => GZipTextPartition.ByBytes(Amount * 37L),
        };

        public void CheckShape(long lines, long[] counts)
        {
            switch (Strategy)
            {
                case "lines":
                    Assert.All(counts[..^1], count => Assert.Equal(Amount, count));
                    Assert.InRange(counts[^1], lines > 0 ? 1 : 0, Amount);
                    break;
                case "merge":
                    Assert.All(counts[..^1], count => Assert.Equal(Amount, count));
                    Assert.InRange(counts[^1], Math.Min(lines, Amount), (2 * Amount) - 1);
                    break;
                case "count":
                    Assert.Equal(Amount, counts.Length);
                    Assert.InRange(counts.Max() - counts.Min(), 0, 1);
                    break;
                default:
                    Assert.True(lines == 0 || counts.All(count => count > 0));
                    break;
            }
        }

        public override string ToString() => $"{Strategy}({Amount}) of {Content.Length} bytes, {Layout}: {Convert.ToHexString(Content.AsSpan(0, Math.Min(60, Content.Length)))}";
    }
}
