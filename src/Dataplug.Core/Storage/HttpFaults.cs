using System.Globalization;

namespace Dataplug.Storage;

/// <summary>For stores over HTTP: what they share in reading failures.</summary>
public static class HttpFaults
{
    /// <summary>Whether the same request may succeed when sent again after this status (RFC 9110 §15).</summary>
    public static bool IsTransient(int status) => status is 408 or 429 or 500 or 502 or 503 or 504;

    /// <summary>No answer, or only a part of one.</summary>
    public static StorageException Lost(Exception exception, string name, long? offset = null)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var problem = exception switch
        {
            OperationCanceledException or TimeoutException => "the server did not answer in time",
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "the server's name can't be resolved",
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => $"no connection to the server: {exception.Message.TrimEnd('.')}",
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => $"no secure connection to the server: {exception.Message.TrimEnd('.')}",
            HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } or HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => "the connection ended before the whole answer had come",
            _ => $"the connection was lost: {exception.Message.TrimEnd('.')}",
        };
        return new StorageException(name, problem, byteOffset: offset, innerException: exception, isTransient: true);
    }

    /// <summary>Reads Retry-After: seconds or a date (RFC 9110 §10.2.3); null where there is none or it can't be read.</summary>
    public static TimeSpan? ParseRetryAfter(string? value)
    {
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return TimeSpan.FromSeconds(seconds);
        return DateTimeOffset.TryParseExact(value, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) && date > DateTimeOffset.UtcNow
            ? date - DateTimeOffset.UtcNow
            : null;
    }
}
