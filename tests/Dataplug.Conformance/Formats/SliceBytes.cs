using Dataplug.Partitioning;

namespace Dataplug.Conformance.Formats;

/// <summary>What slices hold, as bytes.</summary>
public static class SliceBytes
{
    /// <summary>A slice as a file of its own.</summary>
    public static async Task<byte[]> ReadAsync(Slice slice)
    {
        await using var stream = await slice.OpenReadAsync();
        var buffer = new MemoryStream();
        await stream.CopyToAsync(buffer);
        return buffer.ToArray();
    }

    /// <summary>The slices put together: the whole object again, when they are all of a plan.</summary>
    public static async Task<byte[]> JoinAsync(IEnumerable<Slice> slices)
    {
        var whole = new MemoryStream();
        foreach (var slice in slices)
        {
            await using var piece = await slice.OpenContinuationAsync();
            await piece.CopyToAsync(whole);
        }

        return whole.ToArray();
    }
}
