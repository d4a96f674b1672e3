using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Partitioning;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>The six laws for FASTA.</summary>
public abstract class FastaLaws : FormatLaws<FastaIndex>
{
    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 40).Select(n => new StrategyCall("chunks", ("count", $"{n}"))),
        Gen.Choose(1, 20).Select(n => new StrategyCall("sequences", ("sequences", $"{n}"))),
        Gen.Choose(20, 5000).Select(n => new StrategyCall("bases", ("bases", $"{n}"))));

    protected override IReadOnlyList<string> DecodeRecords(byte[] content) => [.. PlainFasta.Parse(content).Select(record => $"{record}")];

    // Pieces of a sequence have its name, and say how many bases come before.
    protected override IReadOnlyList<string> JoinRecords(IReadOnlyList<string> records)
    {
        var joined = new List<string>();
        foreach (var record in records)
        {
            var fields = record.Trim('(', ')').Split(", ");
            if (!fields[1].StartsWith("offset=", StringComparison.Ordinal))
            {
                joined.Add(record);
                continue;
            }

            var whole = joined[^1].Trim('(', ')').Split(", ");
            Assert.Equal(whole[0], fields[0]);
            Assert.Equal($"offset={whole[2].Length}", fields[1]);
            joined[^1] = $"{(whole[0], whole[1], whole[2] + fields[2])}";
        }

        return joined;
    }

    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice)
    {
        var records = new List<string>();
        await foreach (var record in ((FastaSlice)slice).ReadAsync())
            records.Add($"{(record.Name, record.Description, record.Sequence)}");
        return records;
    }
}

/// <summary>The six laws for plain FASTA: chunks of a few bytes cut headers and lines.</summary>
public abstract class FastaPlainLaws : FastaLaws
{
    protected override DataFormat<FastaIndex> Format { get; } = new FastaFormat(chunkSize: 499);

    protected override string FileName => "genome.fa";

    protected override Gen<byte[]> Objects { get; } = FastaSamples.Valid;

    protected override byte[] Decode(byte[] stored)
    {
        _ = PlainFasta.Parse(stored);
        return stored;
    }

    protected override long OverreadAllowance(FastaIndex index) => 0;
}

/// <inheritdoc/>
public sealed class FastaPlainLawsOnFiles : FastaPlainLaws
{
    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}

/// <inheritdoc/>
public sealed class FastaPlainLawsOnS3 : FastaPlainLaws
{
    protected override Task<LawStore> CreateStoreAsync() => S3LawStore.CreateAsync();
}

/// <summary>The six laws for FASTA in gzip and BGZF in local files.</summary>
public sealed class FastaGZipLawsOnFiles : FastaLaws
{
    protected override DataFormat<FastaIndex> Format { get; } = Fasta.GZipWithOptions(new GZipLineOptions { AccessPointSpacing = 1, MarkSpacing = 1, CheckpointSpacing = 1000, ChunkSize = 700 });

    protected override string FileName => "genome.fa.gz";

    protected override Gen<byte[]> Objects { get; } = FastaSamples.Valid.Zip(GZipSamples.Layouts).Select(pair => GZipSamples.Compress(pair.Item1, pair.Item2));

    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());

    protected override byte[] Decode(byte[] stored)
    {
        var content = GZipSamples.Decompress(stored);
        _ = PlainFasta.Parse(content);
        return content;
    }

    protected override long OverreadAllowance(FastaIndex index)
    {
        ArgumentNullException.ThrowIfNull(index);
        return index.LineIndex!.MaxOverread;
    }
}
