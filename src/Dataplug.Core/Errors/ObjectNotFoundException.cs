namespace Dataplug;

/// <summary>There is no such object, bucket or file.</summary>
public sealed class ObjectNotFoundException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public ObjectNotFoundException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Check the URI, the endpoint and the credentials' view of the bucket.", byteOffset, innerException)
    {
    }
}
