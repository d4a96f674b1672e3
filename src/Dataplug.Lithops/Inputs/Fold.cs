namespace Dataplug.Lithops;

/// <summary>What a reducer that is fed as results arrive gets: <see cref="FunctionExecutor"/>'s MapFoldAsync.</summary>
/// <typeparam name="TState">The type of what is folded up.</typeparam>
/// <typeparam name="TResult">The type of one result of the map.</typeparam>
/// <param name="State">The result of the fold before; the seed in the first one.</param>
/// <param name="Arrived">The results that have arrived since the fold before, in the order in which they did, which no two runs share.</param>
public sealed record Fold<TState, TResult>(TState State, IReadOnlyList<TResult> Arrived);
