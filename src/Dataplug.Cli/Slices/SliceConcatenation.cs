using System.IO.Pipelines;
using Dataplug.Partitioning;

namespace Dataplug.Cli.Slices;

/// <summary>
/// Puts slices together in order while the next ones are already being read: as many at once as there are workers, each with
/// a bounded buffer.
/// </summary>
internal sealed class SliceConcatenation(IReadOnlyList<Slice> slices, int workers)
{
    // All buffers together. What does not fit waits in its connection.
    private const long MemoryLimit = 64 << 20;

    /// <summary>Writes the slices.</summary>
    public async Task WriteToAsync(Stream destination, CancellationToken cancellationToken)
    {
        var atOnce = Math.Min(workers, slices.Count);
        var bufferSize = Math.Max(1 << 18, MemoryLimit / Math.Max(1, atOnce));
        var options = new PipeOptions(pauseWriterThreshold: bufferSize, resumeWriterThreshold: bufferSize / 2, minimumSegmentSize: 1 << 16, useSynchronizationContext: false);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var underWay = new Queue<(Pipe Pipe, Task Reading)>();
        var next = 0;
        try
        {
            while (next < slices.Count || underWay.Count > 0)
            {
                while (next < slices.Count && underWay.Count < atOnce)
                {
                    var slice = slices[next++];
                    var pipe = new Pipe(options);
                    underWay.Enqueue((pipe, Task.Run(() => ReadAsync(slice, pipe.Writer, stop.Token), CancellationToken.None)));
                }

                var (first, reading) = underWay.Peek();
                await first.Reader.CopyToAsync(destination, cancellationToken);
                await first.Reader.CompleteAsync();
                await reading;
                _ = underWay.Dequeue();
            }
        }
        finally
        {
            // After a failure nobody reads the pipes any more; their writers must not wait for ever.
            await stop.CancelAsync();
            foreach (var (pipe, reading) in underWay)
            {
                await pipe.Reader.CompleteAsync();
                await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static async Task ReadAsync(Slice slice, PipeWriter writer, CancellationToken cancellationToken)
    {
        try
        {
            await using var content = await slice.OpenContinuationAsync(cancellationToken);
            await content.CopyToAsync(writer, cancellationToken);
            await writer.CompleteAsync();
        }
        catch (Exception exception)
        {
            // The one who copies the pipe sees it.
            await writer.CompleteAsync(exception);
        }
    }
}
