using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Preprocessing;

/// <summary>
/// Turns an object into its index: either in one pass (<see cref="IStreamingPreprocessor"/>) or chunk by chunk
/// (<see cref="IChunkedPreprocessor"/>). The runner decides where and when; the partial results are plain bytes in a layout
/// of the plugin's own, so that they can be stored, resumed from and sent between machines.
/// </summary>
public interface IPreprocessor
{
    /// <summary>
    /// Makes the index of the partial results. Runs on one machine, with the partials in order, streamed: it must not hold
    /// more of them than it needs.
    /// </summary>
    /// <param name="partials">The partial results in the order of the object.</param>
    /// <param name="source">The object, pinned; a merge may read a little of it.</param>
    /// <param name="writer">Takes the sections; the caller completes it.</param>
    /// <param name="cancellationToken">Cancels the merge.</param>
    /// <remarks>The result may depend on nothing but the object's bytes and the parameters (law 6): not on where a streaming
    /// pass was interrupted, not on the number of workers.</remarks>
    Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken);
}

/// <summary>A preprocessor that reads the object once, front to back, and can go on after an interruption.</summary>
public interface IStreamingPreprocessor : IPreprocessor
{
    /// <summary>Runs over the object, from the start or from the state of the last checkpoint, to the end.</summary>
    Task RunAsync(IStreamingRun run, CancellationToken cancellationToken);
}

/// <summary>What the runner offers to a streaming pass.</summary>
public interface IStreamingRun
{
    /// <summary>The object, pinned.</summary>
    PinnedObject Source { get; }

    /// <summary>Threads that may be at work at once, at least 1. The index does not depend on it.</summary>
    int Workers { get; }

    /// <summary>The state of the last checkpoint; null at the first run.</summary>
    ReadOnlyMemory<byte>? ResumeState { get; }

    /// <summary>Stores a partial result and the state to go on from, together: after a kill the run goes on after the last
    /// checkpoint. Call it about every second or every few hundred megabytes, and once at the end with an empty state.</summary>
    Task CheckpointAsync(ReadOnlyMemory<byte> partialResult, ReadOnlyMemory<byte> resumeState, CancellationToken cancellationToken);

    /// <summary>Reports how many bytes of the object are done, counted from its start.</summary>
    void ReportProgress(long bytesDone);
}

/// <summary>
/// A streaming preprocessor that can also be spread over many machines, in two passes, although every chunk depends on what comes
/// before it: the first pass learns of each chunk what the next ones have to know, in terms of what it does not know itself; these
/// are resolved one after another, which is short; the second pass does the work.
/// </summary>
/// <remarks>The merged result is that of the stream, bit for bit (law 6).</remarks>
public interface ITwoPassPreprocessor : IStreamingPreprocessor
{
    /// <summary>Whether the two passes do all that is asked for; where not, the stream is the only way.</summary>
    bool CanSplit { get; }

    /// <summary>Cuts the object into chunks. The result of the merge does not depend on where.</summary>
    IReadOnlyList<ByteRange> PlanChunks(long size);

    /// <summary>The first pass over one chunk.</summary>
    /// <returns>What it learnt.</returns>
    Task<ReadOnlyMemory<byte>> ScoutAsync(ChunkRun run, CancellationToken cancellationToken);

    /// <summary>Between the passes: puts together what was learnt.</summary>
    /// <param name="chunks">The chunks.</param>
    /// <param name="scouted">What the first pass learnt of each, in order.</param>
    /// <param name="source">The object, pinned; little of it is read.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>For each chunk what its second pass needs to know, a few kilobytes; null where there is nothing left to do.</returns>
    Task<IReadOnlyList<ReadOnlyMemory<byte>?>> ResolveAsync(IReadOnlyList<ByteRange> chunks, IAsyncEnumerable<ReadOnlyMemory<byte>> scouted, PinnedObject source, CancellationToken cancellationToken);

    /// <summary>The second pass over one chunk.</summary>
    /// <returns>The partial result; those of all chunks are merged in order.</returns>
    Task<ReadOnlyMemory<byte>> MapAsync(ChunkRun run, CancellationToken cancellationToken);
}

/// <summary>A preprocessor whose chunks can be worked on in any order, at the same time, on other machines.</summary>
public interface IChunkedPreprocessor : IPreprocessor
{
    /// <summary>Cuts the object into chunks; depends on its size and the parameters alone. Empty for an object of no bytes.</summary>
    IReadOnlyList<ByteRange> PlanChunks(long size);

    /// <summary>Works on one chunk. May read a little around it.</summary>
    /// <returns>The partial result.</returns>
    Task<ReadOnlyMemory<byte>> MapAsync(ChunkRun run, CancellationToken cancellationToken);
}

/// <summary>One chunk to work on.</summary>
/// <param name="Source">The object, pinned.</param>
/// <param name="Range">The chunk's bytes.</param>
/// <param name="Index">The chunk's number, from 0.</param>
/// <param name="Count">The number of chunks.</param>
/// <param name="Progress">Takes the number of bytes of this chunk that are done; may be null.</param>
public sealed record ChunkRun(PinnedObject Source, ByteRange Range, int Index, int Count, IProgress<long>? Progress = null)
{
    /// <summary>In the second pass of two: what <see cref="ITwoPassPreprocessor.ResolveAsync"/> gave for the chunk.</summary>
    public ReadOnlyMemory<byte> Resolved { get; init; }
}
