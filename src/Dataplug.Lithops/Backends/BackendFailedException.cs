namespace Dataplug.Lithops;

/// <summary>The backend itself failed, and with it whatever of the job was not settled.</summary>
public sealed class BackendFailedException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public BackendFailedException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "See the inner exception; tasks that had ended keep their results.", byteOffset, innerException)
    {
    }
}
