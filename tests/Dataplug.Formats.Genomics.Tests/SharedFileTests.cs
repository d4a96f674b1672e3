using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>Every real file, as its format is detected, through the front door: every plan puts it together again, or the file
/// is refused by a typed error.</summary>
public sealed class SharedFileTests
{
    private static readonly FormatRegistry Formats = new(Fastq.GZip, Csv.Format, GZipText.Format, RawText.Format);

    // What can't be read as what it is, and why.
    private static readonly Dictionary<string, Type> Refused = new()
    {
        ["fastq/error_diff_ids.fastq"] = typeof(CorruptObjectException),
        ["fastq/error_no_qual.fastq"] = typeof(CorruptObjectException),
        ["fastq/error_trunc_in_qual.fastq"] = typeof(CorruptObjectException),
        ["fastq/format-error.fastq"] = typeof(CorruptObjectException),
        ["fastq/withplus.fastq"] = typeof(CorruptObjectException), // another title on the '+' line, against Cock et al. 2010
        ["fastq/fastqs.fq"] = typeof(UnsupportedFormatException), // wrapped
        ["fastq/multiline.fq"] = typeof(UnsupportedFormatException), // wrapped
    };

    public static TheoryData<string> Files() => SharedData.Folder is not { } folder ? [""] : [.. new[] { "fastq", "fastqgz", "gzip", "csv", "rawtext" }
        .SelectMany(kind => Directory.EnumerateFiles(Path.Combine(folder, kind)))
        .Where(path => !path.EndsWith(".gzi", StringComparison.Ordinal) && !path.EndsWith(".md", StringComparison.Ordinal))
        .Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal)];

    [SharedDataTheory]
    [MemberData(nameof(Files))]
    public async Task A_real_file_is_put_together_again_by_every_plan(string path)
    {
        await using var store = new FileLawStore();
        var stored = await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, path));
        DataFormat? format = null;
        if (path.StartsWith("fastq/", StringComparison.Ordinal))
            (stored, format) = (GZipSamples.Compress(stored, GZipLayout.Flushed), Fastq.GZip);
        var uri = await store.PutAsync(stored, Path.GetFileName(path));
        format ??= await Formats.DetectAsync(await store.Stores.PinAsync(uri));
        var cloud = CloudObject.FromUri(format, uri, new CloudObjectOptions { Stores = store.Stores, Metadata = new MetadataOptions { Home = store.NewHome() } });

        if (Refused.TryGetValue(path, out var refusal))
        {
            var error = await Assert.ThrowsAsync(refusal, () => cloud.PreprocessAsync());
            Assert.Equal(uri.Display, ((DataplugException)error).ObjectName);
            return;
        }

        await cloud.PreprocessAsync();
        var content = format is FastqGZipFormat or GZipTextFormat ? GZipSamples.Decompress(stored) : stored;
        foreach (var strategy in format.Strategies)
        {
            foreach (var number in new[] { "1", "7", "1000" })
            {
                var parameters = strategy.Parameters.Where(p => p.DefaultValue is null).ToDictionary(p => p.Name, _ => number);
                var whole = new MemoryStream();
                foreach (var slice in await cloud.PartitionAsync(strategy.Name, parameters))
                {
                    if (whole.Length > 20_000 && number == "1")
                        break; // one byte or one line a slice of a large file says nothing new
                    await using var piece = await slice.OpenContinuationAsync();
                    await piece.CopyToAsync(whole);
                }

                if (number != "1")
                    Assert.Equal(content.Length, whole.Length);
                Assert.True(content.AsSpan().StartsWith(whole.ToArray()), $"{format.Id}, {strategy.Name} {number}: other bytes");
            }
        }
    }
}
