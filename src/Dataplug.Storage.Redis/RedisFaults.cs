using StackExchange.Redis;

namespace Dataplug.Storage;

/// <summary>Translates what the Redis client throws to the exception family.</summary>
internal static class RedisFaults
{
    public static bool Applies(Exception exception, CancellationToken cancellationToken) =>
        exception is RedisException or RedisCommandException or RedisTimeoutException or TimeoutException or ObjectDisposedException or IOException or System.Net.Sockets.SocketException
        || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    public static DataplugException Translate(Exception exception, string name, long? offset = null)
    {
        if (IsRefusal(exception))
            return new AccessDeniedException(name, "the server refuses the user or password", "Check REDIS_USERNAME and REDIS_PASSWORD, or storage.redis in dataplug.json.", innerException: exception);
        return exception switch
        {
            RedisServerException server => FromServer(server, name, offset),
            RedisConnectionException => new StorageException(name, "no connection to the server", byteOffset: offset, innerException: exception, isTransient: true),
            TimeoutException or OperationCanceledException => new StorageException(name, "the server did not answer in time", byteOffset: offset, innerException: exception, isTransient: true),
            ObjectDisposedException or IOException or System.Net.Sockets.SocketException => new StorageException(name, "the connection was lost", byteOffset: offset, innerException: exception, isTransient: true),
            _ => new StorageException(name, $"the request could not be made: {exception.Message.TrimEnd('.')}", byteOffset: offset, innerException: exception),
        };
    }

    private static StorageException FromServer(RedisServerException exception, string name, long? offset)
    {
        // "ERR Error running script …: @user_script:1: OOM command not allowed…": scripts pass on the words of what they called.
        var said = exception.Message;
        if (Says("OOM"))
            return new StorageException(name, "the server's memory is full", "Delete objects, or raise the server's maxmemory.", offset, exception);
        if (Says("READONLY") || Says("LOADING") || Says("BUSY") || Says("TRYAGAIN") || Says("CLUSTERDOWN") || Says("MASTERDOWN"))
            return new StorageException(name, $"the server can't serve now: {said.TrimEnd('.')}", byteOffset: offset, innerException: exception, isTransient: true);
        return new StorageException(name, $"the server answered: {said.TrimEnd('.')}", byteOffset: offset, innerException: exception);

        bool Says(string code) => said.StartsWith(code + " ", StringComparison.Ordinal) || said.Contains(": " + code + " ", StringComparison.Ordinal) || said.Contains("-" + code + " ", StringComparison.Ordinal);
    }

    private static bool IsRefusal(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure }
                || exception.Message.StartsWith("NOAUTH", StringComparison.Ordinal)
                || exception.Message.StartsWith("WRONGPASS", StringComparison.Ordinal)
                || exception.Message.StartsWith("NOPERM", StringComparison.Ordinal)
                || exception.Message.Contains("NOAUTH ", StringComparison.Ordinal)
                || exception.Message.Contains("WRONGPASS ", StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}
