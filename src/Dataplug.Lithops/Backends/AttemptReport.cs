namespace Dataplug.Lithops.Backends;

/// <summary>What a worker measured while it ran an attempt.</summary>
/// <remarks>CPU time and memory are those of the worker's process, which runs one attempt at a time.</remarks>
public sealed record AttemptReport
{
    /// <summary>Bytes allocated on the managed heap; null when not measured.</summary>
    public long? AllocatedBytes { get; init; }

    /// <summary>Processor time, of all threads together; null when not measured.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>The most memory that the worker's process has held so far, in bytes; null when not measured.</summary>
    public long? PeakMemory { get; init; }

    /// <summary>Bytes that the function read from object stores; null when not measured.</summary>
    public long? BytesRead { get; init; }

    /// <summary>Bytes that the function wrote to object stores; null when not measured.</summary>
    public long? BytesWritten { get; init; }

    /// <summary>Requests that the function sent to object stores; null when not measured.</summary>
    public long? Requests { get; init; }

    /// <summary>What the worker did one after another, by its own clock; empty when it did not say.</summary>
    public IReadOnlyList<AttemptPhase> Phases { get; init; } = [];
}

/// <summary>A part of an attempt.</summary>
/// <param name="Name"><c>code</c>: getting and loading the application; <c>input</c>: getting the input; <c>run</c>: the function;
/// <c>output</c>: storing a result that is too large for the status.</param>
/// <param name="Started">When it began, by the worker's clock.</param>
/// <param name="Duration">How long it took.</param>
public sealed record AttemptPhase(string Name, DateTimeOffset Started, TimeSpan Duration);
