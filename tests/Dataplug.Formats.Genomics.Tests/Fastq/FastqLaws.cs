using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Partitioning;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>The six laws for FASTQ.</summary>
public abstract class FastqLaws : FormatLaws<FastqIndex>
{
    protected override string FileName => "reads.fastq.gz";

    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 40).Select(n => new StrategyCall("batches", ("count", $"{n}"))),
        Gen.Choose(1, 60).Select(n => new StrategyCall("reads", ("reads", $"{n}"))),
        Gen.Choose(1, 5000).Select(n => new StrategyCall("bases", ("bases", $"{n}"))),
        Gen.Choose(100, 9000).Select(n => new StrategyCall("bytes", ("bytes", $"{n}"))));

    protected override byte[] Decode(byte[] stored) => GZipSamples.Decompress(stored);

    protected override IReadOnlyList<string> DecodeRecords(byte[] content) => [.. PlainFastq.Parse(content).Select(read => $"{read}")];

    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice)
    {
        var reads = new List<string>();
        await foreach (var read in ((FastqSlice)slice).ReadAsync())
            reads.Add($"{(read.Description.Length > 0 ? $"{read.Name} {read.Description}" : read.Name, read.Sequence, read.Qualities)}");
        return reads;
    }

    protected override long OverreadAllowance(FastqIndex index)
    {
        ArgumentNullException.ThrowIfNull(index);
        return index.LineIndex!.MaxOverread;
    }
}

/// <summary>The six laws for FASTQ in gzip.</summary>
public abstract class FastqGZipLaws : FastqLaws
{
    protected override DataFormat<FastqIndex> Format { get; } = Fastq.GZipWithOptions(new GZipLineOptions { AccessPointSpacing = 1, MarkSpacing = 1, CheckpointSpacing = 1000, ChunkSize = 700 });

    protected override Gen<byte[]> Objects { get; } = FastqSamples.Valid.Zip(GZipSamples.Layouts).Select(pair => GZipSamples.Compress(pair.Item1, pair.Item2));
}

/// <inheritdoc/>
public sealed class FastqLawsOnFiles : FastqGZipLaws
{
    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}

/// <inheritdoc/>
public sealed class FastqLawsOnS3 : FastqGZipLaws
{
    protected override Task<LawStore> CreateStoreAsync() => S3LawStore.CreateAsync();
}

/// <summary>The six laws for FASTQ in gzip whose reads have more than four lines, in local files.</summary>
public sealed class FastqWrappedLawsOnFiles : FastqLaws
{
    protected override DataFormat<FastqIndex> Format { get; } = Fastq.GZipWithOptions(new GZipLineOptions { AccessPointSpacing = 1, MarkSpacing = 1, CheckpointSpacing = 1000, ChunkSize = 700 });

    protected override Gen<byte[]> Objects { get; } = FastqSamples.Wrapped.Zip(GZipSamples.Layouts).Select(pair => GZipSamples.Compress(pair.Item1, pair.Item2));

    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());

    // Reads are marked once in 512 KiB of content: small objects have one span.
    protected override long OverreadAllowance(FastqIndex index)
    {
        ArgumentNullException.ThrowIfNull(index);
        return index.Source.Size;
    }
}

/// <summary>The six laws for plain FASTQ, of four lines a read and of more: chunks of a few bytes cut lines.</summary>
public abstract class FastqPlainLaws : FastqLaws
{
    private const int MarkShift = 6;

    protected override DataFormat<FastqIndex> Format { get; } = new FastqFormat(chunkSize: 997, fineShift: MarkShift);

    protected override string FileName => "reads.fastq";

    protected override Gen<byte[]> Objects { get; } = Gen.OneOf(FastqSamples.Valid, FastqSamples.Wrapped);

    protected override byte[] Decode(byte[] stored)
    {
        _ = PlainFastq.Parse(stored);
        return stored;
    }

    // From a read to the next mark on either side: a cell and a read.
    protected override long OverreadAllowance(FastqIndex index)
    {
        ArgumentNullException.ThrowIfNull(index);
        return 2 * ((1 << MarkShift) + (3 * (index.MaxReadLength ?? 0)) + 200);
    }
}

/// <inheritdoc/>
public sealed class FastqPlainLawsOnFiles : FastqPlainLaws
{
    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}

/// <inheritdoc/>
public sealed class FastqPlainLawsOnS3 : FastqPlainLaws
{
    protected override Task<LawStore> CreateStoreAsync() => S3LawStore.CreateAsync();
}

/// <summary>The six laws for FASTQ in zstd in local files.</summary>
public sealed class FastqZstdLawsOnFiles : FastqLaws
{
    protected override DataFormat<FastqIndex> Format { get; } = Fastq.ZstdWithOptions(new ZstdTextOptions { MarkSpacing = 1, CheckpointSpacing = 1000 });

    protected override string FileName => "reads.fastq.zst";

    protected override Gen<byte[]> Objects { get; } = Gen.OneOf(FastqSamples.Valid, FastqSamples.Wrapped).Zip(ZstdSamples.Layouts).Select(pair => ZstdSamples.Compress(pair.Item1, pair.Item2));

    protected override byte[] Decode(byte[] stored) => ZstdSamples.Decompress(stored);

    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());

    protected override long OverreadAllowance(FastqIndex index)
    {
        ArgumentNullException.ThrowIfNull(index);
        return index.IsWrapped ? index.Source.Size : index.LineIndex!.MaxOverread;
    }
}
