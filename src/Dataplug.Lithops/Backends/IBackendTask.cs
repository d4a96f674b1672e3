using System.Buffers;
using Dataplug.Lithops.Functions;

namespace Dataplug.Lithops.Backends;

/// <summary>
/// One attempt at a task. A backend either runs it here (<see cref="RunAsync"/>), or sends it away: <see cref="WriteInput"/>,
/// <see cref="Start"/>, then <see cref="Succeed"/> or <see cref="Fail"/>. The first report wins; later ones return false.
/// </summary>
public interface IBackendTask
{
    /// <summary>The task's place in the job, from 0.</summary>
    int Index { get; }

    /// <summary>Which try this is, from 1.</summary>
    int Attempt { get; }

    /// <summary>How much memory the attempt asks for, in bytes; null for as much as the backend gives by itself.</summary>
    long? Memory { get; }

    /// <summary>Fires when the attempt has to stop.</summary>
    CancellationToken CancellationToken { get; }

    /// <summary>Runs the function in this process and reports by itself. Never throws.</summary>
    /// <param name="worker">The worker's name.</param>
    /// <param name="slot">Given back when the attempt is over; that is also when it was told to stop and did not within the grace.</param>
    Task RunAsync(string worker, IWorkerSlot slot);

    /// <summary>Writes the input as it travels: raw when it is a byte array, memory or a stream, else as UTF-8 JSON.</summary>
    /// <param name="destination">Takes the bytes.</param>
    /// <remarks>Throws what the input's serialisation throws; the attempt has failed with that.</remarks>
    void WriteInput(IBufferWriter<byte> destination);

    /// <summary>Reports that a worker has begun; the attempt's time begins to count.</summary>
    /// <param name="worker">The worker's name.</param>
    /// <returns>False when it was cancelled meanwhile, and must not run.</returns>
    bool Start(string worker);

    /// <summary>Reports the result.</summary>
    /// <param name="result">The result as it travelled: raw when it is a byte array, memory or a stream, else UTF-8 JSON.</param>
    /// <param name="report">What the worker measured, or null.</param>
    /// <returns>False when the attempt was already over; the result is dropped.</returns>
    bool Succeed(ReadOnlySpan<byte> result, AttemptReport? report = null);

    /// <summary>Reports a failure: of the function, or of the worker.</summary>
    /// <param name="failure">What happened.</param>
    /// <param name="report">What the worker measured, or null.</param>
    /// <returns>False when the attempt was already over.</returns>
    bool Fail(AttemptFailure failure, AttemptReport? report = null);

    /// <summary>Passes on a line that the function logged.</summary>
    /// <param name="message">The line.</param>
    void Log(string message);

    /// <summary>Passes on how far the function is.</summary>
    /// <param name="fraction">From 0 to 1.</param>
    void ReportProgress(double fraction);
}
