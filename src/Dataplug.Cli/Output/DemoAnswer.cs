namespace Dataplug.Cli.Output;

/// <summary>What <c>demo --json</c> says.</summary>
internal sealed record DemoAnswer(
    string Uri,
    long Size,
    long UncompressedSize,
    long Reads,
    long Bases,
    double GcPercent,
    double MeanQuality,
    double? GenerateSeconds,
    double IndexSeconds,
    double IndexMegabytesPerSecond,
    long SidecarSize,
    double SidecarPercent,
    IReadOnlyList<DemoPlanAnswer> Plans,
    bool TotalsAgree);

/// <summary>One way in which the demo cut the object; cutting reads no bytes of it.</summary>
internal sealed record DemoPlanAnswer(
    string Strategy,
    string Parameter,
    int Slices,
    double PartitionMilliseconds,
    long SourceBytesReadToPartition,
    double MapSeconds,
    long MapRequests,
    long MapBytesRead);
