using Dataplug.Conformance.Formats;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Formats.Imzml.Tests;

/// <summary>Two objects as one: where the ibd is looked for, what is checked, what happens when either changes.</summary>
public sealed class ImzmlFileTests : IAsyncDisposable
{
    private static readonly ImzmlSample Sample = ImzmlSamples.Make(new ImzmlDialect(), 4, 3, 11);

    private readonly FileLawStore _store = new();

    [Theory]
    [InlineData(".ibd")]
    [InlineData(".IBD")]
    public async Task The_ibd_is_found_beside_the_document_in_either_case(string ending)
    {
        var data = await DataSet.PutAsync(_store, Sample, new ImzmlOptions(), ending);
        await data.PreprocessAsync();
        Assert.Equal(Sample.Lines().Count, (await data.GetIndexAsync()).Spectra);
    }

    [Theory]
    [InlineData("other.bin")]
    [InlineData("file")]
    public async Task The_ibd_may_be_given(string given)
    {
        var uri = await _store.PutAsync(Sample.Document, "tissue.imzML");
        var ibd = uri.WithKey(uri.Key.Replace("tissue.imzML", "other.bin", StringComparison.Ordinal));
        await _store.ReplaceAsync(ibd, Sample.Ibd);
        var data = CloudObject.FromUri(Imzml.With(new ImzmlOptions { Ibd = given == "file" ? ibd.Value : given }), uri.Value, Options());
        await data.PreprocessAsync();
        Assert.Equal(Sample.Lines(), (await (await data.PartitionAsync(ImzmlPartition.IntoSlices(1)))[0].GetAsync()).Select(PlainImzml.Line));
    }

    [Fact]
    public async Task A_missing_ibd_is_named()
    {
        var data = CloudObject.FromUri(Imzml.Format, (await _store.PutAsync(Sample.Document, "tissue.imzML")).Value, Options());
        var missing = await Assert.ThrowsAsync<ObjectNotFoundException>(() => data.PreprocessAsync());
        Assert.Contains("tissue.ibd", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_ibd_makes_the_index_and_the_slices_stale()
    {
        var data = await DataSet.IndexAsync(_store, Sample, new ImzmlOptions());
        var slice = (await data.PartitionAsync(ImzmlPartition.IntoSlices(1)))[0];
        await _store.ReplaceAsync(slice.Ibd.Uri, [.. Sample.Ibd, 0]);

        await Assert.ThrowsAsync<StaleIndexException>(() => slice.GetAsync());
        await Assert.ThrowsAsync<StaleIndexException>(() => SliceBytes.ReadAsync(slice));
        await Assert.ThrowsAsync<StaleIndexException>(() => slice.SaveAsync(Path.Combine(data.Options.Metadata.Home!, "piece.imzML")));
        Assert.Empty(Directory.EnumerateFiles(data.Options.Metadata.Home!, "piece*"));
        Assert.Equal(IndexStatus.Stale, (await data.GetStateAsync()).Status);
        var stale = await Assert.ThrowsAsync<StaleIndexException>(() => CloudObject.FromUri(Imzml.Format, data.Uri.Value, data.Options).GetIndexAsync());
        Assert.Contains("tissue.ibd", stale.Message, StringComparison.Ordinal);
        Assert.Equal(Preprocessing.PreprocessOutcome.Indexed, (await data.PreprocessAsync()).Outcome);
        Assert.Equal(Preprocessing.PreprocessOutcome.AlreadyIndexed, (await data.PreprocessAsync()).Outcome);
    }

    [Fact]
    public async Task A_changed_document_makes_the_index_stale()
    {
        var data = await DataSet.IndexAsync(_store, Sample, new ImzmlOptions());
        await _store.ReplaceAsync(data.Uri, [.. Sample.Document, (byte)'\n']);
        Assert.Equal(IndexStatus.Stale, (await data.GetStateAsync()).Status);
    }

    [Fact]
    public async Task An_index_with_more_than_is_asked_for_does()
    {
        var data = await DataSet.IndexAsync(_store, Sample, new ImzmlOptions { Statistics = true, Check = ImzmlCheck.Uuid });
        Assert.True((await CloudObject.FromUri(Imzml.Format, data.Uri.Value, data.Options).GetIndexAsync()).DataSet.HasStatistics);
        await Assert.ThrowsAsync<NotPreprocessedException>(() => CloudObject.FromUri(Imzml.With(new ImzmlOptions { Check = ImzmlCheck.Checksum }), data.Uri.Value, data.Options).GetIndexAsync());
    }

    [Theory]
    [InlineData(ImzmlCheck.Arrays, false)]
    [InlineData(ImzmlCheck.Uuid, true)]
    [InlineData(ImzmlCheck.Checksum, true)]
    public async Task Another_uuid_is_a_warning_or_an_error(ImzmlCheck check, bool isRefused)
    {
        var ibd = Sample.Ibd.ToArray();
        ibd[3] ^= 1;
        var data = await DataSet.PutAsync(_store, Sample with { Ibd = ibd }, new ImzmlOptions { Check = check });
        if (isRefused)
        {
            Assert.Contains("UUID", (await Assert.ThrowsAsync<CorruptObjectException>(() => data.PreprocessAsync())).Message, StringComparison.Ordinal);
            return;
        }

        await data.PreprocessAsync();
        Assert.Contains((await data.GetIndexAsync()).Warnings, warning => warning.Contains("UUID", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_changed_byte_of_an_array_is_found_by_the_checksum_alone()
    {
        var ibd = Sample.Ibd.ToArray();
        ibd[^1] ^= 1;
        await (await DataSet.PutAsync(_store, Sample with { Ibd = ibd }, new ImzmlOptions { Check = ImzmlCheck.Uuid })).PreprocessAsync();
        var data = await DataSet.PutAsync(_store, Sample with { Ibd = ibd }, new ImzmlOptions { Check = ImzmlCheck.Checksum });
        Assert.Contains("SHA1", (await Assert.ThrowsAsync<CorruptObjectException>(() => data.PreprocessAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cut_ibd_is_refused_with_the_spectrum_and_the_byte()
    {
        var data = await DataSet.PutAsync(_store, Sample with { Ibd = Sample.Ibd[..^1] }, new ImzmlOptions());
        var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => data.PreprocessAsync());
        Assert.Contains("spectrum", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(refused.ByteOffset);
        Assert.EndsWith("tissue.ibd", refused.ObjectName, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slice_is_saved_as_a_pair_whose_checksum_is_right()
    {
        foreach (var dialect in (ImzmlDialect[])[new() { IsContinuous = true }, new() { IsZLib = true, HasMobility = true, HasZ = true }])
        {
            var sample = ImzmlSamples.Make(dialect, 4, 4, 2);
            var data = await DataSet.IndexAsync(_store, sample, new ImzmlOptions());
            var slice = (await data.PartitionAsync(ImzmlPartition.IntoSlices(2)))[1];
            var path = Path.Combine(data.Options.Metadata.Home!, "piece.imzML");
            await slice.SaveAsync(path);
            Assert.Equal(2, Directory.GetFiles(data.Options.Metadata.Home!, "piece*").Length);

            var again = CloudObject.FromFile(Imzml.With(new ImzmlOptions { Check = ImzmlCheck.Checksum }), path, Options());
            await again.PreprocessAsync();
            var index = await again.GetIndexAsync();
            Assert.Empty(index.Warnings);
            Assert.Equal(dialect.IsContinuous ? "continuous" : "processed", index.DataSet.Mode);
            Assert.Equal("negative", index.DataSet.Polarity);
            Assert.Equal("centroid", index.DataSet.Representation);
            Assert.Equal(50.5, index.DataSet.PixelSizeX);
            Assert.Equal((await slice.GetAsync()).Select(PlainImzml.Line), (await (await again.PartitionAsync(ImzmlPartition.IntoSlices(1)))[0].GetAsync()).Select(PlainImzml.Line));
        }
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private CloudObjectOptions Options() => new() { Stores = _store.Stores, Metadata = new MetadataOptions { Home = _store.NewHome() } };
}
