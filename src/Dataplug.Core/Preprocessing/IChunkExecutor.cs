using System.Text.Json.Serialization;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Preprocessing;

/// <summary>Runs preprocessing chunks somewhere: on this machine's cores, or on many machines (Dataplug.Lithops).</summary>
public interface IChunkExecutor
{
    /// <summary>Runs the tasks, in any order, and hands over each partial result as it comes.</summary>
    /// <param name="tasks">The chunks that are still to be done.</param>
    /// <param name="onPartial">Takes a partial result; may be called from several threads at once; must be awaited.</param>
    /// <param name="progress">Takes the number of bytes done since the last report, for executors that can say so; may be null.</param>
    /// <param name="cancellationToken">Cancels all of them.</param>
    Task RunAsync(
        IReadOnlyList<ChunkTask> tasks,
        Func<ChunkTask, ReadOnlyMemory<byte>, ValueTask> onPartial,
        IProgress<long>? progress,
        CancellationToken cancellationToken);
}

/// <summary>
/// One preprocessing chunk as plain data that any process with the format's plugin can run (FormatRegistry.RunChunkAsync).
/// </summary>
/// <param name="FormatId">The format's id.</param>
/// <param name="Parameters">The format's preprocessing parameters, canonical JSON.</param>
/// <param name="Source">The object.</param>
/// <param name="Range">The chunk's bytes.</param>
/// <param name="Index">The chunk's number, from 0.</param>
/// <param name="Count">The number of chunks.</param>
public sealed record ChunkTask(string FormatId, string Parameters, SourceIdentity Source, ByteRange Range, int Index, int Count)
{
    /// <summary>What is to be done with the chunk.</summary>
    public ChunkPass Pass { get; init; }

    /// <summary>In the second pass of two: what the chunk has to know of those before it, a few kilobytes; else null.</summary>
    public byte[]? Resolved { get; init; }
}

/// <summary>What is to be done with a chunk.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChunkPass>))]
public enum ChunkPass
{
    /// <summary>The partial result: <see cref="IChunkedPreprocessor.MapAsync"/>, or the second pass of two.</summary>
    Map,

    /// <summary>The first pass of two: <see cref="ITwoPassPreprocessor.ScoutAsync"/>.</summary>
    Scout,
}
