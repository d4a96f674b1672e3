using Microsoft.Win32.SafeHandles;

namespace Dataplug.Cli.Terminals;

/// <summary>
/// The process's standard output, unbuffered, that says when its reader is gone. The console stream of .NET ignores that, so
/// that a <c>| head</c> would leave us reading a terabyte for nobody.
/// </summary>
internal sealed class StandardOutputStream : Stream
{
    // EPIPE on Linux, macOS and the BSDs; ERROR_BROKEN_PIPE and ERROR_NO_DATA on Windows.
    private const int UnixBrokenPipe = 32;
    private const int WindowsBrokenPipe = unchecked((int)0x8007006D);
    private const int WindowsPipeClosing = unchecked((int)0x800700E8);

    private readonly Stream _stream = Open();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            _stream.Write(buffer);
        }
        catch (IOException exception) when (IsClosed(exception))
        {
            throw new OutputClosedException(exception);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await _stream.WriteAsync(buffer, cancellationToken);
        }
        catch (IOException exception) when (IsClosed(exception))
        {
            throw new OutputClosedException(exception);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Nothing is buffered here.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static Stream Open()
    {
        if (OperatingSystem.IsWindows())
            return Console.OpenStandardOutput();

        // A FileStream reports a closed pipe, but on regular files it writes at an offset of its own, which other processes
        // that share the descriptor ((a; b) > file) don't see; there the console's stream is the right one, and can't break.
        try
        {
            var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0, isAsync: false);
            return stream.CanSeek ? Console.OpenStandardOutput() : stream;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return Console.OpenStandardOutput();
        }
    }

    private static bool IsClosed(IOException exception) => exception.HResult is UnixBrokenPipe or WindowsBrokenPipe or WindowsPipeClosing;
}
