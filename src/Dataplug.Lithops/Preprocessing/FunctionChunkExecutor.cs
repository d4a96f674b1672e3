using System.Runtime.ExceptionServices;
using Dataplug.Preprocessing;

namespace Dataplug.Lithops.Preprocessing;

/// <summary>
/// Runs preprocessing chunks on an executor, wherever its backend runs them: set it as
/// <see cref="PreprocessOptions.Executor"/>. The index is that of one thread, bit for bit.
/// </summary>
/// <remarks>
/// Chunks that fail are repeated as the executor's options say. Partial results are handed over in order, and no more of them are held
/// than there are tasks that run, twice.
/// </remarks>
public sealed class FunctionChunkExecutor : IChunkExecutor
{
    private readonly FunctionExecutor _executor;
    private readonly Func<ChunkTask, CancellationToken, Task<ReadOnlyMemory<byte>>> _run;
    private readonly JobOptions _options;

    /// <summary>Creates a chunk executor.</summary>
    /// <param name="executor">Runs the chunks; not disposed with this.</param>
    /// <param name="run">
    /// Runs one chunk, where the task runs; it knows the formats there:
    /// <c>(chunk, token) => new FormatRegistry(Fastq.GZip).RunChunkAsync(chunk, ObjectStores.Default, cancellationToken: token)</c>.
    /// </param>
    /// <param name="options">How the jobs are run; null for the executor's options.</param>
    public FunctionChunkExecutor(FunctionExecutor executor, Func<ChunkTask, CancellationToken, Task<ReadOnlyMemory<byte>>> run, JobOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(executor);
        ArgumentNullException.ThrowIfNull(run);
        _executor = executor;
        _run = run;
        _options = (options ?? new JobOptions()) with { Name = options?.Name ?? "preprocess" };
    }

    /// <inheritdoc/>
    /// <exception cref="TaskFailedException">A chunk failed in another process, and no retry was left; <see cref="AttemptFailure.Message"/>
    /// of its failure says what the exception there said.</exception>
    public async Task RunAsync(
        IReadOnlyList<ChunkTask> tasks,
        Func<ChunkTask, ReadOnlyMemory<byte>, ValueTask> onPartial,
        IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentNullException.ThrowIfNull(onPartial);
        var next = 0;
        try
        {
            await foreach (var partial in _executor.StreamAsync(_run, tasks, _options).WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                var task = tasks[next++];
                await onPartial(task, partial).ConfigureAwait(false);
                progress?.Report(task.Range.Length);
            }
        }
        catch (TaskFailedException failure) when (failure.InnerException is DataplugException cause and not WorkerLostException)
        {
            // It happened in this process: say it as if the chunk had been worked on without an executor.
            ExceptionDispatchInfo.Throw(cause);
        }
    }
}
