namespace Dataplug;

/// <summary>The object changed after it was indexed or pinned; what was known about it no longer holds.</summary>
public sealed class StaleIndexException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public StaleIndexException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Preprocess the object again, then partition it again.", byteOffset, innerException)
    {
    }
}
