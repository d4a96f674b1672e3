using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Dataplug.Compression;

/// <summary>Why <see cref="GzipDecoder.Advance"/> came back.</summary>
internal enum GzipEvent
{
    /// <summary>Give it the unconsumed input again, with more after it; or call <see cref="GzipDecoder.EndInput"/>.</summary>
    NeedInput,

    /// <summary>Take the output, then go on.</summary>
    OutputFull,

    /// <summary>The decoder stands at the first byte of a member's header.</summary>
    MemberStart,

    /// <summary>The decoder stands between two blocks of a member.</summary>
    BlockBoundary,

    /// <summary>A member's trailer has been verified; <see cref="GzipDecoder.Member"/> describes it.</summary>
    MemberEnd,
}

/// <summary>
/// Decodes a gzip object (RFC 1952: one member or more) from input given in pieces into a buffer of bounded size, and stops at
/// every place of interest.
/// </summary>
internal sealed unsafe class GzipDecoder : IDisposable
{
    /// <summary>The most input that <see cref="Advance"/> leaves unconsumed when it asks for more.</summary>
    public const int MaxUnconsumed = InflateDecoder.MaxUnconsumed;

    /// <summary>Output is handed over in pieces of at most this many bytes: window and piece stay in the second-level cache.</summary>
    private const int ChunkLength = 128 << 10;

    private const int WindowLength = WindowCodec.MaxWindowLength;
    private const int TrailerLength = 8;

    private enum Phase
    {
        BetweenMembers,
        Header,
        Blocks,
        Trailer,
        Padding,
    }

    private readonly string? _source;
    private readonly GzipHeaderReader _header = new();
    private readonly InflateDecoder _inflate;
    private readonly byte[] _buffer;
    private readonly byte* _bufferStart;
    private Workspace? _workspace;
    private InflateCursor _cursor;
    private byte* _inputStart;
    private byte* _delivered;
    private byte* _checked;
    private Phase _phase;
    private long _inputPosition;
    private long _outputBase;
    private long _memberOffset;
    private long _memberOutputOffset;
    private uint _crc;
    private bool _verify = true;
    private bool _expectsMember = true;
    private bool _isFirstMember;

    /// <summary>Creates a decoder that stands at the start of an object.</summary>
    /// <param name="source">The object's name for messages.</param>
    public GzipDecoder(string? source)
    {
        _source = source;
        _workspace = Workspace.Rent();
        _inflate = _workspace.Inflate;
        _inflate.Reset();
        _buffer = _workspace.Buffer;
        _bufferStart = (byte*)Unsafe.AsPointer(ref _buffer[0]);
        _cursor.Out = _cursor.History = _delivered = _checked = _bufferStart;
        _cursor.OutEnd = _bufferStart + _buffer.Length;
    }

    /// <summary>
    /// Tables and buffer of a decoder. They are pinned, and only the rare collections of the oldest generation would free them, so
    /// they are used again: a worker opens a stream for every slice.
    /// </summary>
    private sealed class Workspace
    {
        private static readonly ConcurrentQueue<Workspace> Free = new();

        public InflateDecoder Inflate { get; } = new();

        public byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(WindowLength + ChunkLength + InflateDecoder.OutputMargin, pinned: true);

        public static Workspace Rent() => Free.TryDequeue(out var workspace) ? workspace : new Workspace();

        public void Return()
        {
            if (Free.Count < 2 * Environment.ProcessorCount)
                Free.Enqueue(this);
        }
    }

    /// <summary>Gives the memory back; nothing else may be called afterwards, and no span that it gave may be in use.</summary>
    public void Dispose()
    {
        if (_workspace is not { } workspace)
            return;
        _workspace = null;
        _inflate.Usage = null;
        workspace.Return();
    }

    /// <summary>Bits from the object's start to the next bit that will be decoded.</summary>
    public long BitPosition => _inputPosition * 8 + _cursor.Bit;

    /// <summary>Bytes of output decoded so far, taken or not, from the object's start.</summary>
    public long OutputPosition => _outputBase + (_cursor.Out - _bufferStart);

    /// <summary>Members whose end was seen.</summary>
    public long MemberCount { get; private set; }

    /// <summary>The member that just ended.</summary>
    public GzipMember? Member { get; private set; }

    /// <summary>Output that was not taken yet; valid until the next <see cref="Advance"/>.</summary>
    public ReadOnlySpan<byte> Output => new(_delivered, (int)(_cursor.Out - _delivered));

    /// <summary>The member's last min(32768, its length) bytes of output before the current place.</summary>
    public ReadOnlySpan<byte> Window
    {
        get
        {
            var length = (int)Math.Min(WindowLength, _cursor.Out - _cursor.History);
            return new(_cursor.Out - length, length);
        }
    }

    /// <summary>CRC-32 of the current member's output so far.</summary>
    public uint Crc
    {
        get
        {
            UpdateCrc();
            return _crc;
        }
    }

    /// <summary>The current member's offset in the object, its output's offset, and its header's bytes.</summary>
    public long MemberOffset => _memberOffset;
    public long MemberOutputOffset => _memberOutputOffset;
    public ReadOnlySpan<byte> MemberHeader => _header.Bytes;

    /// <summary>Puts the decoder at a member's start in the middle of an object.</summary>
    public void StartAtMember(long byteOffset, long outputOffset, long memberCount)
    {
        _inputPosition = byteOffset;
        _outputBase = outputOffset;
        MemberCount = memberCount;
    }

    /// <summary>Puts the decoder at a block boundary in the middle of a member.</summary>
    /// <param name="bitOffset">The place in the object, in bits.</param>
    /// <param name="outputOffset">The place in the output, in bytes.</param>
    /// <param name="window">Up to 32768 bytes before the place.</param>
    public void StartAtBlock(long bitOffset, long outputOffset, ReadOnlySpan<byte> window)
    {
        window.CopyTo(_buffer);
        _inputPosition = bitOffset >> 3;
        _cursor.Bit = (int)(bitOffset & 7);
        _cursor.Out = _delivered = _checked = _bufferStart + window.Length;
        _outputBase = outputOffset - window.Length;
        _phase = Phase.Blocks;
        _verify = false;
        _expectsMember = false;
    }

    /// <summary>After <see cref="StartAtBlock"/>: lets the member be verified all the same, given what came before.</summary>
    /// <returns>False when the header's bytes are not one.</returns>
    public bool ResumeMember(long memberOffset, long memberOutputOffset, ReadOnlySpan<byte> header, uint crc, long memberCount)
    {
        _memberOffset = memberOffset;
        _memberOutputOffset = memberOutputOffset;
        _crc = crc;
        _verify = true;
        MemberCount = memberCount;
        _header.Reset();
        return _header.Append(header, out var consumed, out _, out _) && consumed == header.Length;
    }

    /// <summary>Begins to note what of the output before here matters after here; it stops with OutputFull when all is known.</summary>
    /// <param name="usage">Takes the notes.</param>
    /// <param name="leadIn">Bytes of output from here on that nobody wants.</param>
    public void Track(WindowUsage usage, long leadIn)
    {
        usage.Begin(leadIn);
        usage.AccessPoint = _cursor.Out;
        _inflate.Usage = usage;
        LimitOutput();
    }

    /// <summary>Ends what <see cref="Track"/> began.</summary>
    public void EndTracking()
    {
        _inflate.Usage = null;
        LimitOutput();
    }

    /// <summary>Marks all output, or its first bytes, as taken.</summary>
    public void TakeOutput(int length) => _delivered += length;

    /// <summary>Decodes until there is something to report.</summary>
    /// <param name="input">The object's bytes from <see cref="BitPosition"/> / 8 on.</param>
    /// <param name="consumed">Bytes that must not be given again.</param>
    /// <exception cref="CorruptObjectException">The object breaks RFC 1951 or RFC 1952.</exception>
    public GzipEvent Advance(ReadOnlySpan<byte> input, out int consumed)
    {
        ObjectDisposedException.ThrowIf(_workspace is null, this);
        fixed (byte* start = input)
        {
            _inputStart = start;
            _cursor.In = start;
            _cursor.InEnd = start + input.Length;
            try
            {
                return Step();
            }
            finally
            {
                consumed = (int)(_cursor.In - start);
                _inputPosition += consumed;
                _inputStart = _cursor.In = _cursor.InEnd = null;
            }
        }
    }

    /// <summary>There is no more input than was given; checks that the object may end here.</summary>
    /// <param name="unconsumed">Bytes of input that were left unconsumed.</param>
    /// <exception cref="CorruptObjectException">It may not: the object was cut short, or is empty.</exception>
    public void EndInput(int unconsumed)
    {
        var end = _inputPosition + unconsumed;
        var what = _phase switch
        {
            Phase.Header => "the object ends within a gzip header",
            Phase.Blocks => "the object ends within compressed data",
            Phase.Trailer => "the object ends within a gzip trailer",
            _ => null,
        };
        if (what is not null)
            Throw($"it is cut short: {what}", end);
        if (_expectsMember)
            Throw(end == 0 ? "it is empty, which is not gzip" : "it is cut short: a gzip member was expected", end);
    }

    private GzipEvent Step()
    {
        for (; ; )
        {
            switch (_phase)
            {
                case Phase.BetweenMembers:
                    if (_cursor.In == _cursor.InEnd)
                        return GzipEvent.NeedInput;
                    if (*_cursor.In == 0x1F || _expectsMember)
                    {
                        _header.Reset();
                        _memberOffset = Here;
                        _memberOutputOffset = OutputPosition;
                        _phase = Phase.Header;
                        _isFirstMember = _expectsMember;
                        _expectsMember = false;
                        if (*_cursor.In == 0x1F)
                            return GzipEvent.MemberStart;
                        break;
                    }
                    if (*_cursor.In != 0)
                        Throw("bytes that are neither gzip nor zero padding follow the last member", Here);
                    _phase = Phase.Padding;
                    break;

                case Phase.Padding:
                    // gzip(1), "tapes": zeros after the last member are ignored.
                    var rest = new ReadOnlySpan<byte>(_cursor.In, (int)(_cursor.InEnd - _cursor.In));
                    var other = rest.IndexOfAnyExcept((byte)0);
                    if (other >= 0)
                        Throw("bytes that are neither gzip nor zero padding follow the last member", Here + other);
                    _cursor.In = _cursor.InEnd;
                    return GzipEvent.NeedInput;

                case Phase.Header:
                    if (!ReadHeader())
                        return GzipEvent.NeedInput;
                    _inflate.Reset();
                    UpdateCrc();
                    _crc = 0;
                    _verify = true;
                    _cursor.History = _cursor.Out;
                    _phase = Phase.Blocks;
                    break;

                case Phase.Blocks:
                    var status = _inflate.Decode(ref _cursor);
                    switch (status)
                    {
                        case InflateStatus.NeedInput:
                            return GzipEvent.NeedInput;
                        case InflateStatus.BlockEnd:
                            return GzipEvent.BlockBoundary;
                        case InflateStatus.StreamEnd:
                            if (_cursor.Bit != 0)
                            {
                                _cursor.In++;
                                _cursor.Bit = 0;
                            }
                            _phase = Phase.Trailer;
                            break;
                        case InflateStatus.OutputFull:
                            if (_delivered != _cursor.Out)
                                return GzipEvent.OutputFull;
                            if (_inflate.Usage is { } usage && _cursor.Out - usage.AccessPoint >= usage.Reach)
                                return GzipEvent.OutputFull;
                            Slide();
                            break;
                        default:
                            Throw($"{_inflate.Problem}", Here, $"bit {_cursor.Bit}");
                            break;
                    }
                    break;

                default:
                    if (_cursor.InEnd - _cursor.In < TrailerLength)
                        return GzipEvent.NeedInput;
                    EndMember();
                    return GzipEvent.MemberEnd;
            }
        }
    }

    private long Here => _inputPosition + (_cursor.In - _inputStart);

    private bool ReadHeader()
    {
        var input = new ReadOnlySpan<byte>(_cursor.In, (int)(_cursor.InEnd - _cursor.In));
        var done = _header.Append(input, out var consumed, out var problem, out var problemAt);
        _cursor.In += consumed;
        if (problem is not null)
            Throw(!_isFirstMember && problemAt == 0 ? "bytes that are neither gzip nor zero padding follow the last member" : problem, _memberOffset + problemAt);
        return done;
    }

    private void EndMember()
    {
        UpdateCrc();
        var crc = BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(_cursor.In, 4));
        var isize = BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(_cursor.In + 4, 4));
        if (_verify)
        {
            var length = OutputPosition - _memberOutputOffset;
            if (crc != _crc)
                Throw($"the CRC-32 of a member's data is {_crc:x8}, but its trailer says {crc:x8}", Here);
            if (isize != (uint)length)
                Throw($"a member's data have {length} bytes, but its trailer says {isize} (modulo 2^32)", Here + 4);
            Member = _header.ToMember(_memberOffset, _memberOutputOffset) with
            {
                CompressedLength = Here + TrailerLength - _memberOffset,
                OutputLength = length,
                Crc32 = crc,
                ISize = isize,
            };
        }
        _cursor.In += TrailerLength;
        MemberCount++;
        _phase = Phase.BetweenMembers;
    }

    private void UpdateCrc()
    {
        if (_verify && _checked != _cursor.Out)
            _crc = Crc32.Append(_crc, new ReadOnlySpan<byte>(_checked, (int)(_cursor.Out - _checked)));
        _checked = _cursor.Out;
    }

    /// <summary>Makes room: the last 32 KiB of output go to the buffer's start. All output has been taken.</summary>
    private void Slide()
    {
        UpdateCrc();
        var keep = Math.Min(WindowLength, _cursor.Out - _bufferStart);
        var shift = _cursor.Out - keep - _bufferStart;
        Buffer.MemoryCopy(_cursor.Out - keep, _bufferStart, keep, keep);
        _cursor.Out -= shift;
        _cursor.History = _cursor.History - _bufferStart > shift ? _cursor.History - shift : _bufferStart;
        _delivered = _checked = _cursor.Out;
        _outputBase += shift;
        if (_inflate.Usage is { } usage)
            usage.AccessPoint -= shift;
        LimitOutput();
    }

    private void LimitOutput()
    {
        var end = _bufferStart + _buffer.Length;
        if (_inflate.Usage is { } usage)
        {
            var known = usage.AccessPoint + usage.Reach + InflateDecoder.OutputMargin;
            if (known < end)
                end = known;
        }
        _cursor.OutEnd = end;
    }

    [DoesNotReturn]
    private void Throw(string problem, long offset, string? detail = null) =>
        throw new CorruptObjectException(_source, detail is null ? problem : $"{problem} ({detail})", byteOffset: offset);
}
