using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Dataplug.Compression;

/// <summary>Why <see cref="ZstdDecoder.Advance"/> came back.</summary>
internal enum ZstdEvent
{
    /// <summary>Give it the unconsumed input again, with more after it; or call <see cref="ZstdDecoder.EndInput"/>.</summary>
    NeedInput,

    /// <summary>Take the output, then go on.</summary>
    OutputFull,

    /// <summary>The decoder stands at the first byte of a frame, which may be a skippable one.</summary>
    FrameStart,

    /// <summary>The decoder stands between two blocks of a frame, or between the last one and the checksum.</summary>
    BlockBoundary,

    /// <summary>A frame has ended, and its checksum, where it has one, was right; or a skippable frame has ended.</summary>
    FrameEnd,
}

/// <summary>
/// Decodes a zstd object (RFC 8878: frames one after another) from input given in pieces into a buffer of bounded size, and stops
/// at every place of interest. The frames' structure is read here; what is in the blocks is decoded, and the checksum verified, by
/// ZstdSharp.
/// </summary>
internal sealed class ZstdDecoder : IDisposable
{
    /// <summary>The most input that <see cref="Advance"/> leaves unconsumed when it asks for more: a frame's header.</summary>
    public const int MaxUnconsumed = 18;

    /// <summary>The widest window that is taken, as by zstd(1) without <c>--long</c>: 128 MiB. It is the memory that a decoder needs.</summary>
    public const int MaxWindowLog = 27;

    private const int MaxBlockLength = 128 << 10;
    private const int BlockHeaderLength = 3;
    private const int SkippableHeaderLength = 8;
    private const int ChecksumLength = 4;

    private enum Phase
    {
        BetweenFrames,
        FrameHeader,
        BlockHeader,
        Block,
        Checksum,
        SkippableFrame,
    }

    private readonly string? _source;
    private readonly Decompressor _decompressor = new();
    private readonly byte[] _output = new byte[MaxBlockLength];
    private int _outputStart;
    private int _outputEnd;
    private Phase _phase;
    private ZstdFrameHeader _header;
    private long _partLeft;
    private long _partOffset;
    private bool _isLastBlock;
    private bool _mustFlush;
    private readonly bool _isFrameNumberKnown;

    /// <summary>Creates a decoder that stands at the start of an object, or of a frame in its middle.</summary>
    /// <param name="source">The object's name for messages.</param>
    /// <param name="byteOffset">Where it stands in the object.</param>
    /// <param name="outputOffset">Bytes of output before.</param>
    /// <param name="frameCount">Frames before; null where that is not known.</param>
    public ZstdDecoder(string? source, long byteOffset = 0, long outputOffset = 0, long? frameCount = 0)
    {
        _source = source;
        _decompressor.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxWindowLog);
        BytePosition = byteOffset;
        OutputPosition = outputOffset;
        FrameCount = frameCount ?? 0;
        _isFrameNumberKnown = frameCount is not null;
    }

    /// <summary>Bytes from the object's start to the next one that will be consumed.</summary>
    public long BytePosition { get; private set; }

    /// <summary>Bytes of output decoded so far, taken or not, from the object's start.</summary>
    public long OutputPosition { get; private set; }

    /// <summary>Frames whose end was seen, skippable ones not counted.</summary>
    public long FrameCount { get; private set; }

    /// <summary>Offset of the current frame, or of the one that just ended.</summary>
    public long FrameOffset { get; private set; }

    /// <summary>Whether that is a skippable frame.</summary>
    public bool IsSkippable { get; private set; }

    /// <summary>Whether the decoder stands between a frame's last block and its checksum.</summary>
    public bool IsBeforeChecksum => _phase == Phase.Checksum;

    /// <summary>Whether the frame that just ended carried a checksum, which was verified.</summary>
    public bool HasChecksum => !IsSkippable && _header.HasChecksum;

    /// <summary>Output that was not taken yet; valid until the next <see cref="Advance"/>.</summary>
    public ReadOnlySpan<byte> Output => _output.AsSpan(_outputStart, _outputEnd - _outputStart);

    /// <summary>Marks all output, or its first bytes, as taken.</summary>
    public void TakeOutput(int length) => _outputStart += length;

    /// <inheritdoc/>
    public void Dispose() => _decompressor.Dispose();

    /// <summary>Decodes until there is something to report.</summary>
    /// <param name="input">The object's bytes from <see cref="BytePosition"/> on.</param>
    /// <param name="consumed">Bytes that must not be given again.</param>
    /// <exception cref="CorruptObjectException">The object breaks RFC 8878.</exception>
    /// <exception cref="UnsupportedFormatException">A frame needs a dictionary, or a window wider than <see cref="MaxWindowLog"/>.</exception>
    public ZstdEvent Advance(ReadOnlySpan<byte> input, out int consumed)
    {
        var start = input.Length;
        try
        {
            return Step(ref input);
        }
        finally
        {
            consumed = start - input.Length;
        }
    }

    /// <summary>There is no more input than was given; checks that the object may end here.</summary>
    /// <param name="unconsumed">Bytes of input that were left unconsumed.</param>
    /// <exception cref="CorruptObjectException">It may not: the object was cut short, or is empty.</exception>
    public void EndInput(int unconsumed)
    {
        var end = BytePosition + unconsumed;
        if (end == 0)
            throw new CorruptObjectException(_source, "it is empty, which is not zstd", byteOffset: 0);
        if (_phase == Phase.BetweenFrames && unconsumed == 0)
            return;
        if (_phase == Phase.BetweenFrames)
            FrameOffset = BytePosition;
        Throw(_phase switch
        {
            Phase.BetweenFrames or Phase.FrameHeader => "it is cut short: the object ends within the header of a zstd frame",
            Phase.SkippableFrame => "it is cut short: the object ends within a skippable frame",
            Phase.Checksum => "it is cut short: the object ends within a frame's checksum",
            _ => "it is cut short: the object ends within compressed data",
        }, end);
    }

    private ZstdEvent Step(ref ReadOnlySpan<byte> input)
    {
        for (; ; )
        {
            if (_mustFlush && !Feed(ref input, 0))
                return ZstdEvent.OutputFull;
            switch (_phase)
            {
                case Phase.BetweenFrames:
                    if (input.Length < 4)
                        return ZstdEvent.NeedInput;
                    BeginFrame(BinaryPrimitives.ReadUInt32LittleEndian(input));
                    return ZstdEvent.FrameStart;

                case Phase.FrameHeader when IsSkippable:
                    if (input.Length < SkippableHeaderLength)
                        return ZstdEvent.NeedInput;
                    _partLeft = BinaryPrimitives.ReadUInt32LittleEndian(input[4..]);
                    Skip(ref input, SkippableHeaderLength);
                    _phase = Phase.SkippableFrame;
                    break;

                case Phase.SkippableFrame:
                    var skipped = (int)Math.Min(_partLeft, input.Length);
                    Skip(ref input, skipped);
                    _partLeft -= skipped;
                    if (_partLeft > 0)
                        return ZstdEvent.NeedInput;
                    _phase = Phase.BetweenFrames;
                    return ZstdEvent.FrameEnd;

                case Phase.FrameHeader:
                    if (!ReadFrameHeader(ref input))
                        return ZstdEvent.NeedInput;
                    _phase = Phase.BlockHeader;
                    break;

                case Phase.BlockHeader:
                    if (input.Length < BlockHeaderLength)
                        return ZstdEvent.NeedInput;
                    ReadBlockHeader(input);
                    _phase = Phase.Block;
                    break;

                case Phase.Block:
                    if (_partLeft > 0)
                    {
                        if (input.IsEmpty)
                            return ZstdEvent.NeedInput;
                        if (!Feed(ref input, (int)Math.Min(_partLeft, input.Length)))
                            return ZstdEvent.OutputFull;
                        break;
                    }
                    if (!_isLastBlock)
                    {
                        _phase = Phase.BlockHeader;
                        return ZstdEvent.BlockBoundary;
                    }
                    if (!_header.HasChecksum)
                        return EndFrame();
                    _phase = Phase.Checksum;
                    (_partLeft, _partOffset) = (ChecksumLength, BytePosition);
                    return ZstdEvent.BlockBoundary;

                default:
                    if (input.Length < ChecksumLength)
                        return ZstdEvent.NeedInput;
                    Feed(ref input, ChecksumLength);
                    return EndFrame();
            }
        }
    }

    private void BeginFrame(uint magic)
    {
        IsSkippable = ZstdFrameHeader.IsSkippable(magic);
        if (!IsSkippable && magic != ZstdFrameHeader.Magic)
        {
            var isFirst = BytePosition == 0;
            FrameOffset = BytePosition;
            Throw(isFirst ? "it does not begin with the zstd magic number 28 B5 2F FD" : "bytes that are no zstd frame follow the last frame", BytePosition);
        }
        FrameOffset = BytePosition;
        _phase = Phase.FrameHeader;
    }

    private bool ReadFrameHeader(ref ReadOnlySpan<byte> input)
    {
        if (input.Length < ZstdFrameHeader.MinLength)
            return false;
        if (!ZstdFrameHeader.TryRead(input, out _header, out var problem))
        {
            if (problem is not null)
                Throw(problem, FrameOffset + 4);
            return false;
        }
        if (_header.DictionaryId != 0)
        {
            throw new UnsupportedFormatException(_source, string.Create(CultureInfo.InvariantCulture, $"a zstd frame needs the dictionary {_header.DictionaryId}, which is not in it"),
                "Decompress it with the dictionary, compress it without one, and upload the result.", FrameOffset);
        }
        if (_header.WindowSize > 1UL << MaxWindowLog)
        {
            throw new UnsupportedFormatException(_source, string.Create(CultureInfo.InvariantCulture, $"a zstd frame needs a window of {_header.WindowSize} bytes, more than {1 << MaxWindowLog}"),
                $"Compress it with 'zstd --long={MaxWindowLog}' at most, and upload the result.", FrameOffset);
        }
        _decompressor.ResetStream();
        (_partLeft, _partOffset) = (_header.Length, FrameOffset);
        Feed(ref input, _header.Length);
        return true;
    }

    // Section 3.1.1.2.
    private void ReadBlockHeader(ReadOnlySpan<byte> input)
    {
        var bits = input[0] | input[1] << 8 | input[2] << 16;
        _isLastBlock = (bits & 1) != 0;
        var size = bits >> 3;
        _partOffset = BytePosition;
        if ((bits >> 1 & 3) == 3)
            Throw("a zstd block has the reserved type 3", BytePosition);
        if (size > MaxBlockLength)
            Throw($"a zstd block claims {size} bytes, more than {MaxBlockLength}", BytePosition);
        // A block of one repeated byte (type 1) holds that byte; its size is that of the content.
        _partLeft = BlockHeaderLength + ((bits >> 1 & 3) == 1 ? 1 : size);
    }

    private ZstdEvent EndFrame()
    {
        FrameCount++;
        _phase = Phase.BetweenFrames;
        return ZstdEvent.FrameEnd;
    }

    /// <summary>Hands bytes of the current part on; false when the output must be taken first.</summary>
    private bool Feed(ref ReadOnlySpan<byte> input, int length)
    {
        for (; ; )
        {
            if (_outputStart == _outputEnd)
                _outputStart = _outputEnd = 0;
            if (_outputEnd == _output.Length)
                return false;
            try
            {
                var status = _decompressor.UnwrapStream(input[..length], _output.AsSpan(_outputEnd), out var consumed, out var written);
                if (status == System.Buffers.OperationStatus.InvalidData)
                    Throw("the zstd data are damaged", _partOffset);
                Skip(ref input, consumed);
                length -= consumed;
                _partLeft -= consumed;
                _outputEnd += written;
                OutputPosition += written;
            }
            catch (ZstdException damage)
            {
                Throw(damage.Code == ZSTD_ErrorCode.ZSTD_error_checksum_wrong
                    ? "the checksum of a zstd frame's content is wrong"
                    : $"the zstd data are damaged ({damage.Message.TrimEnd('.')})", _partOffset, damage);
            }
            // With room left, all that these bytes make has been written.
            _mustFlush = _outputEnd == _output.Length;
            if (length == 0 && !_mustFlush)
                return true;
        }
    }

    private void Skip(ref ReadOnlySpan<byte> input, int length)
    {
        input = input[length..];
        BytePosition += length;
    }

    [DoesNotReturn]
    private void Throw(string problem, long offset, Exception? inner = null)
    {
        var number = _isFrameNumberKnown ? FrameCount + 1 : default(long?);
        var where = offset == 0 && FrameOffset == 0 && _phase == Phase.BetweenFrames ? ""
            : number is null ? $", in the frame that begins at byte {FrameOffset}"
            : $", in frame {number}, which begins at byte {FrameOffset}";
        throw new CorruptObjectException(_source, problem + where, byteOffset: offset, innerException: inner)
        {
            MemberNumber = number,
            MemberOffset = FrameOffset,
        };
    }
}
