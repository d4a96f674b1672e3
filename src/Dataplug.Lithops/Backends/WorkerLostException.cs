namespace Dataplug.Lithops;

/// <summary>
/// The worker of an attempt is gone without having told how the attempt ended: crashed, killed, out of memory, or silent for too
/// long. The attempt counts as failed, and is repeated when retries are left.
/// </summary>
public sealed class WorkerLostException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public WorkerLostException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure, byteOffset, innerException)
    {
    }

    /// <summary>Whether the worker is known, or has to be taken, to have ended because it took too much memory.</summary>
    public bool IsOutOfMemory { get; init; }
}
