namespace Dataplug;

/// <summary>The store failed, or answered in a way that can't be used: connection lost, server error, short body, disk full.</summary>
public sealed class StorageException : DataplugException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="source">The object's URI, or null.</param>
    /// <param name="problem">What is wrong, as a clause.</param>
    /// <param name="cure">What to do, or null for the usual advice.</param>
    /// <param name="byteOffset">The byte of the object that was reached, or null.</param>
    /// <param name="innerException">The cause, or null.</param>
    /// <param name="isTransient">Whether the same request may succeed when it is sent again.</param>
    /// <param name="statusCode">The HTTP status, or null when there was no answer.</param>
    /// <param name="retryAfter">How long the server asked to wait before trying again, or null.</param>
    public StorageException(
        string? source,
        string problem,
        string? cure = null,
        long? byteOffset = null,
        Exception? innerException = null,
        bool isTransient = false,
        int? statusCode = null,
        TimeSpan? retryAfter = null)
        : base(source, problem, cure ?? "Check that the store is reachable and try again.", byteOffset, innerException)
    {
        IsTransient = isTransient;
        StatusCode = statusCode;
        RetryAfter = retryAfter;
    }

    /// <summary>Whether the same request may succeed when it is sent again.</summary>
    public bool IsTransient { get; }

    /// <summary>The HTTP status code of the answer; null when there was none.</summary>
    public int? StatusCode { get; }

    /// <summary>How long the server asked to wait (Retry-After, RFC 9110 §10.2.3); null when it did not say.</summary>
    public TimeSpan? RetryAfter { get; }
}
