namespace Samples.TeraSort;

/// <summary>What is found in one output.</summary>
/// <param name="Reducer">Which one.</param>
/// <param name="Records">Its whole records.</param>
/// <param name="Checksum">Their checksum.</param>
/// <param name="Duplicates">Records with the key of the one before.</param>
/// <param name="Unordered">The first record whose key is below that of the one before, from 0; −1 for none.</param>
/// <param name="First">The key of the first record; empty where there is none.</param>
/// <param name="Last">The key of the last record; empty where there is none.</param>
/// <param name="EndsWithin">Whether the output ends within a record.</param>
internal sealed record OutputSummary(int Reducer, long Records, ulong Checksum, long Duplicates, long Unordered, byte[] First, byte[] Last, bool EndsWithin);
