namespace Samples.TeraSort;

/// <summary>What is found in all outputs.</summary>
/// <param name="Records">Their records.</param>
/// <param name="Checksum">Their checksum.</param>
/// <param name="Duplicates">Records with the key of the one before.</param>
/// <param name="Problems">What is wrong, each as a clause; empty where the outputs are the sorted input.</param>
internal sealed record Verdict(long Records, ulong Checksum, long Duplicates, string[] Problems);
