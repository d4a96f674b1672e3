namespace Dataplug.Lithops;

/// <summary>A job that was to be taken over is not in storage: it has ended, was cleaned away, or never was durable.</summary>
public sealed class JobNotFoundException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public JobNotFoundException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure, byteOffset, innerException)
    {
    }
}
