namespace Dataplug.Text;

/// <summary>How often a pass stores what it has: at the first access point after either limit.</summary>
/// <param name="StoredBytes">Stored bytes since the last checkpoint.</param>
/// <param name="Time">Time since the last checkpoint.</param>
internal sealed record GZipCheckpointPace(long StoredBytes, TimeSpan Time)
{
    public static GZipCheckpointPace Default { get; } = new(256L << 20, TimeSpan.FromSeconds(2));
}
