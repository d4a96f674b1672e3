namespace Dataplug;

/// <summary>The object is of no known format, or uses a feature of its format that is not supported.</summary>
public sealed class UnsupportedFormatException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public UnsupportedFormatException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Run 'dataplug formats' for the formats that are known, or name one with --format.", byteOffset, innerException)
    {
    }
}
