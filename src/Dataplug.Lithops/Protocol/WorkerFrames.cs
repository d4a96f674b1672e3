using System.Buffers.Binary;

namespace Dataplug.Lithops.Protocol;

/// <summary>What passes between a client and a worker process that it holds a pipe to.</summary>
internal enum FrameKind : byte
{
    /// <summary>To the worker: a signed invocation.</summary>
    Invoke = 1,

    /// <summary>To the worker: stop an attempt, which is named in UTF-8.</summary>
    Cancel = 2,

    /// <summary>From the worker: it can be used.</summary>
    Ready = 16,

    /// <summary>From the worker: a <see cref="WorkerNotice"/>.</summary>
    Notice = 17,

    /// <summary>From the worker: the invocation has ended, and this is the signed status of its last attempt.</summary>
    Ended = 18,

    /// <summary>From the worker: the invocation was refused, or its status could not be stored; the reason as UTF-8.</summary>
    Refused = 19,
}

/// <summary>What a worker tells of an attempt while it runs: a line of its log, its progress, or its end.</summary>
internal sealed record WorkerNotice
{
    /// <summary>The attempt.</summary>
    public required string Call { get; init; }

    /// <summary>The line; null when this is about something else.</summary>
    public string? Line { get; init; }

    /// <summary>The line's number within its attempt, from 0.</summary>
    public int Number { get; init; }

    /// <summary>The progress, from 0 to 1; null when this is about something else.</summary>
    public double? Fraction { get; init; }

    /// <summary>The signed status of the attempt, which has ended; null when this is about something else.</summary>
    public byte[]? Status { get; init; }
}

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
