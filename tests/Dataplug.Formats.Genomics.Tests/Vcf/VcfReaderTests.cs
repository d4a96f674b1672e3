using System.Text;
using Dataplug.Conformance;

namespace Dataplug.Formats.Genomics.Tests;

public sealed class VcfReaderTests
{
    private const string Header = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\tB\n";

    [Fact]
    public async Task All_columns_of_a_record_are_there()
    {
        var record = Assert.Single(await ReadAsync(Header + "chr1\t1000\trs1;rs2\tACG\tA,<DEL>\t1.5e2\tq10;s50\tDP=7;H2;END=1010;XDP=9\tGT:DP:PL\t0/1:12:1,2\t1|1\n"));
        Assert.Equal(("chr1", 1000, 1010, "rs1;rs2", "ACG", 150.0, "q10;s50"), (record.Chrom, record.Position, record.End, record.Id, record.Ref, record.Qual, record.Filter));
        Assert.Equal(["A", "<DEL>"], record.Alts);
        Assert.Equal("DP=7;H2;END=1010;XDP=9", record.Info);
        Assert.Equal(("7", "", "9", null), (record.GetInfo("DP"), record.GetInfo("H2"), record.GetInfo("XDP"), record.GetInfo("D")));
        Assert.Equal("GT:DP:PL", record.Format);
        Assert.Equal(["0/1:12:1,2", "1|1"], record.Samples);
        Assert.Equal(("12", "1,2", "1|1", null, null), (record.GetSampleField(0, "DP"), record.GetSampleField(0, "PL"), record.GetSampleField(1, "GT"), record.GetSampleField(1, "DP"), record.GetSampleField(0, "XX")));
        Assert.Throws<ArgumentOutOfRangeException>(() => record.GetSampleField(2, "GT"));
        Assert.Throws<ArgumentOutOfRangeException>(() => record.GetSampleField(-1, "GT"));
    }

    [Fact]
    public async Task Missing_values_and_odd_line_ends_are_read()
    {
        var records = await ReadAsync("1\t0\t.\tN\t.\t.\t.\t.\r\n1\t7\t.\tACGT\tG\t30\tPASS\tDB\r\n\r\n\n");
        Assert.Equal(2, records.Count);
        Assert.Equal((0, 1, null, 0), (records[0].Position, records[0].End, records[0].Qual, records[0].SampleCount));
        Assert.Empty(records[0].Alts);
        Assert.Empty(records[0].Samples);
        Assert.Equal("", records[0].Format);
        Assert.Equal((7, 10, "DB", ""), (records[1].Position, records[1].End, records[1].Info, records[1].GetInfo("DB")));
        Assert.Single(await ReadAsync("1\t7\t.\tA\tG\t30\tPASS\tDB"));
        Assert.Empty(await ReadAsync(""));
        Assert.Empty(await ReadAsync(Header));
    }

    [Theory]
    [InlineData("END=12", 12)]
    [InlineData("DP=1;END=12;X", 12)]
    [InlineData("CIEND=-3,3;END=12", 12)]
    [InlineData("CIEND=30", 10)]
    [InlineData("END=9", 10)]
    [InlineData("END=10", 10)]
    [InlineData("END=.", 10)]
    [InlineData("END=", 10)]
    [InlineData("END", 10)]
    [InlineData("END=99999999999999999999999999", 999999999999999999)]
    public async Task The_end_is_that_of_INFO_where_it_lies_behind_POS(string info, long end) =>
        Assert.Equal(end, Assert.Single(await ReadAsync($"1\t10\t.\tA\tG\t.\t.\t{info}\n")).End);

    [Theory]
    [InlineData("1\t2\t.\tA\tG\t.\t.\n", "fewer than 8 columns")]
    [InlineData("1\t2x\t.\tA\tG\t.\t.\t.\n", "POS is no whole number")]
    [InlineData("1\t-2\t.\tA\tG\t.\t.\t.\n", "POS is no whole number")]
    [InlineData("1\t\t.\tA\tG\t.\t.\t.\n", "POS is no whole number")]
    [InlineData("\t2\t.\tA\tG\t.\t.\t.\n", "CHROM is empty")]
    [InlineData("1 2 . A G . . .\n", "fewer than 8 columns")]
    public async Task What_is_no_record_is_refused(string text, string problem)
    {
        var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => ReadAsync(text));
        Assert.Contains(problem, refused.Problem, StringComparison.Ordinal);
        Assert.Contains("record 1", refused.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_allocated_for_a_record()
    {
        var text = new StringBuilder(Header);
        for (var i = 1; i <= 20_000; i++)
            text.Append("chr1\t").Append(i).Append("\t.\tA\tC,G\t10.5\tPASS\tDP=7;END=").Append(i + 5).Append("\tGT:DP\t0/1:5\t1/1:6\n");
        await using var reader = new VcfReader(new MemoryStream(Encoding.ASCII.GetBytes(text.ToString())));
        var meter = new AllocationMeter();
        long sum = 0;
        Func<long> take = () => Take(reader);
        while (await reader.FillAsync())
            sum += meter.Measure(take);

        Assert.Equal(20_000, reader.RecordsRead);
        Assert.True(sum > 0);
        Assert.True(meter.Measured > 0);
        Assert.Equal(0, meter.Allocated);
    }

    [Fact]
    public async Task Lines_may_be_longer_than_the_buffer()
    {
        var longest = new string('x', 600_000);
        var records = await ReadAsync($"1\t1\t.\tA\tC\t.\t.\tX={longest}\n1\t2\t.\tA\tC\t.\t.\t.\n");
        Assert.Equal(longest, records[0].GetInfo("X"));
        Assert.Equal(2, records[1].Position);
    }

    private static long Take(VcfReader reader)
    {
        long sum = 0;
        while (reader.TryRead(out var record))
        {
            sum += record.Position + record.End + record.Chrom.Length + (long)(record.Qual ?? 0) + record.SampleCount;
            foreach (var allele in record.Alts)
                sum += allele.Length;
            foreach (var sample in record.Samples)
                sum += sample.Length;
            if (record.TryGetInfo("DP"u8, out var depth) && record.TryGetSampleField(1, "DP"u8, out var own))
                sum += depth.Length + own.Length + record.Format.Length + record.Id.Length + record.Ref.Length + record.Filter.Length;
        }

        return sum;
    }

    private static async Task<List<VcfRecord>> ReadAsync(string text)
    {
        await using var reader = new VcfReader(new MemoryStream(Encoding.ASCII.GetBytes(text)));
        var records = new List<VcfRecord>();
        while (await reader.FillAsync())
        {
            while (reader.TryRead(out var record))
                records.Add(record.ToRecord());
        }

        return records;
    }
}
