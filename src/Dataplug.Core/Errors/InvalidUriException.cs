namespace Dataplug;

/// <summary>A text is not a URI that names an object in a known store.</summary>
public sealed class InvalidUriException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public InvalidUriException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Write s3://bucket/key, file:///path, a bare path, or http(s)://host/path.", byteOffset, innerException)
    {
    }
}
