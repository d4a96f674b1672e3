using Dataplug.Compression;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Formats;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Core.Tests.Text;

/// <summary>The six laws for text in a zlib stream.</summary>
public abstract class ZLibTextLaws : GZipTextLaws
{
    protected override DataFormat<GZipTextIndex> Format { get; } = ZLibText.WithOptions(new GZipLineOptions { AccessPointSpacing = 1, MarkSpacing = 1, CheckpointSpacing = 1000 });

    protected override string FileName => "text.txt.zz";

    protected override Gen<byte[]> Objects { get; } = GZipSamples.Texts.Zip(ContainerSamples.Ways).Select(pair => ContainerSamples.Compress(pair.Item1, DeflateContainer.ZLib, pair.Item2.Level, pair.Item2.FlushEvery));

    protected override byte[] Decode(byte[] stored) => ContainerSamples.Decompress(stored, DeflateContainer.ZLib);
}

/// <inheritdoc/>
public sealed class ZLibTextLawsOnFiles : ZLibTextLaws
{
    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}

/// <inheritdoc/>
public sealed class ZLibTextLawsOnS3 : ZLibTextLaws
{
    protected override Task<LawStore> CreateStoreAsync() => S3LawStore.CreateAsync();
}

/// <summary>The six laws for text in a bare deflate stream.</summary>
public sealed class DeflateTextLawsOnFiles : GZipTextLaws
{
    protected override DataFormat<GZipTextIndex> Format { get; } = DeflateText.WithOptions(new GZipLineOptions { AccessPointSpacing = 1, MarkSpacing = 1, CheckpointSpacing = 1000 });

    protected override string FileName => "text.deflate";

    protected override Gen<byte[]> Objects { get; } = GZipSamples.Texts.Zip(ContainerSamples.Ways).Select(pair => ContainerSamples.Compress(pair.Item1, DeflateContainer.Raw, pair.Item2.Level, pair.Item2.FlushEvery));

    protected override byte[] Decode(byte[] stored) => ContainerSamples.Decompress(stored, DeflateContainer.Raw);

    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}
