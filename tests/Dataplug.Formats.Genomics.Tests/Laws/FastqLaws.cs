using System.Globalization;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Formats;
using Dataplug.Partitioning;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Genomics.Tests.Laws;

/// <summary>The laws for FASTQ in gzip, with access points every few kilobytes and a checkpoint every kilobyte.</summary>
public abstract class FastqLaws : FormatLaws<FastqIndex>
{
    protected override DataFormat<FastqIndex> Format { get; } =
        new FastqGZipFormat(new GZipLineOptions { AccessPointSpacing = 5000, MarkSpacing = 700, CheckpointSpacing = 1000 });

    protected override string FileName => "reads.fastq.gz";

    protected override Gen<byte[]> Objects { get; } = FastqSamples.Valid.Zip(GZipSamples.Layouts).Select(t => GZipSamples.Compress(t.Item1, t.Item2));

    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Count(1, 40, "batches", "count"),
        Count(1, 300, "reads", "reads"),
        Count(1, 20_000, "size", "bytes"));

    protected override byte[] Decode(byte[] stored) => GZipSamples.Decompress(stored);

    protected override IReadOnlyList<string> DecodeRecords(byte[] content, StrategyCall strategy) =>
        PlainFastq.Parse(content).ConvertAll(read => string.Join('\n', read.Title.Split(' ', '\t')[0], read.Sequence, read.Qualities));

    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice)
    {
        var records = new List<string>();
        await foreach (var read in ((FastqSlice)slice).ReadAsync())
            records.Add(string.Join('\n', read.Name, read.Sequence, read.Qualities));
        return records;
    }

    protected override long OverreadAllowance(FastqIndex index) => index.LineIndex.MaxOverread;

    private static Gen<StrategyCall> Count(int low, int high, string strategy, string parameter) =>
        Gen.Choose(low, high).Select(n => new StrategyCall(strategy, (parameter, n.ToString(CultureInfo.InvariantCulture))));
}

/// <summary>On local files.</summary>
public sealed class LocalFastqLaws : FastqLaws, IAsyncLifetime
{
    protected override int Cases => 60;

    protected override LawStore Store { get; } = new LocalLawStore();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Store.DisposeAsync();
}
