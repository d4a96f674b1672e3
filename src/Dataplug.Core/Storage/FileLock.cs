using Microsoft.Win32.SafeHandles;

namespace Dataplug.Storage;

/// <summary>
/// A lock on one path, held by one writer among all processes that use this store: a hidden file beside the path, locked with
/// flock(2) (share mode none on Windows) and removed with the lock.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SafeFileHandle _handle;

    private FileLock(SafeFileHandle handle) => _handle = handle;

    public static async Task<FileLock> AcquireAsync(string path, string name, CancellationToken cancellationToken)
    {
        var lockPath = FileStore.HiddenBeside(path, FileStore.NameHash(path) + ".lock");
        var started = Environment.TickCount64;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryLock(lockPath) is { } handle)
                return new FileLock(handle);
            if (Environment.TickCount64 - started > Patience.TotalMilliseconds)
                throw new StorageException(name, $"another writer holds the lock {lockPath} for more than {Patience.TotalSeconds:0} s", "Wait for it to finish, or stop it.", isTransient: true);
            await Task.Delay(Random.Shared.Next(1, 8), cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => _handle.Dispose();

    private static SafeFileHandle? TryLock(string lockPath)
    {
        SafeFileHandle handle;
        try
        {
            // DeleteOnClose unlinks before it unlocks.
            handle = File.OpenHandle(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        }
        catch (IOException exception) when (exception.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharingViolation)
        {
            return null;
        }

        // The file may have been unlinked by the former holder between our open and our flock: then the lock is on a file
        // that nobody else can find, and is worth nothing.
        if (FileVersion.Of(lockPath) is { } now && now.Identity == FileVersion.Of(handle).Identity)
            return handle;

        // Closing would unlink the path, which may be another writer's lock by now; that writer would find out by the same
        // check, but one that holds it already would not. So the handle is closed without its clean-up.
        Abandon(handle);
        return null;
    }

    private static void Abandon(SafeFileHandle handle)
    {
        using var bare = new SafeFileHandle(handle.DangerousGetHandle(), ownsHandle: true);
        handle.SetHandleAsInvalid();
    }
}
