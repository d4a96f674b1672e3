using Dataplug.Lithops.Backends.Storage;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Jobs;
using Dataplug.Lithops.Records;

namespace Dataplug.Lithops;

/// <content>Jobs that outlive the process that submitted them.</content>
public sealed partial class FunctionExecutor
{
    /// <summary>
    /// Takes over a durable job that another process has submitted and left, or died over: results that are there are taken, tasks that
    /// workers are at are waited for, and the others are run.
    /// </summary>
    /// <typeparam name="TResult">The type of one result, as the job's function returns it.</typeparam>
    /// <param name="reference">What <see cref="FutureList{TResult}.WhenStoredAsync"/> gave the other process.</param>
    /// <param name="options">How the rest of the job is run; null for the executor's options. Code, files and environment are the job's own.</param>
    /// <param name="cancellationToken">Cancels the job.</param>
    /// <returns>The job's futures, in the order of its inputs.</returns>
    /// <remarks>
    /// This executor's backend has to have the same storage and key; it needs neither to be of the same kind nor the application's code. Only
    /// one process at a time may have a job. A task whose worker died with the first client counts as failed when it has given no sign of
    /// life for the heartbeat's timeout, and is repeated when retries are left; one that was given to a worker and had not begun is given
    /// out again, and may so run twice: its first result counts.
    /// </remarks>
    /// <exception cref="JobNotFoundException">There is no such job, or it has ended.</exception>
    /// <exception cref="PayloadRefusedException">The job was stored with another key.</exception>
    /// <exception cref="NotSupportedException">The backend keeps no jobs in storage.</exception>
    /// <exception cref="ArgumentException">The job's results are of another type.</exception>
    public async Task<FutureList<TResult>> ResumeAsync<TResult>(JobReference reference, JobOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        options ??= new JobOptions();
        options.Validate();
        var backend = _backend as IStorageBackend ?? throw new NotSupportedException($"The backend '{_backend.Name}' keeps no jobs in storage.");
        var found = await backend.Jobs.FindAsync(reference.Job, cancellationToken).ConfigureAwait(false);
        if (found.Stored.ResultType != typeof(TResult).ToString())
            throw new ArgumentException($"The results of job {reference.Job} are of type {found.Stored.ResultType}, not {typeof(TResult)}.", nameof(reference));
        var recorder = _records is null ? null : new JobRecorder(_records, options.Messages, _options.TimeProvider);
        var settings = new JobSettings(_options, options with { Durable = true }, recorder);
        var job = new JobRun<ReadOnlyMemory<byte>, TResult>(
            new JobDefinition<ReadOnlyMemory<byte>, TResult>
            {
                Id = reference.Job,
                Name = options.Name ?? found.Stored.Name,
                Depth = 0,
                TaskFunction = static (_, _) => throw new NotSupportedException("The function of a job that was taken over is only in its workers."),
                Inputs = new JobInputs<ReadOnlyMemory<byte>>(found.InputsAsync(CancellationToken.None), found.Count),
                Settings = settings,
                InputCodec = PayloadCodec.Create<ReadOnlyMemory<byte>>(found.Stored.Name, "its input", settings.SerializerOptions),
                ResultCodec = PayloadCodec.Create<TResult>(found.Stored.Name, "its result", settings.SerializerOptions),
                Resumed = found,
                TakesStored = found.Stored.TakesStored,
                KeepsResults = found.Stored.KeepsResults,
            },
            _backend,
            OnLeft);
        foreach (var canceled in found.Canceled)
            job.Cancel(job.Ledger[canceled]);
        Start(job, parent: null, cancellationToken);
        return new FutureList<TResult>(job.Ledger);
    }
}
