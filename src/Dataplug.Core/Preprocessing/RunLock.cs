using System.Globalization;
using System.Text.Json;
using Dataplug.Metadata;

namespace Dataplug.Preprocessing;

/// <summary>
/// Keeps two runs of one object apart on one machine: a locked file in the home folder. The operating system unlocks it when
/// the process ends, however it ends. Who holds it is written in a second file, since a locked one can't be read everywhere.
/// </summary>
internal sealed class RunLock : IDisposable
{
    private readonly FileStream _file;
    private readonly string _holderPath;

    private RunLock(FileStream file, string holderPath)
    {
        _file = file;
        _holderPath = holderPath;
    }

    /// <summary>Takes the lock.</summary>
    /// <exception cref="PreprocessingInProgressException">Another run has it.</exception>
    public static RunLock Acquire(DataplugHome home, string hash, string objectName)
    {
        var folder = DataplugHome.Ensure(home.LocksPath);
        var path = Path.Combine(folder, hash + ".lock");
        var holderPath = Path.Combine(folder, hash + ".json");
        FileStream? file = null;
        DataplugHome.Guard(path, () => file = TryLock(path));
        if (file is null)
            throw RunHolder.InProgress(objectName, ReadHolder(holderPath));
        try
        {
            DataplugHome.Guard(holderPath, () =>
            {
                File.WriteAllBytes(holderPath, JsonSerializer.SerializeToUtf8Bytes(RunHolder.Me(), RunJson.Default.RunHolder));
                return true;
            });
            return new RunLock(file, holderPath);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        try
        {
            File.Delete(_holderPath);
        }
        catch (IOException)
        {
            // It only informs; the next holder writes its own.
        }

        _file.Dispose();
    }

    /// <summary>Opens a file that no one else may have open; null when someone has.</summary>
    public static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException e) when (IsSharingViolation(e))
        {
            return null;
        }
    }

    // EWOULDBLOCK of flock(2) on Linux and macOS; ERROR_SHARING_VIOLATION on Windows.
    private static bool IsSharingViolation(IOException e) => e.GetType() == typeof(IOException) && e.HResult is 11 or 35 or unchecked((int)0x80070020);

    private static RunHolder? ReadHolder(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), RunJson.Default.RunHolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
