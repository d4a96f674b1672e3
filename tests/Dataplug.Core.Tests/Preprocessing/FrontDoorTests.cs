using System.Text;
using Dataplug.Conformance.Storage;
using Dataplug.Conformance.Toys;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Core.Tests.Preprocessing;

public sealed class FrontDoorTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_object_is_preprocessed_once_and_cut_as_often_as_one_likes(bool isStreaming)
    {
        var content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 2000).Select(i => $"line {i}\n")));
        var uri = _scratch.Write("a.lines", content);
        var format = new LinesFormat(isStreaming: isStreaming);
        var cloud = CloudObject.FromFile(format, uri.Key, _scratch.Options());

        var report = await cloud.PreprocessAsync();
        Assert.Equal(PreprocessOutcome.Indexed, report.Outcome);
        Assert.Equal(new FileInfo(report.Sidecar.Key).Length, report.SidecarSize);
        Assert.Equal(PreprocessOutcome.AlreadyIndexed, (await cloud.PreprocessAsync()).Outcome);

        var index = await cloud.GetIndexAsync();
        Assert.Equal(2000, index.Lines.Sum());
        Assert.Equal(2000, index.Attributes.GetProperty("lines").GetInt64());
        Assert.Equal(SourceIdentity.Of(await ObjectStores.Default.Get(uri).HeadAsync(uri)), index.Source);

        var serializer = new FormatRegistry(format).CreateSliceSerializer();
        foreach (var count in (int[])[1, 3, 7])
        {
            var slices = await cloud.PartitionAsync(LinesFormat.IntoSlices(count));
            var whole = new MemoryStream();
            foreach (var slice in slices)
            {
                var again = (LinesSlice)serializer.Deserialize(serializer.Serialize(slice));
                Assert.Equal(slice, again);
                Assert.StartsWith("mark ", await again.ReadMarkAsync(), StringComparison.Ordinal);
                await using var stream = await again.OpenReadAsync();
                await stream.CopyToAsync(whole);
            }

            Assert.Equal(content, whole.ToArray());
        }
    }
}
