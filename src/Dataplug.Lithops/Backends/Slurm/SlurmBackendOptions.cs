namespace Dataplug.Lithops.Backends.Slurm;

/// <summary>How a <see cref="SlurmBackend"/> submits its tasks.</summary>
/// <remarks><see cref="RemoteBackendOptions.Storage"/> is a folder that all nodes share, or an object store that they reach.</remarks>
public sealed record SlurmBackendOptions : RemoteBackendOptions
{
    /// <summary>The partition; null for the cluster's default.</summary>
    public string? Partition { get; init; }

    /// <summary>The account that is charged; null for the user's default.</summary>
    public string? Account { get; init; }

    /// <summary>Processors of one task. At least 1.</summary>
    public int CpusPerTask { get; init; } = 1;

    /// <summary>Memory of one task in MiB; null for the partition's default.</summary>
    public int? MemoryPerTask { get; init; }

    /// <summary>How long one task may run; null for the partition's default. Slurm counts in minutes, rounded up.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>More arguments of <c>sbatch</c>, as in <c>--qos=short</c> or <c>--constraint=avx2</c>.</summary>
    public IReadOnlyList<string> SbatchArguments { get; init; } = [];

    /// <summary>Variables that are added to the tasks' environment, which is else that of this process; null as a value removes one.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>The worker program, <c>Dataplug.Lithops.Worker.dll</c>, where the nodes find it; null for the one beside Dataplug's own
    /// assemblies, which then have to be on a shared file system.</summary>
    public string? WorkerPath { get; init; }

    /// <summary>The <c>dotnet</c> program where the nodes find it; null for the one that runs this process.</summary>
    public string? DotnetPath { get; init; }

    /// <summary>Where nodes keep the code of applications; null for a folder of the user's.</summary>
    public string? CodeCache { get; init; }

    /// <summary>A folder that all nodes share, for what tasks print before and beside Dataplug; null for <c>slurm</c> below a storage that
    /// is a folder, else <c>.dataplug/slurm</c> in the user's home.</summary>
    public string? LogFolder { get; init; }

    /// <summary>How many tasks one job array holds at most; the cluster's MaxArraySize is the limit. From 1.</summary>
    public int MaxArraySize { get; init; } = 1000;

    /// <summary>How long tasks are gathered for one job array.</summary>
    public TimeSpan SubmitDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often <c>squeue</c> is asked, once for all tasks.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    internal override void Validate()
    {
        base.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(CpusPerTask, 1);
        if (MemoryPerTask is { } memory)
            ArgumentOutOfRangeException.ThrowIfLessThan(memory, 1, nameof(MemoryPerTask));
        if (TimeLimit is { } limit)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(TimeLimit));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxArraySize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(SubmitDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(PollInterval, TimeSpan.Zero);
    }
}
