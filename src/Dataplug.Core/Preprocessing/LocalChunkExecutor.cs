using Dataplug.Formats;
using Dataplug.Storage;

namespace Dataplug.Preprocessing;

/// <summary>Runs preprocessing chunks on the cores of this machine: never more at once than asked for.</summary>
public sealed class LocalChunkExecutor : IChunkExecutor
{
    private readonly DataFormat _format;
    private readonly ObjectStores _stores;

    /// <summary>Creates an executor.</summary>
    /// <param name="format">The format of the chunks.</param>
    /// <param name="stores">The stores that objects are read through.</param>
    /// <param name="parallelism">Chunks worked on at once; 0 for as many as there are cores.</param>
    public LocalChunkExecutor(DataFormat format, ObjectStores stores, int parallelism = 0)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(stores);
        ArgumentOutOfRangeException.ThrowIfNegative(parallelism);
        _format = format;
        _stores = stores;
        Parallelism = parallelism == 0 ? Environment.ProcessorCount : parallelism;
    }

    /// <summary>Chunks worked on at once.</summary>
    public int Parallelism { get; }

    /// <inheritdoc/>
    public Task RunAsync(
        IReadOnlyList<ChunkTask> tasks,
        Func<ChunkTask, ReadOnlyMemory<byte>, ValueTask> onPartial,
        IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentNullException.ThrowIfNull(onPartial);
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(tasks, options, async (task, cancelled) =>
        {
            if (task.FormatId != _format.Id)
                throw new ArgumentException($"The chunk is for format '{task.FormatId}', the executor for '{_format.Id}'.", nameof(tasks));
            var partial = await ChunkMapper.RunAsync(_format, task, _stores, progress, cancelled).ConfigureAwait(false);
            await onPartial(task, partial).ConfigureAwait(false);
        });
    }
}
