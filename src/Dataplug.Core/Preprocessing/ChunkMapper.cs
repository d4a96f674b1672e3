using Dataplug.Formats;
using Dataplug.Storage;

namespace Dataplug.Preprocessing;

/// <summary>Runs one chunk: the same on this machine's cores and in a foreign process.</summary>
internal static class ChunkMapper
{
    /// <summary>Runs one chunk with the preprocessor of its format.</summary>
    /// <param name="format">The format, with any parameters.</param>
    /// <param name="task">The chunk.</param>
    /// <param name="stores">The stores to read through.</param>
    /// <param name="progress">Takes the bytes done since the last report; all reports together make the chunk's length.</param>
    /// <param name="cancellationToken">Cancels the chunk.</param>
    public static async Task<ReadOnlyMemory<byte>> RunAsync(DataFormat format, ChunkTask task, ObjectStores stores, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var steps = progress is null ? null : new Steps(progress, task.Range.Length);
        var run = new ChunkRun(task.Source.Pin(stores), task.Range, task.Index, task.Count, steps) { Resolved = task.Resolved };
        var partial = await ((format.WithParameters(task.Parameters).CreatePreprocessor(), task.Pass) switch
        {
            (IChunkedPreprocessor preprocessor, ChunkPass.Map) => preprocessor.MapAsync(run, cancellationToken),
            (ITwoPassPreprocessor preprocessor, ChunkPass.Map) => preprocessor.MapAsync(run, cancellationToken),
            (ITwoPassPreprocessor preprocessor, ChunkPass.Scout) => preprocessor.ScoutAsync(run, cancellationToken),
            _ => throw new ArgumentException($"Format '{format.Id}' is not preprocessed chunk by chunk.", nameof(task)),
        }).ConfigureAwait(false);
        steps?.Report(task.Range.Length);
        return partial;
    }

    // Turns "so far" into "since the last report".
    private sealed class Steps(IProgress<long> target, long length) : IProgress<long>
    {
        private readonly Lock _lock = new();
        private long _done;

        public void Report(long value)
        {
            long step;
            lock (_lock)
            {
                step = Math.Min(value, length) - _done;
                if (step <= 0)
                    return;
                _done += step;
            }

            target.Report(step);
        }
    }
}
