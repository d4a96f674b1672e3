using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dataplug.Storage;

/// <summary>What kind of thing a path names, as far as the file store cares.</summary>
internal enum FileKind
{
    Regular,
    Directory,
    Special,
}

/// <summary>
/// The state of a file that its ETag is made of: size in bytes, modification time in nanoseconds since 1970, and the inode
/// (where there is none, the creation time: a file that was replaced has another one).
/// </summary>
internal readonly partial record struct FileVersion(long Size, long ModifiedNanoseconds, ulong Identity, FileKind Kind)
{
    private const int AtFdCwd = -100;
    private const int AtEmptyPath = 0x1000;
    private const uint BasicStats = 0x7ff;
    private const int Enoent = 2;
    private const int Eacces = 13;
    private const int Enotdir = 20;
    private const int Enametoolong = 36;
    private const int Eloop = 40;

    public string ETag => string.Create(CultureInfo.InvariantCulture, $"\"{Size:x}-{ModifiedNanoseconds:x}-{Identity:x}\"");

    public DateTimeOffset LastModified => DateTimeOffset.UnixEpoch.AddTicks(ModifiedNanoseconds / 100);

    /// <summary>The state of an open file.</summary>
    public static FileVersion Of(SafeFileHandle handle)
    {
        if (!OperatingSystem.IsLinux())
        {
            return new FileVersion(
                RandomAccess.GetLength(handle),
                Nanoseconds(File.GetLastWriteTimeUtc(handle)),
                (ulong)File.GetCreationTimeUtc(handle).Ticks,
                FileKind.Regular);
        }

        if (Statx(handle, "", AtEmptyPath, BasicStats, out var status) != 0)
            throw new IOException($"fstat failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}", Marshal.GetLastPInvokeError());
        return From(status);
    }

    /// <summary>The state of what a path names, links followed; null where there is nothing.</summary>
    /// <exception cref="UnauthorizedAccessException">A directory on the way may not be searched.</exception>
    public static FileVersion? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            if (Directory.Exists(path))
                return new FileVersion(0, 0, 0, FileKind.Directory);
            var info = new FileInfo(path);
            if (info.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
                info = target;
            if (!info.Exists)
                return null;
            var kind = (info.Attributes & FileAttributes.Device) == 0 ? FileKind.Regular : FileKind.Special;
            return new FileVersion(info.Length, Nanoseconds(info.LastWriteTimeUtc), (ulong)info.CreationTimeUtc.Ticks, kind);
        }

        if (Statx(AtFdCwd, path, 0, BasicStats, out var status) == 0)
            return From(status);
        var error = Marshal.GetLastPInvokeError();
        return error switch
        {
            Enoent or Enotdir or Eloop => null,
            Eacces => throw new UnauthorizedAccessException(Marshal.GetPInvokeErrorMessage(error)),
            Enametoolong => throw new PathTooLongException(Marshal.GetPInvokeErrorMessage(error)),
            _ => throw new IOException(Marshal.GetPInvokeErrorMessage(error), error),
        };
    }

    private static long Nanoseconds(DateTime utc) => (utc - DateTime.UnixEpoch).Ticks * 100;

    private static FileVersion From(in StatxBuffer status)
    {
        // The type bits of st_mode: 0100000 regular, 0040000 directory (inode(7)).
        var kind = (status.Mode & 0xF000) switch { 0x8000 => FileKind.Regular, 0x4000 => FileKind.Directory, _ => FileKind.Special };
        return new FileVersion((long)status.Size, (status.ModifiedSeconds * 1_000_000_000) + status.ModifiedNanoseconds, status.Inode, kind);
    }

    // statx(2) rather than stat(2): its structure is the same on every architecture.
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int directory, string path, int flags, uint mask, out StatxBuffer status);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(SafeFileHandle file, string path, int flags, uint mask, out StatxBuffer status);

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxBuffer
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(120)]
        public uint ModifiedNanoseconds;
    }
}
