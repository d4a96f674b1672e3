namespace Dataplug.Lithops;

/// <summary>A function reference names a function that this process doesn't have, or has from another build.</summary>
public sealed class FunctionNotFoundException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public FunctionNotFoundException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Run the worker with the same build of the application that submitted the job.", byteOffset, innerException)
    {
    }
}
