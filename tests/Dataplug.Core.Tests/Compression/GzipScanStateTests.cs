using Dataplug.Compression;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Compression;

[Properties(Arbitrary = [typeof(Seeds)])]
public sealed class GzipScanStateTests
{
    private static async Task<GzipScanState> StateAsync(Random random)
    {
        for (; ; )
        {
            var scan = await GzipRecording.OfAsync(GzipObjects.Object(random), new GzipScanOptions { MarkSpacing = 1, AccessPointSpacing = 1 });
            return scan.AccessPoints[random.Next(scan.AccessPoints.Count)].State;
        }
    }

    [Property(MaxTest = 40)]
    public async Task A_state_comes_back_as_it_was(Seed seed)
    {
        var state = await StateAsync(seed.Random());
        var back = GzipScanState.FromBytes(state.ToBytes());
        Assert.Equal(state.Mark, back.Mark);
        Assert.Equal(state.Window.Span, back.Window.Span);
        Assert.Equal(state.MemberCount, back.MemberCount);
        Assert.Equal(state.ToBytes(), back.ToBytes());
    }

    [Property(MaxTest = 40)]
    public async Task A_damaged_state_is_refused(Seed seed)
    {
        var random = seed.Random();
        var bytes = (await StateAsync(random)).ToBytes();
        Assert.Throws<CorruptIndexException>(() => GzipScanState.FromBytes(bytes.AsSpan(0, random.Next(bytes.Length))));
        Assert.Throws<CorruptIndexException>(() => GzipScanState.FromBytes([.. bytes, 0]));
        bytes[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);
        Assert.Throws<CorruptIndexException>(() => GzipScanState.FromBytes(bytes));
    }
}
