namespace Dataplug.Compare;

/// <summary>A tool in a comparison.</summary>
/// <param name="Name">How the table names it.</param>
/// <param name="Does">What this run of it does, in a few words.</param>
/// <param name="Command">The shell command.</param>
/// <param name="IndexFile">The index that it leaves, whose size is reported; null when it leaves none.</param>
/// <param name="Processors">The processors that it may run on, as taskset takes them ("0", "0,1"); null for the comparison's.</param>
internal sealed record Contender(string Name, string Does, string Command, string? IndexFile = null, string? Processors = null)
{
    /// <summary>How many processors that is.</summary>
    public int Cores => Processors?.Split(',').Length ?? 1;
}
