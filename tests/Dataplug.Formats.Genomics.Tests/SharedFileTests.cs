using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>Every real file, as its format is detected, through the front door: every plan puts it together again, or the file
/// is refused by a typed error.</summary>
public sealed class SharedFileTests
{
    private static readonly FormatRegistry Formats = new(Fastq.GZip, Fastq.Plain, Fastq.Zstd, Fasta.Format, Fasta.GZip, Csv.Format, GZipText.Format, RawText.Format);

    // What can't be read as what it is, and why.
    private static readonly Dictionary<string, Type> Refused = new()
    {
        ["fastq/error_diff_ids.fastq"] = typeof(CorruptObjectException),
        ["fastq/error_no_qual.fastq"] = typeof(CorruptObjectException),
        ["fastq/error_trunc_in_qual.fastq"] = typeof(CorruptObjectException),
        ["fastq/format-error.fastq"] = typeof(CorruptObjectException),
        ["fastq/withplus.fastq"] = typeof(CorruptObjectException), // another title on the '+' line, against Cock et al. 2010
    };

    // What the name promises and the content does not hold.
    private static readonly string[] NoFasta = ["fasta/onlycomment.fasta"];

    public static TheoryData<string> Files() => SharedData.Folder is not { } folder ? [""] : [.. new[] { "fasta", "fastq", "fastqgz", "gzip", "csv", "rawtext" }
        .SelectMany(kind => Directory.EnumerateFiles(Path.Combine(folder, kind)))
        .Where(path => !path.EndsWith(".gzi", StringComparison.Ordinal) && !path.EndsWith(".md", StringComparison.Ordinal))
        .Select(path => Path.GetRelativePath(folder, path)).Except(NoFasta).Order(StringComparer.Ordinal)];

    [SharedDataTheory]
    [MemberData(nameof(Files))]
    public async Task A_real_file_is_put_together_again_by_every_plan(string path)
    {
        await using var store = new FileLawStore();
        var stored = await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, path));
        var uri = await store.PutAsync(stored, Path.GetFileName(path));
        var format = await Formats.DetectAsync(await store.Stores.PinAsync(uri));
        if (path.StartsWith("fastq/", StringComparison.Ordinal))
            format = Fastq.Plain;
        await CheckAsync(path, format, stored, uri, store);
        if (format != Fastq.Plain)
            return;

        // The same in gzip and in zstd.
        var compressed = GZipSamples.Compress(stored, GZipLayout.Flushed);
        await CheckAsync(path, Fastq.GZip, compressed, await store.PutAsync(compressed, Path.GetFileName(path) + ".gz"), store);
        compressed = ZstdSamples.Compress(stored, ZstdLayout.Frames);
        await CheckAsync(path, Fastq.Zstd, compressed, await store.PutAsync(compressed, Path.GetFileName(path) + ".zst"), store);
    }

    private static async Task CheckAsync(string path, DataFormat format, byte[] stored, ObjectUri uri, FileLawStore store)
    {
        var cloud = CloudObject.FromUri(format, uri, new CloudObjectOptions { Stores = store.Stores, Metadata = new MetadataOptions { Home = store.NewHome() } });

        if (Refused.TryGetValue(path, out var refusal))
        {
            var error = await Assert.ThrowsAsync(refusal, () => cloud.PreprocessAsync());
            Assert.Equal(uri.Display, ((DataplugException)error).ObjectName);
            return;
        }

        await cloud.PreprocessAsync();
        var content = stored is [0x1f, 0x8b, ..] ? GZipSamples.Decompress(stored) : stored is [0x28, 0xb5, ..] ? ZstdSamples.Decompress(stored) : stored;
        foreach (var strategy in format.Strategies.Where(strategy => strategy.Parameters.All(parameter => parameter.Type != StrategyParameterType.Text)))
        {
            foreach (var number in new[] { "1", "7", "1000" })
            {
                var parameters = strategy.Parameters.Where(p => p.DefaultValue is null).ToDictionary(p => p.Name, _ => number);
                var whole = new MemoryStream();
                var isWhole = true;
                foreach (var slice in await cloud.PartitionAsync(strategy.Name, parameters))
                {
                    // Thousands of slices of a few bytes each of a large file say nothing new.
                    isWhole = whole.Length < 20_000 || slice.Count < 50 || slice.Index == slice.Count - 1;
                    if (!isWhole)
                        break;
                    await using var piece = await slice.OpenContinuationAsync();
                    await piece.CopyToAsync(whole);
                }

                if (isWhole)
                    Assert.Equal(content.Length, whole.Length);
                Assert.True(content.AsSpan().StartsWith(whole.ToArray()), $"{format.Id}, {strategy.Name} {number}: other bytes");
            }
        }
    }
}
