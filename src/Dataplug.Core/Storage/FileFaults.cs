namespace Dataplug.Storage;

/// <summary>Translates what the file system throws to the exception family.</summary>
internal static class FileFaults
{
    private const int Enospc = 28;
    private const int Erofs = 30;
    private const int Edquot = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);

    /// <summary>Whether an exception comes from the file system, so that <see cref="Translate"/> applies.</summary>
    public static bool Applies(Exception exception) => exception is IOException or UnauthorizedAccessException;

    public static DataplugException Translate(Exception exception, string name) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException =>
            new ObjectNotFoundException(name, "there is no such file", "Check the path.", innerException: exception),
        UnauthorizedAccessException =>
            new AccessDeniedException(name, "the file system refuses access", "Check the permissions of the file and of the directories above it.", innerException: exception),
        PathTooLongException =>
            new InvalidUriException(name, "the path is longer than the file system allows", "Use a shorter key.", innerException: exception),
        IOException { HResult: Enospc or Edquot or WindowsDiskFull or WindowsHandleDiskFull } =>
            new StorageException(name, "the disk or the quota is full", "Free some space and try again; nothing was changed.", innerException: exception),
        IOException { HResult: Erofs } =>
            new AccessDeniedException(name, "the file system is read-only", "Choose another place to write to.", innerException: exception),
        _ => new StorageException(name, $"the file system failed: {exception.Message.TrimEnd('.')}", "Check the disk and try again.", innerException: exception),
    };
}
