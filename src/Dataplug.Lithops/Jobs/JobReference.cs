using Dataplug.Storage;

namespace Dataplug.Lithops;

/// <summary>
/// Names the futures of a durable job for another process: <see cref="FunctionExecutor.ResumeAsync{TResult}"/>. Plain data,
/// JSON-serialisable; worth nothing without the key.
/// </summary>
/// <param name="Job">The job's id.</param>
/// <param name="Storage">Where it is: the backend's storage.</param>
/// <param name="Count">How many tasks it has.</param>
public sealed record JobReference(string Job, ObjectUri Storage, int Count);
