using System.Buffers.Binary;

namespace Dataplug.Lithops.Protocol;

/// <summary>What passes between a client and a worker process that it holds a pipe to.</summary>
internal enum FrameKind : byte
{
    /// <summary>To the worker: a signed invocation.</summary>
    Invoke = 1,

    /// <summary>To the worker: stop what runs.</summary>
    Cancel = 2,

    /// <summary>From the worker: it can be used.</summary>
    Ready = 16,

    /// <summary>From the worker: a <see cref="WorkerNotice"/>.</summary>
    Notice = 17,

    /// <summary>From the worker: an attempt has ended, and this is its signed status.</summary>
    Ended = 18,

    /// <summary>From the worker: the invocation was refused, or its status could not be stored; the reason as UTF-8.</summary>
    Refused = 19,
}

/// <summary>A line of a task's log, or its progress.</summary>
/// <param name="Line">The line; null when this is about progress.</param>
/// <param name="Number">The line's number within its attempt, from 0.</param>
/// <param name="Fraction">The progress, from 0 to 1.</param>
internal sealed record WorkerNotice(string? Line, int Number, double Fraction);

/// <summary>Frames of a kind (a byte), a length (four bytes, little endian) and a body.</summary>
internal static class WorkerFrames
{
    private const int HeadLength = 5;
    private const int MaximumLength = 64 << 20;

    public static async Task WriteAsync(Stream stream, SemaphoreSlim turn, FrameKind kind, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var frame = new byte[HeadLength + body.Length];
        frame[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(1), body.Length);
        body.CopyTo(frame.AsMemory(HeadLength));
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Reads the next frame.</summary>
    /// <returns>Null when the other end is gone.</returns>
    /// <exception cref="InvalidDataException">This is no frame.</exception>
    public static async Task<(FrameKind Kind, byte[] Body)?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            var head = new byte[HeadLength];
            await stream.ReadExactlyAsync(head, cancellationToken).ConfigureAwait(false);
            var length = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(1));
            if (length is < 0 or > MaximumLength)
                throw new InvalidDataException($"A frame of {length} bytes.");
            var body = new byte[length];
            await stream.ReadExactlyAsync(body, cancellationToken).ConfigureAwait(false);
            return ((FrameKind)head[0], body);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            return null;
        }
    }
}
