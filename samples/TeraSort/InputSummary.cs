namespace Samples.TeraSort;

/// <summary>What is known of an input, to hold the output against.</summary>
/// <param name="Records">Number of records.</param>
/// <param name="Maps">Number of parts.</param>
/// <param name="Checksum">Their checksum, see <see cref="TeraChecksum"/>.</param>
internal sealed record InputSummary(long Records, int Maps, ulong Checksum);
