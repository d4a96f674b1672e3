using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dataplug.Conformance;
using Dataplug.Conformance.Formats;
using Dataplug.Formats.Imzml.Xml;
using Dataplug.Metadata;
using Dataplug.Storage;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Imzml.Tests;

/// <summary>Documents byte by byte and by XmlReader; documents that are meant to do harm.</summary>
public sealed class DocumentTests : IAsyncDisposable
{
    private static readonly ImzmlSample Sample = ImzmlSamples.Make(new ImzmlDialect { IsIndented = false }, 4, 3, 11, isWhole: true);

    private readonly FileLawStore _store = new();

    [Fact]
    public void Both_readers_give_the_same_rows() => Prop.ForAll(ImzmlSamples.Any.Zip(ImzmlSamples.Dialects).ToArbitrary(), t => Task.Run(async () =>
    {
        var dialect = t.Item2;
        var sample = ImzmlSamples.Make(dialect, 5, 4, t.Item1.Ibd.Length);
        var source = await _store.Stores.PinAsync(await _store.PutAsync(sample.Document, "d.imzML"));
        var scan = new DocumentScan(source, new ByteRange(0, source.Size), null);
        await scan.RunAsync(default);
        var (head, builder) = await WholeDocument.ReadAsync(source, null, default);
        var count = builder.Table.Count;

        // What is not odd is read byte by byte.
        var isOdd = dialect.Encoding == "utf-16" || (count > 0 && (dialect.HasComment || dialect.HasEntity));
        Assert.Equal(isOdd, scan.Problem is not null);
        if (isOdd)
            return;
        Assert.True(scan.IsComplete);
        Assert.Equal(Convert.ToHexString(builder.Table.Encode(0, count)), Convert.ToHexString(scan.Builder!.Table.Encode(0, count)));
        Assert.Equal(JsonSerializer.Serialize(head, ImzmlJson.Default.ImzmlHead), JsonSerializer.Serialize(scan.Head!, ImzmlJson.Default.ImzmlHead));
    }).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithQuietOnSuccess(true));

    [Theory]
    [InlineData("<spectrum id=\"Scan=1\" defaultArrayLength=\"0\" index=\"7\">")]
    [InlineData("<spectrum index=\"{0}\" defaultArrayLength=\"0\" id=\"Scan={0}\">")]
    [InlineData("<spectrum defaultArrayLength=\"0\" id=\"spectrum={0}\" index=\"{0}\">")]
    public async Task Attributes_may_stand_in_any_order_and_only_the_first_spectrum_is_read_token_by_token(string start)
    {
        var text = Encoding.UTF8.GetString(ImzmlSamples.Make(new ImzmlDialect(), 9, 5, 12, isWhole: true).Document);
        var number = 0;
        text = Regex.Replace(text, "<spectrum [^>]*>", _ => string.Format(CultureInfo.InvariantCulture, start, number++));
        var document = Encoding.UTF8.GetBytes(text);
        var source = await _store.Stores.PinAsync(await _store.PutAsync(document, "order.imzML"));
        var scan = new DocumentScan(source, new ByteRange(0, source.Size), null);
        await scan.RunAsync(default);
        var (_, expected) = await WholeDocument.ReadAsync(source, null, default);
        Assert.Null(scan.Problem);
        Assert.Equal(number, scan.Builder!.Table.Count);
        Assert.Equal(Convert.ToHexString(expected.Table.Encode(0, number)), Convert.ToHexString(scan.Builder.Table.Encode(0, number)));

        var scanner = new SpectrumScanner(new SpectrumBuilder(scan.Head!.Groups, new SpectrumTable()));
        var at = text.IndexOf("<spectrum ", StringComparison.Ordinal);
        for (var i = 0; i < number; i++)
        {
            at += document.AsSpan(at).IndexOf("<spectrum "u8);
            at += scanner.Scan(document.AsSpan(at));
        }

        Assert.Equal(1, scanner.TokenReads);
    }

    [Fact]
    public async Task The_index_does_not_depend_on_the_chunks()
    {
        foreach (var dialect in (ImzmlDialect[])[new(), new() { IsIndexed = true, IsIndented = false }, new() { HasComment = true }, new() { IsUneven = true, Quote = '\'' }])
        {
            var sample = ImzmlSamples.Make(dialect, 5, 5, 3);
            var uri = await _store.PutAsync(sample.Document, "tissue.imzML");
            await _store.ReplaceAsync(uri.WithKey(uri.Key.Replace(".imzML", ".ibd", StringComparison.Ordinal)), sample.Ibd);
            string? expected = null;
            foreach (var chunk in (long[])[1 << 20, 5000, 1237, 400])
            {
                var data = CloudObject.FromUri(new ImzmlFormat(new ImzmlOptions { Statistics = true }, chunk), uri.Value, new CloudObjectOptions { Stores = _store.Stores, Metadata = new MetadataOptions { Home = _store.NewHome() } });
                var sidecar = Convert.ToHexString(await _store.GetAsync((await data.PreprocessAsync()).Sidecar));
                expected ??= sidecar;
                Assert.True(expected == sidecar, $"another index with chunks of {chunk} bytes");
            }
        }
    }

    public static TheoryData<string, string> Harmful() => new()
    {
        { "document type", "<!DOCTYPE mzML [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]>" },
        { "external entity", "<!DOCTYPE mzML SYSTEM \"file:///etc/passwd\">" },
    };

    [Theory]
    [MemberData(nameof(Harmful))]
    public async Task Document_types_are_refused(string what, string declaration)
    {
        _ = what;
        var refused = await RefuseAsync(text => text.Replace("<mzML", declaration + "<mzML", StringComparison.Ordinal));
        Assert.Contains("document type", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deep_nesting_is_refused() =>
        Assert.Contains("deep", (await RefuseAsync(text => text.Replace("<scanList", string.Concat(Enumerable.Repeat("<a>", 100_000)) + "<scanList", StringComparison.Ordinal))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("<fileContent>", "<fileContent x=\"")]
    [InlineData("<scanList count", "<scanList x=\"")]
    public async Task An_endless_value_does_not_fill_the_memory(string where, string start)
    {
        var at = Encoding.UTF8.GetString(Sample.Document).IndexOf(where, StringComparison.Ordinal);
        var document = new byte[at + start.Length + (100 << 20)];
        document.AsSpan().Fill((byte)'x');
        Sample.Document.AsSpan(0, at).CopyTo(document);
        Encoding.ASCII.GetBytes(start).CopyTo(document, at);
        var data = CloudObject.FromUri(Imzml.Format, (await DataSet.PutAsync(_store, Sample with { Document = document }, new ImzmlOptions())).Uri.Value, new CloudObjectOptions { Stores = _store.Stores, Metadata = new MetadataOptions { Home = _store.NewHome() } });
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await Assert.ThrowsAsync<CorruptObjectException>(() => data.PreprocessAsync());
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 200 << 20);
    }

    [Fact]
    public async Task A_document_that_is_cut_short_anywhere_is_refused()
    {
        var end = Encoding.UTF8.GetString(Sample.Document).TrimEnd().Length;
        for (var length = 0; length < end; length += length < 200 ? 23 : 331)
        {
            var data = await DataSet.PutAsync(_store, Sample with { Document = Sample.Document[..length] }, new ImzmlOptions());
            var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => data.PreprocessAsync());
            Assert.EndsWith("tissue.imzML", refused.ObjectName, StringComparison.Ordinal);
            Assert.NotNull(refused.ByteOffset);
        }
    }

    [Theory]
    [InlineData("IMS:1000050", "IMS:1000999", "position")]
    [InlineData("MS:1000514", "MS:1000999", "m/z array")]
    [InlineData("MS:1000515", "MS:1000514", "two m/z arrays")]
    [InlineData("ref=\"mzArray\"", "ref=\"nothing\"", "nothing")]
    [InlineData("IMS:1000102", "IMS:1000999", "external offset")]
    [InlineData("MS:1000523", "MS:1000999", "how its numbers are stored")]
    [InlineData("position x\" value=\"2\"", "position x\" value=\"2.5\"", "2.5")]
    [InlineData("external array length\" value=\"", "external array length\" value=\"99999999999", "points")]
    [InlineData("external offset\" value=\"", "external offset\" value=\"99999999", "the ibd has")]
    [InlineData("<spectrumList", "<spectraList", "spectrumList")]
    public async Task What_a_spectrum_must_have_is_asked_for_by_name(string text, string instead, string told)
    {
        var refused = await RefuseAsync(document => document.Replace(text, instead, StringComparison.Ordinal));
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MS:1000523", "MS:1000520", "16-bit floats")]
    [InlineData("MS:1000576", "MS:1002312", "Numpress")]
    public async Task What_is_not_read_is_refused_by_name(string text, string instead, string told)
    {
        var document = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Sample.Document).Replace(text, instead, StringComparison.Ordinal));
        var data = await DataSet.PutAsync(_store, Sample with { Document = document }, new ImzmlOptions());
        Assert.Contains(told, (await Assert.ThrowsAsync<UnsupportedFormatException>(() => data.PreprocessAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compressed_array_that_claims_too_much_is_refused()
    {
        var sample = ImzmlSamples.Make(new ImzmlDialect { IsZLib = true, IsIndented = false }, 2, 2, 5, isWhole: true);
        var document = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(sample.Document).Replace("external array length\" value=\"", "external array length\" value=\"9999999", StringComparison.Ordinal));
        var data = await DataSet.PutAsync(_store, sample with { Document = document }, new ImzmlOptions());
        await data.PreprocessAsync();
        var slice = (await data.PartitionAsync(ImzmlPartition.IntoSlices(1)))[0];
        Assert.Contains("can't hold", (await Assert.ThrowsAsync<CorruptObjectException>(() => slice.GetAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Offsets_that_were_written_as_signed_32_bit_numbers_are_put_right()
    {
        // 5 GiB, sparse: spectra before 2 GiB, before 4 GiB and behind it.
        var path = Path.Combine(_store.NewHome(), "large.imzML");
        long[] offsets = [1L << 20, 3L << 30, (3L << 30) + 4096, (4L << 30) + 8192];
        await using (var ibd = new FileStream(Path.ChangeExtension(path, ".ibd"), FileMode.Create))
        {
            ibd.SetLength(5L << 30);
            foreach (var offset in offsets)
            {
                ibd.Position = offset;
                ibd.Write(BitConverter.GetBytes((double)offset));
                ibd.Write(BitConverter.GetBytes(1f));
            }
        }

        var spectra = offsets.Select((offset, i) => $"<spectrum index=\"{i}\" id=\"s{i}\" defaultArrayLength=\"0\"><scanList><scan><cvParam accession=\"IMS:1000050\" value=\"{i + 1}\"/><cvParam accession=\"IMS:1000051\" value=\"1\"/></scan></scanList><binaryDataArrayList>"
            + Array("MS:1000514", "MS:1000523", offset, 8) + Array("MS:1000515", "MS:1000521", offset + 8, 4) + "</binaryDataArrayList></spectrum>");
        await File.WriteAllTextAsync(path, "<mzML xmlns=\"http://psi.hupo.org/ms/mzml\"><fileDescription><fileContent><cvParam accession=\"IMS:1000031\"/></fileContent></fileDescription><run><spectrumList count=\"4\">" + string.Concat(spectra) + "</spectrumList></run></mzML>");
        var data = CloudObject.FromFile(Imzml.Format, path, new CloudObjectOptions { Metadata = new MetadataOptions { Home = _store.NewHome() } });
        await data.PreprocessAsync();
        Assert.Equal(offsets.Select(offset => (double)offset), (await (await data.PartitionAsync(ImzmlPartition.IntoSlices(1)))[0].GetAsync()).Select(spectrum => spectrum.Mz.Span[0]));

        static string Array(string kind, string type, long offset, int length) =>
            $"<binaryDataArray encodedLength=\"0\"><cvParam accession=\"{kind}\"/><cvParam accession=\"{type}\"/><cvParam accession=\"MS:1000576\"/><cvParam accession=\"IMS:1000102\" value=\"{(int)offset}\"/><cvParam accession=\"IMS:1000103\" value=\"1\"/><cvParam accession=\"IMS:1000104\" value=\"{length}\"/><binary/></binaryDataArray>";
    }

    [Fact]
    public async Task Statistics_are_those_of_the_spectra()
    {
        foreach (var dialect in (ImzmlDialect[])[new(), new() { IsContinuous = true, IsZLib = true }, new() { IsUnsorted = true, IsShuffled = true }])
        {
            var data = await DataSet.IndexAsync(_store, ImzmlSamples.Make(dialect, 6, 5, 9), new ImzmlOptions { Statistics = true });
            var index = await data.GetIndexAsync();
            foreach (var spectrum in await (await data.PartitionAsync(ImzmlPartition.IntoSlices(1)))[0].GetAsync())
            {
                var (number, mz, intensities) = ((int)spectrum.Number, spectrum.Mz.ToArray(), spectrum.Intensities.ToArray());
                Assert.Equal(intensities.Sum(), index.TotalIonCurrentOf(number), 9);
                Assert.Equal(mz.Length, index.PointsOf(number));
                Assert.Equal((mz.Length == 0 ? double.NaN : mz.Min(), mz.Length == 0 ? double.NaN : mz.Max()), index.MzRangeOf(number));
                Assert.Equal((intensities.DefaultIfEmpty(0).Max(), mz.Length == 0 ? double.NaN : mz[Array.IndexOf(intensities, intensities.Max())]), index.BasePeakOf(number));
            }
        }
    }

    [Fact]
    public async Task Reading_spans_allocates_nothing_per_spectrum()
    {
        var data = await DataSet.IndexAsync(_store, ImzmlSamples.Make(new ImzmlDialect(), 100, 50, 9, maxPoints: 4, isWhole: true), new ImzmlOptions());
        var slice = (await data.PartitionAsync(ImzmlPartition.IntoSlices(1)))[0];
        await using var reader = await slice.OpenReaderAsync();
        Assert.True(await reader.FillAsync());
        Assert.True(reader.TryRead(out _));
        var (count, points) = (1, 0L);
        var meter = new AllocationMeter();
        for (var more = true; more;)
        {
            more = meter.Measure(() =>
            {
                for (var i = 0; i < 100; i++)
                {
                    if (!reader.TryRead(out var spectrum))
                        return false;
                    count++;
                    points += spectrum.Mz.Length;
                }

                return true;
            });
        }

        Assert.Equal(5000, count);
        Assert.InRange(meter.Measured, 1, 60);
        Assert.InRange(meter.Allocated, 0, meter.Measured * 300L);
        Assert.True(points > 0);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private async Task<CorruptObjectException> RefuseAsync(Func<string, string> change)
    {
        var document = Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(Sample.Document)));
        var data = await DataSet.PutAsync(_store, Sample with { Document = document }, new ImzmlOptions());
        return await Assert.ThrowsAsync<CorruptObjectException>(() => data.PreprocessAsync().WaitAsync(TimeSpan.FromSeconds(60)));
    }
}
