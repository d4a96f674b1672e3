using Dataplug.Lithops;

namespace Samples.TeraSort;

/// <summary>What all tasks of a run know: plain data, which travels with them.</summary>
/// <param name="Location">The storage.</param>
/// <param name="Name">The run's name; its keys begin with it.</param>
/// <param name="Records">Records in all.</param>
/// <param name="Maps">Number of inputs, and of tasks that map.</param>
/// <param name="Reducers">Number of outputs, and of tasks that reduce.</param>
internal sealed record SortJob(string Location, string Name, long Records, int Maps, int Reducers)
{
    /// <summary>The key below which an input, what was made of it, or an output lies.</summary>
    public const string Input = "input", Shuffle = "shuffle", Output = "output";

    /// <summary>Bytes of all records.</summary>
    public long Bytes => Records * TeraRecord.Length;

    /// <summary>The key of a part.</summary>
    public string KeyOf(string kind, int part) => $"{Name}/{kind}/part-{part:D5}";

    /// <summary>The key of the description of the input.</summary>
    public string SummaryKey => $"{Name}/summary.json";

    /// <summary>The number of the first record of an input; for one past the last, the number of records.</summary>
    public long FirstRecord(int map) => (long)((Int128)Records * map / Maps);

    /// <summary>Opens the storage where a task runs. Where it is travels with the job; credentials are those of the task's environment.</summary>
    public Storage Open() => Storage.Open(new StorageOptions { Location = Location });
}
