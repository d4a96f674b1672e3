namespace Dataplug.Cli.Mapping;

/// <summary>A mapped program ended with another exit code than 0, or could not be started.</summary>
/// <param name="reason">Why, as a clause.</param>
/// <param name="couldStart">Whether it could be started at all.</param>
/// <param name="lastLines">The last lines that it wrote to its standard error.</param>
internal sealed class ProgramFailedException(string reason, bool couldStart, IReadOnlyList<string> lastLines) : Exception(reason)
{
    public bool CouldStart { get; } = couldStart;

    public IReadOnlyList<string> LastLines { get; } = lastLines;
}
