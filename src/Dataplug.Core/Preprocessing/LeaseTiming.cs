namespace Dataplug.Preprocessing;

/// <summary>How leases on shared metadata are kept alive and taken over.</summary>
/// <param name="Renewal">How often a holder writes its lease anew.</param>
/// <param name="Expiry">How long a lease that is not renewed counts. Longer than a few renewals and a slow store.</param>
internal sealed record LeaseTiming(TimeSpan Renewal, TimeSpan Expiry)
{
    public static LeaseTiming Default { get; } = new(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(90));

    /// <summary>How long a lease that looks expired is watched before it is taken over: clocks may differ, but a holder that
    /// lives shows itself within this time.</summary>
    public TimeSpan Watch => Renewal * 1.5;
}
