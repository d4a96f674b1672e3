namespace Dataplug.Lithops.Backends.Lambda;

/// <summary>How a <see cref="LambdaBackend"/> invokes its function.</summary>
public sealed record LambdaBackendOptions : RemoteBackendOptions
{
    /// <summary>The function: its name or ARN, with <c>:version</c> or <c>:alias</c> if one is meant. <c>dataplug runtime deploy
    /// aws-lambda</c> makes one.</summary>
    public required string Function { get; init; }

    /// <summary>Functions of the same worker with more memory, by their memory in MiB, for tasks that ask for it (<see cref="JobOptions.Memory"/>):
    /// the smallest that has enough is invoked, else the largest. Empty where there is only <see cref="Function"/>.</summary>
    public IReadOnlyDictionary<int, string> FunctionsByMemory { get; init; } = new Dictionary<int, string>();

    /// <summary>How Lambda is reached.</summary>
    public LambdaOptions Lambda { get; init; } = new();

    /// <summary>Whether to hand invocations over to Lambda's own queue and find their ends in storage, instead of holding a connection for
    /// each. Lambda then repeats what fails twice by itself; of an attempt that has ended nothing is run again.</summary>
    public bool Asynchronous { get; init; }

    /// <summary>The function for an amount of memory in bytes.</summary>
    internal string FunctionFor(long? memory)
    {
        if (memory is not { } bytes || FunctionsByMemory.Count == 0)
            return Function;
        var enough = FunctionsByMemory.Where(function => (long)function.Key << 20 >= bytes).ToList();
        return enough.Count > 0 ? enough.MinBy(function => function.Key).Value : FunctionsByMemory.MaxBy(function => function.Key).Value;
    }

    internal override void Validate()
    {
        base.Validate();
        ArgumentException.ThrowIfNullOrWhiteSpace(Function, nameof(Function));
        ArgumentOutOfRangeException.ThrowIfLessThan(Lambda.RetryFor, TimeSpan.Zero, nameof(LambdaOptions.RetryFor));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Lambda.RetryDelay, TimeSpan.Zero, nameof(LambdaOptions.RetryDelay));
    }
}
