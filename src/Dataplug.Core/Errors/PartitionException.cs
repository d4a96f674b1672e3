namespace Dataplug;

/// <summary>A partition strategy was asked for something that it can't do.</summary>
public sealed class PartitionException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public PartitionException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Run 'dataplug formats' for the strategies of each format and their parameters.", byteOffset, innerException)
    {
    }
}
