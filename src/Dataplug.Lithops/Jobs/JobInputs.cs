namespace Dataplug.Lithops.Jobs;

/// <summary>Where the inputs of a job come from.</summary>
/// <param name="Items">The inputs, enumerated once, as tasks can be started.</param>
/// <param name="Count">How many, when that can be told without enumerating them.</param>
/// <param name="AreResults">Whether they are the results of another job, whose failure or cancellation is then this one's.</param>
internal sealed record JobInputs<TInput>(IAsyncEnumerable<TInput> Items, int? Count = null, bool AreResults = false)
{
    public static JobInputs<TInput> From(IEnumerable<TInput> inputs) =>
        new(inputs.ToAsyncEnumerable(), inputs.TryGetNonEnumeratedCount(out var count) ? count : null);

    public static JobInputs<TInput> From(IAsyncEnumerable<TInput> inputs) => new(inputs);

    public static JobInputs<TInput> From(Task<IReadOnlyList<TInput>> inputs) =>
        inputs.IsCompletedSuccessfully ? From(inputs.Result) : new JobInputs<TInput>(WhenThereAsync(inputs));

    private static async IAsyncEnumerable<TInput> WhenThereAsync(Task<IReadOnlyList<TInput>> inputs)
    {
        foreach (var input in await inputs.ConfigureAwait(false))
            yield return input;
    }
}
