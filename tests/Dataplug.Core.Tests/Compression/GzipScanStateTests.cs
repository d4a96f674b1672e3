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

    /// <summary>The checksum fits, the fields do not: a member's start within a byte, with a window, or before its own member.</summary>
    [Theory]
    [InlineData(true, 9, 0, 0, 0, 0)]
    [InlineData(true, 8, 0, 0, 0, 3)]
    [InlineData(false, 80, 100, 11, 0, 3)]
    [InlineData(false, 80, 100, 0, 101, 3)]
    public void A_state_that_contradicts_itself_is_refused(bool isMemberStart, long bitOffset, long outputOffset, long memberOffset, long memberOutputOffset, int windowLength)
    {
        var state = new GzipScanState(new InflateMark(bitOffset, outputOffset, isMemberStart), new byte[windowLength], 0, memberOffset, memberOutputOffset, [], 0);
        Assert.Throws<CorruptIndexException>(() => GzipScanState.FromBytes(state.ToBytes()));
    }
}
