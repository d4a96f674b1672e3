namespace Dataplug.Lithops;

/// <summary>When and where an attempt ran that failed and was repeated, or that was beaten by another attempt at its task.</summary>
/// <param name="Started">When it began.</param>
/// <param name="Duration">How long it ran.</param>
/// <param name="Worker">The worker.</param>
public sealed record AttemptTime(DateTimeOffset Started, TimeSpan Duration, string? Worker);
