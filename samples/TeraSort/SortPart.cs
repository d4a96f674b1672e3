namespace Samples.TeraSort;

/// <summary>The input of a task.</summary>
/// <param name="Job">The run.</param>
/// <param name="Part">Which part of it.</param>
internal sealed record SortPart(SortJob Job, int Part);
