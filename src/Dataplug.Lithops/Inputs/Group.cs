namespace Dataplug.Lithops;

/// <summary>What a reducer per group gets: <see cref="FunctionExecutor"/>'s MapReduceByAsync.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TResult">The type of one result of the map.</typeparam>
/// <param name="Key">What the inputs of the group have in common.</param>
/// <param name="Results">The results of the group's inputs, in their order.</param>
public sealed record Group<TKey, TResult>(TKey Key, IReadOnlyList<TResult> Results);
