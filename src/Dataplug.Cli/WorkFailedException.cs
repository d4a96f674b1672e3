namespace Dataplug.Cli;

/// <summary>The command did what it could and part of the work failed: exit code 1.</summary>
/// <param name="problem">What failed, as a clause.</param>
/// <param name="details">More lines for the reader, such as what each part said.</param>
internal sealed class WorkFailedException(string problem, IReadOnlyList<string>? details = null) : Exception(problem)
{
    public IReadOnlyList<string> Details { get; } = details ?? [];
}
