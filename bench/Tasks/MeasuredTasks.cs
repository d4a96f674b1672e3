using System.Buffers;
using System.Diagnostics;
using Dataplug.Storage;

namespace Dataplug.Bench.Tasks;

/// <summary>When a task began and ended, by <see cref="Stopwatch"/>, which on one machine is the same clock for all processes.</summary>
/// <param name="Begun">When it began.</param>
/// <param name="Ended">When it ended.</param>
/// <param name="Bytes">What it read.</param>
public sealed record TaskTimes(long Begun, long Ended, long Bytes = 0);

/// <summary>A part of an object.</summary>
/// <param name="Uri">The object.</param>
/// <param name="Offset">Where the part begins.</param>
/// <param name="Length">Its length in bytes.</param>
public sealed record ObjectPart(string Uri, long Offset, long Length);

/// <summary>The functions whose tasks are measured.</summary>
public static class MeasuredTasks
{
    private const int BufferSize = 1 << 20;

    /// <summary>Does nothing.</summary>
    public static int Increment(int value) => value + 1;

    /// <summary>Holds its worker for some milliseconds.</summary>
    public static async Task<TaskTimes> HoldAsync(int milliseconds)
    {
        var begun = Stopwatch.GetTimestamp();
        await Task.Delay(milliseconds).ConfigureAwait(false);
        return new TaskTimes(begun, Stopwatch.GetTimestamp());
    }

    /// <summary>Reads a part of an object by one request, and drops it.</summary>
    public static async Task<TaskTimes> ReadAsync(ObjectPart part, CancellationToken cancellationToken)
    {
        var uri = ObjectUri.Parse(part.Uri);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var begun = Stopwatch.GetTimestamp();
            var bytes = 0L;
            var read = await ObjectStores.Default.Get(uri).OpenReadAsync(uri, new ReadRequest(new ByteRange(part.Offset, part.Length)), cancellationToken).ConfigureAwait(false);
            await using (read.ConfigureAwait(false))
            {
                for (int count; (count = await read.Content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
                    bytes += count;
            }

            return new TaskTimes(begun, Stopwatch.GetTimestamp(), bytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
