namespace Dataplug;

/// <summary>The store refused the credentials, or they don't allow the operation.</summary>
public sealed class AccessDeniedException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public AccessDeniedException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Check the credentials, the profile and the bucket policy; for public data ask for anonymous access.", byteOffset, innerException)
    {
    }
}
