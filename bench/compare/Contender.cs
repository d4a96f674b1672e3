namespace Dataplug.Compare;

/// <summary>A tool in a comparison.</summary>
/// <param name="Name">How the table names it.</param>
/// <param name="Does">What this run of it does, in a few words.</param>
/// <param name="Command">The shell command; <c>{file}</c>, <c>{index}</c>, <c>{first}</c> and <c>{lines}</c> are replaced.</param>
/// <param name="IndexFile">The index that it leaves, whose size is reported; null when it leaves none.</param>
internal sealed record Contender(string Name, string Does, string Command, string? IndexFile = null);
