using System.Buffers;
using System.Runtime.ExceptionServices;

namespace Dataplug.Compression;

/// <summary>
/// The decompressed bytes of a gzip object from an access point on, forward only.
/// </summary>
/// <remarks>
/// Goes on over the members that follow, and verifies CRC-32 and length of each member that it saw from its start; of a member
/// entered in the middle it can verify neither. After the last member zeros, and bytes that are no member, are ignored. An error is thrown only after
/// all that could be decoded before it has been delivered; it is thrown again by later reads.
/// Not safe for use by several threads at once.
/// </remarks>
public sealed class InflateStream : Stream
{
    private const int ReadLength = 64 << 10;

    private readonly Stream _compressed;
    private readonly InflateReadOptions _options;
    private readonly GzipDecoder _decoder;
    private byte[]? _input;
    private int _inputStart;
    private int _inputEnd;
    private bool _inputEnded;
    private bool _ended;
    private bool _expectMoreData;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Creates a stream that begins where the options say.</summary>
    /// <param name="compressed">The object's bytes from <see cref="InflateReadOptions.StartByteOffset"/> on.</param>
    /// <param name="options">Where that is.</param>
    /// <exception cref="ArgumentException">The bit offset is not 0 to 7, or not 0 at a member's start; the window is longer than 32768
    /// bytes.</exception>
    public InflateStream(Stream compressed, InflateReadOptions options)
    {
        ArgumentNullException.ThrowIfNull(compressed);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(options.StartByteOffset, nameof(options));
        if (options.BitOffset is < 0 or > 7 || options.IsMemberStart && options.BitOffset != 0)
            throw new ArgumentException("The bit offset must be 0 to 7, and 0 at a member's start.", nameof(options));
        if (options.Window.Length > WindowCodec.MaxWindowLength)
            throw new ArgumentException("The window must not be longer than 32768 bytes.", nameof(options));
        _compressed = compressed;
        _options = options;
        _expectMoreData = options.ExpectMoreData;
        _decoder = new GzipDecoder(options.Source, options.Container);
        if (options.IsMemberStart)
            _decoder.StartAtMember(options.StartByteOffset, 0, 0);
        else
            _decoder.StartAtBlock(options.StartByteOffset * 8 + options.BitOffset, 0, options.Window.Span);
        _input = ArrayPool<byte>.Shared.Rent(ReadLength);
    }

    /// <inheritdoc/>
    public override bool CanRead => _input is not null;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <summary>Not supported.</summary>
    public override long Length => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="CorruptObjectException">The object is not gzip, damaged, or cut short.</exception>
    public override int Read(Span<byte> buffer)
    {
        for (; ; )
        {
            if (TryRead(buffer, out var read))
                return read;
            Received(_compressed.Read(_input.AsSpan(_inputEnd)));
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    /// <exception cref="CorruptObjectException">The object is not gzip, damaged, or cut short.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (; ; )
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryRead(buffer.Span, out var read))
                return read;
            Received(await _compressed.ReadAsync(_input.AsMemory(_inputEnd), cancellationToken).ConfigureAwait(false));
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <summary>Not supported.</summary>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_input is not null && !_options.LeaveOpen)
            await _compressed.DisposeAsync().ConfigureAwait(false);
        ReturnInput();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _input is not null)
        {
            if (!_options.LeaveOpen)
                _compressed.Dispose();
            ReturnInput();
        }
        base.Dispose(disposing);
    }

    /// <summary>After the end of input that was told to be no end of the object: there is more of it now.</summary>
    /// <param name="expectMoreData">Whether its end is again none of the object.</param>
    internal void GoOn(bool expectMoreData)
    {
        _inputEnded = _ended = false;
        _expectMoreData = expectMoreData;
    }

    private void ReturnInput()
    {
        if (_input is { } input)
        {
            _input = null;
            _decoder.Dispose();
            ArrayPool<byte>.Shared.Return(input);
        }
    }

    /// <summary>Delivers what there is; false when more input must come first, for which there is room.</summary>
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
                var happened = _decoder.Advance(_input.AsSpan(_inputStart, _inputEnd - _inputStart), out var consumed);
                _inputStart += consumed;
                if (happened != GzipEvent.NeedInput || !_decoder.Output.IsEmpty)
                    continue;
                if (_inputEnded)
                {
                    _ended = true;
                    if (!_expectMoreData)
                        _decoder.EndInput(_inputEnd - _inputStart);
                    continue;
                }
            }
            catch (CorruptObjectException failure)
            {
                _failure = ExceptionDispatchInfo.Capture(failure);
                continue;
            }
            _input.AsSpan(_inputStart, _inputEnd - _inputStart).CopyTo(_input);
            _inputEnd -= _inputStart;
            _inputStart = 0;
            return false;
        }
    }

    private void Received(int count)
    {
        _inputEnd += count;
        _inputEnded = count == 0;
    }
}
