namespace Dataplug.Cli;

/// <summary>The command line makes no sense: exit code 2.</summary>
/// <param name="problem">What is wrong, as a clause.</param>
/// <param name="details">More lines for the reader, such as the values that are allowed.</param>
internal sealed class UsageException(string problem, IReadOnlyList<string>? details = null) : Exception(problem)
{
    public IReadOnlyList<string> Details { get; } = details ?? [];
}
