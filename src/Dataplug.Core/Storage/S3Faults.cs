using System.Globalization;
using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.S3;

namespace Dataplug.Storage;

/// <summary>What a request was for, which decides what a failed condition means.</summary>
internal enum S3Intent
{
    Read,
    Write,
}

/// <summary>Translates what the S3 SDK throws to the exception family.</summary>
internal static class S3Faults
{
    public static bool Applies(Exception exception, CancellationToken cancellationToken) =>
        exception is AmazonClientException or AmazonServiceException or HttpRequestException or IOException or TimeoutException
        || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    public static DataplugException Translate(Exception exception, string name, S3Intent intent, bool conditionalWrite = false, long? offset = null)
    {
        if (exception is not AmazonServiceException { StatusCode: not 0 } answer)
        {
            return exception is AmazonClientException && exception.InnerException is null && exception is not AmazonServiceException
                ? new StorageException(name, $"the request could not be made: {exception.Message.TrimEnd('.')}", byteOffset: offset, innerException: exception)
                : HttpFaults.Lost(exception, name, offset);
        }

        var status = (int)answer.StatusCode;
        var said = string.IsNullOrEmpty(answer.ErrorCode) || answer.ErrorCode == answer.StatusCode.ToString()
            ? string.Create(CultureInfo.InvariantCulture, $"the server answered {status}")
            : string.Create(CultureInfo.InvariantCulture, $"the server answered {status} {answer.ErrorCode}");
        switch (answer.ErrorCode)
        {
            case "NoSuchBucket":
                return new ObjectNotFoundException(name, "there is no such bucket", "Check the bucket's name and the endpoint.", innerException: exception);
            case "InvalidAccessKeyId" or "InvalidToken" or "InvalidClientTokenId":
                return new AccessDeniedException(name, $"{said}: the access key or token is unknown there", "Check the access key, the session token and the endpoint.", innerException: exception);
            case "SignatureDoesNotMatch":
                return new AccessDeniedException(name, $"{said}: the secret key is wrong", "Check the secret key, and the region if the server minds it.", innerException: exception);
            case "ExpiredToken" or "ExpiredTokenException":
                return new AccessDeniedException(name, $"{said}: the temporary credentials have ended", "Get new ones.", innerException: exception);
            case "RequestTimeTooSkewed":
                return new AccessDeniedException(name, $"{said}: this machine's clock differs from the server's", "Set the clock.", innerException: exception);
            case "NoSuchEntity":
                return new AccessDeniedException(name, $"{said}: there is no such role", "Check the role's ARN.", innerException: exception);
            case "NoSuchUpload":
                return new StorageException(name, $"{said}: the multipart upload is gone, finished or aborted", "Upload the object again.", innerException: exception, statusCode: status);
            case "ConditionalRequestConflict" or "OperationAborted" or "RequestTimeout" or "SlowDown" or "InternalError" or "ServiceUnavailable" or "Throttling" or "ThrottlingException" or "RequestLimitExceeded":
                return new StorageException(name, said, byteOffset: offset, innerException: exception, isTransient: true, statusCode: status, retryAfter: RetryAfter(exception));
        }

        return status switch
        {
            404 when conditionalWrite => new PreconditionFailedException(name, "there is no object that could have the expected ETag", innerException: exception),
            404 => new ObjectNotFoundException(name, "there is no such object", innerException: exception),
            401 or 403 => new AccessDeniedException(name, $"{said}: access is denied", innerException: exception),
            412 when intent == S3Intent.Read => new StaleIndexException(name, "the object has changed: it no longer has the expected ETag", byteOffset: offset, innerException: exception),
            412 => new PreconditionFailedException(name, "the condition of the write does not hold", innerException: exception),
            416 => new RangeNotSatisfiableException(name, "the range starts at or past the end of the object", byteOffset: offset, innerException: exception),
            _ => new StorageException(
                name,
                answer.Message is { Length: > 0 } message && status < 500 ? $"{said}: {message.TrimEnd('.')}" : said,
                byteOffset: offset,
                innerException: exception,
                isTransient: HttpFaults.IsTransient(status),
                statusCode: status,
                retryAfter: RetryAfter(exception)),
        };
    }

    /// <summary>The region that the server says the bucket is in; null where it says nothing of the kind.</summary>
    public static string? RedirectRegion(AmazonServiceException exception) =>
        exception.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.BadRequest or HttpStatusCode.TemporaryRedirect or HttpStatusCode.Forbidden
            ? Header(exception, "x-amz-bucket-region") : null;

    public static DataplugException Translate(DeleteObjectsException exception, string bucket)
    {
        var first = exception.Response.DeleteErrors[0];
        var name = $"s3://{bucket}/{first.Key}";
        var problem = $"{exception.Response.DeleteErrors.Count} objects could not be deleted, the first for {first.Code}";
        return first.Code is "AccessDenied"
            ? new AccessDeniedException(name, problem, innerException: exception)
            : new StorageException(name, problem, innerException: exception, isTransient: first.Code is "InternalError" or "SlowDown" or "ServiceUnavailable");
    }

    private static TimeSpan? RetryAfter(Exception exception) => HttpFaults.ParseRetryAfter(Header(exception, "Retry-After"));

    private static string? Header(Exception exception, string name)
    {
        var response = (exception.InnerException as HttpErrorResponseException)?.Response;
        return response is not null && response.IsHeaderPresent(name) ? response.GetHeaderValue(name) : null;
    }
}
