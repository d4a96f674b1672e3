namespace Dataplug.Lithops.Plots;

/// <summary>A phase of a task.</summary>
/// <param name="Phase">What it did.</param>
/// <param name="Start">When that began, by the client's clock.</param>
/// <param name="End">When it ended.</param>
internal readonly record struct PhaseSpan(Phase Phase, DateTimeOffset Start, DateTimeOffset End)
{
    public TimeSpan Duration => End - Start;
}
