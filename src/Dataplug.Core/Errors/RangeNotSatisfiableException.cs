namespace Dataplug;

/// <summary>A byte range starts at or past the end of the object (HTTP 416, RFC 9110 §15.5.17).</summary>
public sealed class RangeNotSatisfiableException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public RangeNotSatisfiableException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Ask for a range inside the object; its size is in the answer to a head request.", byteOffset, innerException)
    {
    }
}
