using System.Buffers;
using System.Runtime.ExceptionServices;
using Dataplug.Storage;

namespace Dataplug.Compression;

/// <summary>The decompressed bytes of a zstd object from the start of a frame on, over the frames that follow.</summary>
/// <remarks>An error is thrown only after all that could be decoded before it has been delivered; later reads throw it again.</remarks>
/// <param name="compressed">The object's bytes from there on; disposed with this stream.</param>
/// <param name="source">The object's name for messages.</param>
/// <param name="startByteOffset">Where the frame begins in the object; for messages.</param>
/// <param name="expectMoreData">Whether the bytes are a part of the object, whose end is no error wherever it falls.</param>
internal sealed class ZstdStream(Stream compressed, string? source, long startByteOffset, bool expectMoreData) : ForwardStream
{
    private readonly ZstdDecoder _decoder = new(source, startByteOffset, 0, startByteOffset == 0 ? 0 : null);
    private byte[]? _input = ArrayPool<byte>.Shared.Rent(64 << 10);
    private int _start;
    private int _end;
    private bool _inputEnded;
    private bool _ended;
    private ExceptionDispatchInfo? _failure;

    public override int Read(Span<byte> buffer)
    {
        for (; ; )
        {
            if (TryRead(buffer, out var read))
                return read;
            Received(compressed.Read(_input.AsSpan(_end)));
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (; ; )
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryRead(buffer.Span, out var read))
                return read;
            Received(await compressed.ReadAsync(_input.AsMemory(_end), cancellationToken).ConfigureAwait(false));
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await compressed.DisposeAsync().ConfigureAwait(false);
        ReturnInput();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            compressed.Dispose();
            ReturnInput();
        }

        base.Dispose(disposing);
    }

    private bool TryRead(Span<byte> destination, out int read)
    {
        ObjectDisposedException.ThrowIf(_input is null, this);
        read = 0;
        if (destination.IsEmpty)
            return true;
        for (; ; )
        {
            var output = _decoder.Output;
            if (!output.IsEmpty)
            {
                read = Math.Min(output.Length, destination.Length);
                output[..read].CopyTo(destination);
                _decoder.TakeOutput(read);
                return true;
            }

            _failure?.Throw();
            if (_ended)
                return true;
            try
            {
                var happened = _decoder.Advance(_input.AsSpan(_start, _end - _start), out var consumed);
                _start += consumed;
                if (happened != ZstdEvent.NeedInput || !_decoder.Output.IsEmpty)
                    continue;
                if (_inputEnded)
                {
                    _ended = true;
                    if (!expectMoreData)
                        _decoder.EndInput(_end - _start);
                    continue;
                }
            }
            catch (DataplugException failure)
            {
                _failure = ExceptionDispatchInfo.Capture(failure);
                continue;
            }

            _input.AsSpan(_start, _end - _start).CopyTo(_input);
            (_start, _end) = (0, _end - _start);
            return false;
        }
    }

    private void Received(int count)
    {
        _end += count;
        _inputEnded = count == 0;
    }

    private void ReturnInput()
    {
        if (_input is not { } input)
            return;
        _input = null;
        _decoder.Dispose();
        ArrayPool<byte>.Shared.Return(input);
    }
}
