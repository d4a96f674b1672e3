namespace Dataplug;

/// <summary>A conditional write or read was refused because the object is not in the expected state.</summary>
public sealed class PreconditionFailedException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public PreconditionFailedException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Read the object's present state and decide again.", byteOffset, innerException)
    {
    }
}
