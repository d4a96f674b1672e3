using System.Threading.Channels;
using Dataplug.Lithops.Backends.Storage;
using Dataplug.Lithops.Functions;

namespace Dataplug.Lithops.Jobs;

/// <summary>What makes a job.</summary>
internal sealed record JobDefinition<TInput, TResult>
{
    /// <summary>Unique among all jobs of all executors.</summary>
    public required string Id { get; init; }

    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>How many jobs it is nested in.</summary>
    public required int Depth { get; init; }

    public required TaskFunction<TInput, TResult> TaskFunction { get; init; }

    public required JobInputs<TInput> Inputs { get; init; }

    public required JobSettings Settings { get; init; }

    /// <summary>The function's name for other processes; null on backends that call it here. So are the two below.</summary>
    public FunctionReference? Reference { get; init; }

    public PayloadCodec<TInput>? InputCodec { get; init; }

    public PayloadCodec<TResult>? ResultCodec { get; init; }

    /// <summary>Where it stood when it was taken over from another process; null for a job of this one.</summary>
    public ResumedJob? Resumed { get; init; }

    /// <summary>Whether inputs are <see cref="StoredResult{T}"/> and the function takes what they stand for.</summary>
    public bool TakesStored { get; init; }

    /// <summary>Whether results are <see cref="StoredResult{T}"/> of what the function returns.</summary>
    public bool KeepsResults { get; init; }

    /// <summary>Takes each future when its input is drawn, for streams, whose ledger keeps none; null else.</summary>
    public ChannelWriter<Future<TResult>>? Sink { get; init; }

    /// <summary>Lends a place to each drawn input of a stream until its result was taken; null else.</summary>
    public SemaphoreSlim? Window { get; init; }
}
