namespace Dataplug;

/// <summary>An index sidecar is damaged, cut short, or of an unknown version.</summary>
public sealed class CorruptIndexException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public CorruptIndexException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Preprocess the object again with force to write a new index.", byteOffset, innerException)
    {
    }
}
