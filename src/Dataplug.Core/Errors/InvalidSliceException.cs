namespace Dataplug;

/// <summary>A slice's description is unknown, damaged or was tampered with, so it is refused.</summary>
public sealed class InvalidSliceException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public InvalidSliceException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Partition the object again to get fresh slices.", byteOffset, innerException)
    {
    }
}
