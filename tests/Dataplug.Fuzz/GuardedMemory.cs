using System.Runtime.InteropServices;

namespace Dataplug.Fuzz;

/// <summary>
/// Memory between two inaccessible pages: whoever reads or writes one byte before <see cref="Start"/> or at <see cref="End"/> or after
/// ends the process.
/// </summary>
internal sealed unsafe partial class GuardedMemory
{
    private const int ProtectNone = 0;
    private const int ProtectRead = 1;
    private const int ProtectReadWrite = 3;

    private readonly byte* _mapping;
    private readonly nuint _length;

    /// <summary>Maps memory.</summary>
    /// <param name="capacity">Bytes that it must hold; rounded up to whole pages.</param>
    public GuardedMemory(int capacity)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            throw new PlatformNotSupportedException("Guard pages are mapped with mmap; fuzz on Linux or macOS.");
        var page = Environment.SystemPageSize;
        Capacity = (capacity + page - 1) / page * page;
        _length = (nuint)(Capacity + 2 * page);
        // MAP_PRIVATE | MAP_ANONYMOUS
        _mapping = Map(null, _length, ProtectNone, OperatingSystem.IsLinux() ? 0x22 : 0x1002, -1, 0);
        if (_mapping == (byte*)-1)
            throw new InvalidOperationException($"mmap of {_length} bytes failed with error {Marshal.GetLastPInvokeError()}.");
        Start = _mapping + page;
        Protect(ProtectReadWrite);
    }

    /// <summary>Bytes between the guards.</summary>
    public int Capacity { get; }

    /// <summary>The first byte; the one before it is inaccessible.</summary>
    public byte* Start { get; }

    /// <summary>Behind the last byte; inaccessible.</summary>
    public byte* End => Start + Capacity;

    /// <summary>Copies bytes so that they end at the guard.</summary>
    public ReadOnlySpan<byte> PutAtEnd(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(new Span<byte>(End - bytes.Length, bytes.Length));
        return new ReadOnlySpan<byte>(End - bytes.Length, bytes.Length);
    }

    /// <summary>Copies bytes so that they begin at the guard.</summary>
    public ReadOnlySpan<byte> PutAtStart(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(new Span<byte>(Start, bytes.Length));
        return new ReadOnlySpan<byte>(Start, bytes.Length);
    }

    /// <summary>Makes a write end the process too.</summary>
    public void MakeReadOnly() => Protect(ProtectRead);

    /// <summary>Allows writing again.</summary>
    public void MakeWritable() => Protect(ProtectReadWrite);

    /// <summary>Unmaps it; nobody holds pointers into it longer than this object.</summary>
    ~GuardedMemory() => _ = Unmap(_mapping, _length);

    private void Protect(int protection)
    {
        if (Protect(Start, (nuint)Capacity, protection) != 0)
            throw new InvalidOperationException($"mprotect failed with error {Marshal.GetLastPInvokeError()}.");
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial byte* Map(byte* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(byte* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(byte* address, nuint length);
}
