using System.Text.Json;
using Dataplug.Lithops.Functions;

namespace Dataplug.Lithops.Backends;

/// <summary>A job as its backend sees it.</summary>
public interface IBackendJob
{
    /// <summary>Unique among all jobs of all executors: letters, digits and hyphens.</summary>
    string Id { get; }

    /// <summary>For people.</summary>
    string Name { get; }

    /// <summary>How many jobs this one is nested in: 0 when submitted by the client, 1 by one of its tasks. Deeper jobs go first.</summary>
    int Depth { get; }

    /// <summary>How many tasks it has; null when only the end of the inputs will tell.</summary>
    int? TaskCount { get; }

    /// <summary>How many of its tasks may run at once; null for as many as the backend can.</summary>
    int? MaxParallelism { get; }

    /// <summary>How long one attempt may take; null for ever. The executor watches over it; a backend may as well.</summary>
    TimeSpan? TaskTimeout { get; }

    /// <summary>How long an attempt that is told to stop may take to do so; then its place goes to others.</summary>
    TimeSpan CancellationGrace { get; }

    /// <summary>How many tasks a worker is given at once, to run one after another; at least 1. Backends in this process take no notice.</summary>
    int TasksPerInvocation { get; }

    /// <summary>Variables that the tasks are to find in their environment.</summary>
    IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Files, by their full paths on this machine, that the tasks are to find on theirs under the same names.</summary>
    IReadOnlyList<string> Files { get; }

    /// <summary>How inputs and results are written where they travel as JSON.</summary>
    JsonSerializerOptions SerializerOptions { get; }

    /// <summary>The function, by a name that other processes can find; null unless the backend ships functions.</summary>
    FunctionReference? Reference { get; }

    /// <summary>
    /// The attempts to run, drawn from the inputs one by one as they are asked for; an attempt that is to be repeated comes
    /// again under the next number. Ends when all tasks are settled or the job is cancelled. To be enumerated once.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    IAsyncEnumerable<IBackendTask> ReadTasksAsync(CancellationToken cancellationToken = default);
}
