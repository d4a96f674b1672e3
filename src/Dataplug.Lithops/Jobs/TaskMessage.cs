namespace Dataplug.Lithops;

/// <summary>A line that a task logged.</summary>
/// <param name="JobId">The job.</param>
/// <param name="TaskIndex">The task, from 0.</param>
/// <param name="Attempt">The attempt, from 1.</param>
/// <param name="Worker">The worker that ran it.</param>
/// <param name="Time">When the line got here.</param>
/// <param name="Text">The line.</param>
public sealed record TaskMessage(string JobId, int TaskIndex, int Attempt, string Worker, DateTimeOffset Time, string Text);
