namespace Dataplug;

/// <summary>The object's bytes break the rules of its format: damaged, cut short, or not what its name says.</summary>
public sealed class CorruptObjectException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public CorruptObjectException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Check the object against its origin (its checksum or size) and upload it again.", byteOffset, innerException)
    {
    }
}
