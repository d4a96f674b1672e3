using System.Globalization;
using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Storage;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Imzml.Tests;

/// <summary>The six laws for imzML, by the strategies that keep the order of the document.</summary>
public abstract class ImzmlLaws : FormatLaws<ImzmlIndex>
{
    protected override DataFormat<ImzmlIndex> Format { get; } = new ImzmlFormat(new ImzmlOptions(), chunkSize: 3000);

    protected override string FileName => "tissue.imzML";

    protected override Gen<byte[]> Objects => ImzmlSamples.Any.Select(sample => sample.Join());

    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 12).Select(n => new StrategyCall("count", ("count", $"{n}"))),
        Gen.Choose(1, 9).Select(n => new StrategyCall("spectra", ("spectra", $"{n}"))),
        Gen.Choose(1, 4000).Select(n => new StrategyCall("bytes", ("bytes", $"{n}"))));

    protected override async Task<ObjectUri> PutAsync(byte[] stored)
    {
        var sample = ImzmlSample.Split(stored);
        var uri = await Store.PutAsync(sample.Document, FileName);
        await Store.ReplaceAsync(IbdOf(uri), sample.Ibd);
        return uri;
    }

    protected override async Task<byte[]> GetAsync(ObjectUri uri) => new ImzmlSample(await Store.GetAsync(uri), await Store.GetAsync(IbdOf(uri))).Join();

    protected override Task ReplaceAsync(ObjectUri uri, byte[] stored) => Store.ReplaceAsync(IbdOf(uri), [.. ImzmlSample.Split(stored).Ibd, 0]);

    protected override SourceIdentity DataOf(Slice slice) => ((ImzmlSlice)slice).Ibd;

    protected override IReadOnlyList<string> NamesOf(ObjectUri uri) => [uri.Display, IbdOf(uri).Display];

    protected override byte[] Decode(byte[] stored)
    {
        var sample = ImzmlSample.Split(stored);
        return Encoding.UTF8.GetBytes(string.Join('\n', PlainImzml.Read(sample.Document, sample.Ibd)));
    }

    // One archive behind another.
    protected override byte[] DecodeJoined(byte[] joined)
    {
        var lines = new List<string>();
        for (var start = 0; start < joined.Length;)
        {
            var end = start;
            do
                end += joined.AsSpan(end).IndexOf("PK\u0005\u0006"u8) + 4;
            while (BitConverter.ToInt32(joined, end + 8) + BitConverter.ToInt32(joined, end + 12) != end - 4 - start);
            end += 18;
            lines.AddRange(DecodeRecords(joined[start..end]));
            start = end;
        }

        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }

    protected override IReadOnlyList<string> DecodeRecords(byte[] content)
    {
        if (content is not [(byte)'P', (byte)'K', ..])
            return content.Length == 0 ? [] : Encoding.UTF8.GetString(content).Split('\n');
        var (document, ibd) = PlainImzml.Unpack(content);
        return PlainImzml.Read(document, ibd);
    }

    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice) => [.. (await ((ImzmlSlice)slice).GetAsync()).Select(PlainImzml.Line)];

    // Neighbours are merged, also over what is none of the slice's; the axis is read with each slice.
    protected override long OverreadAllowance(ImzmlIndex index) => index.Ibd.Size;

    protected override int MaximumReadsOfSource => 2;

    private static ObjectUri IbdOf(ObjectUri uri) => uri.WithKey(uri.Key.Replace(".imzML", ".ibd", StringComparison.Ordinal));
}

/// <inheritdoc/>
public sealed class ImzmlLawsOnFiles : ImzmlLaws
{
    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}

/// <inheritdoc/>
public sealed class ImzmlLawsOnS3 : ImzmlLaws
{
    protected override Task<LawStore> CreateStoreAsync() => S3LawStore.CreateAsync();
}

/// <summary>The laws with a pass over the ibd.</summary>
public sealed class ImzmlLawsWithStatistics : ImzmlLaws
{
    protected override DataFormat<ImzmlIndex> Format { get; } = new ImzmlFormat(new ImzmlOptions { Statistics = true, Check = ImzmlCheck.Checksum }, chunkSize: 3000);

    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}
