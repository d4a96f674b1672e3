namespace Dataplug.Lithops;

/// <summary>The enumeration of a job's inputs threw, or did not yield as many as it had said.</summary>
public sealed class JobInputException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public JobInputException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Tasks whose inputs had been drawn before keep their results.", byteOffset, innerException)
    {
    }
}
