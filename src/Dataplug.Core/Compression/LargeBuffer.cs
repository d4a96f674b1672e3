using System.Runtime.InteropServices;

namespace Dataplug.Compression;

/// <summary>
/// Memory for large output, outside the collected heap. It is taken from the system where it is first written to, in huge pages where
/// the system has them: faults for small pages would take as long as decoding into them.
/// </summary>
internal sealed unsafe partial class LargeBuffer : IDisposable
{
    private const nuint HugePage = 2 << 20;

    // madvise(2), the same number on all of Linux's architectures that .NET runs on.
    private const int AdviseHugePages = 14;

    private byte* _start;

    /// <param name="length">Bytes that can be written to.</param>
    public LargeBuffer(nuint length)
    {
        length = (length + HugePage - 1) & ~(HugePage - 1);
        _start = (byte*)NativeMemory.AlignedAlloc(length, HugePage);
        // Advice: without it all is right, only slower.
        if (OperatingSystem.IsLinux())
            _ = Advise(_start, length, AdviseHugePages);
    }

    ~LargeBuffer() => Free();

    /// <summary>The first byte, at a multiple of 2 MiB.</summary>
    public byte* Start => _start;

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_start is null)
            return;
        NativeMemory.AlignedFree(_start);
        _start = null;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint length, int advice);
}
