using System.Globalization;
using Azure;

namespace Dataplug.Storage;

/// <summary>Translates what the Azure SDK throws to the exception family.</summary>
internal static class AzureFaults
{
    public static bool Applies(Exception exception, CancellationToken cancellationToken) =>
        exception is RequestFailedException or AggregateException or HttpRequestException or IOException or TimeoutException
        || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    /// <summary>What a failure means.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="name">The object.</param>
    /// <param name="isWrite">Whether a failed condition is a write's.</param>
    /// <param name="conditional">Whether the request had a condition.</param>
    /// <param name="offset">The byte that was to be read, or null.</param>
    public static DataplugException Translate(Exception exception, string name, bool isWrite, bool conditional, long? offset = null)
    {
        if (exception is not RequestFailedException { Status: not 0 } answer)
            return HttpFaults.Lost(Innermost(exception), name, offset);

        var status = answer.Status;
        var said = string.IsNullOrEmpty(answer.ErrorCode)
            ? string.Create(CultureInfo.InvariantCulture, $"the server answered {status}")
            : string.Create(CultureInfo.InvariantCulture, $"the server answered {status} {answer.ErrorCode}");
        switch (answer.ErrorCode)
        {
            case "ContainerNotFound":
                return new ObjectNotFoundException(name, "there is no such container", "Check the container's name and the account.", innerException: exception);
            case "AuthenticationFailed":
                return new AccessDeniedException(name, $"{said}: the key or signature is wrong, or has ended", "Check the account's key or the shared access signature, and this machine's clock.", innerException: exception);
            case "BlobAlreadyExists":
                return new PreconditionFailedException(name, "there is an object already", innerException: exception);
            case "ContainerBeingDeleted" or "OperationTimedOut" or "ServerBusy" or "InternalError":
                return new StorageException(name, said, byteOffset: offset, innerException: exception, isTransient: true, statusCode: status, retryAfter: RetryAfter(answer));
            case "InvalidBlockList" or "InvalidBlobOrBlock":
                return new StorageException(name, $"{said}: the parts are gone, because another write to the object came between", "Upload the object again.", innerException: exception, statusCode: status);
        }

        return status switch
        {
            404 when isWrite && conditional => new PreconditionFailedException(name, "there is no object that could have the expected ETag", innerException: exception),
            404 => new ObjectNotFoundException(name, "there is no such object", innerException: exception),
            401 or 403 => new AccessDeniedException(name, $"{said}: access is denied", "Check the account's key or the shared access signature; for public data ask for anonymous access.", innerException: exception),
            412 when isWrite => new PreconditionFailedException(name, "the condition of the write does not hold", innerException: exception),
            412 => new StaleIndexException(name, "the object has changed: it no longer has the expected ETag", byteOffset: offset, innerException: exception),
            416 => new RangeNotSatisfiableException(name, "the range starts at or past the end of the object", byteOffset: offset, innerException: exception),
            _ => new StorageException(name, said, byteOffset: offset, innerException: exception, isTransient: HttpFaults.IsTransient(status), statusCode: status, retryAfter: RetryAfter(answer)),
        };
    }

    // The SDK wraps what the HTTP client threw, once or in a collection of one.
    private static Exception Innermost(Exception exception) => exception switch
    {
        AggregateException { InnerExceptions: [.., var last] } => Innermost(last),
        RequestFailedException { InnerException: { } inner } => Innermost(inner),
        _ => exception,
    };

    private static TimeSpan? RetryAfter(RequestFailedException exception) =>
        exception.GetRawResponse() is { } response && response.Headers.TryGetValue("Retry-After", out var value) ? HttpFaults.ParseRetryAfter(value) : null;
}
