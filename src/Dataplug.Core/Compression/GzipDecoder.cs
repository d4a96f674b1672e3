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
/// every place of interest. Also a zlib stream (RFC 1950) and bare deflate blocks, each of which is then the only member.
/// </summary>
internal sealed unsafe class GzipDecoder : IDisposable
{
    /// <summary>The most input that <see cref="Advance"/> leaves unconsumed when it asks for more.</summary>
    public const int MaxUnconsumed = InflateDecoder.MaxUnconsumed;

    /// <summary>Output is handed over in pieces of at most this many bytes: window and piece stay in the second-level cache.</summary>
    private const int ChunkLength = 128 << 10;

    private const int WindowLength = WindowCodec.MaxWindowLength;

    // RFC 1950, section 2.2: CMF and FLG; FDICT is bit 5 of the latter.
    private const int ZLibHeaderLength = 2;
    private const byte PresetDictionary = 0x20;

    private enum Phase
    {
        BetweenMembers,
        Header,
        Blocks,
        Trailer,
        Padding,
        Garbage,
    }

    private readonly string? _source;
    private readonly DeflateContainer _container;
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
    private long _inputSkip;
    private long _outputBase;
    private long _memberOffset;
    private long _memberOutputOffset;
    private uint _crc;
    private byte[] _zlibHeader = [];
    private bool _verify = true;
    private bool _expectsMember = true;
    private SpeculatedBlock _copied;
    private int _copiedLength;
    private bool _isCopying;
    private bool _isMemberKnown = true;
    private long _dataEnd;

    /// <summary>Creates a decoder that stands at the start of an object.</summary>
    /// <param name="source">The object's name for messages.</param>
    /// <param name="container">What is around the deflate data.</param>
    public GzipDecoder(string? source, DeflateContainer container = DeflateContainer.GZip)
    {
        _source = source;
        _container = container;
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

    /// <summary>Blocks that were decoded ahead; null when there are none. With them, <see cref="BitPosition"/> may jump beyond the
    /// input that was given.</summary>
    public SpeculatedBlocks? Speculation { get; set; }

    /// <summary>Bits from the object's start to the next bit that will be decoded.</summary>
    public long BitPosition => _inputPosition * 8 + _cursor.Bit;

    /// <summary>Bytes of output decoded so far, taken or not, from the object's start.</summary>
    public long OutputPosition => _outputBase + (_cursor.Out - _bufferStart);

    /// <summary>Bytes from the object's start to the end of the last member that was seen to end.</summary>
    public long DataEnd => _dataEnd;

    /// <summary>Whether bytes that are neither a member nor zeros were met after the last member; they are ignored.</summary>
    public bool HasGarbage => _phase == Phase.Garbage;

    /// <summary>Whether the decoder stands before a member's trailer, all of the member's output being decoded.</summary>
    public bool IsBeforeTrailer => _phase == Phase.Trailer;

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

    /// <summary>Whether the output of a member that was entered in the middle is summed up from there.</summary>
    public bool SumsEnteredMember { get; init; }

    /// <summary>When <see cref="SumsEnteredMember"/>: the end of the member that was entered in the middle, once it was seen.</summary>
    public GzipMemberTail? EnteredMemberTail { get; private set; }

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
    public ReadOnlySpan<byte> MemberHeader => _container switch
    {
        DeflateContainer.GZip => _header.Bytes,
        DeflateContainer.ZLib => _zlibHeader,
        _ => default,
    };

    /// <summary>Puts the decoder at a member's start in the middle of an object.</summary>
    public void StartAtMember(long byteOffset, long outputOffset, long memberCount)
    {
        _inputPosition = byteOffset;
        _outputBase = outputOffset;
        MemberCount = memberCount;
        _isMemberKnown = byteOffset == 0 || memberCount > 0;
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
        _isMemberKnown = false;
        _memberOffset = _inputPosition;
    }

    /// <summary>After <see cref="StartAtBlock"/>: lets the member be verified all the same, given what came before.</summary>
    /// <returns>False when the header's bytes are not one.</returns>
    public bool ResumeMember(long memberOffset, long memberOutputOffset, ReadOnlySpan<byte> header, uint crc, long memberCount)
    {
        _memberOffset = memberOffset;
        _memberOutputOffset = memberOutputOffset;
        _crc = crc;
        _verify = true;
        _isMemberKnown = true;
        MemberCount = memberCount;
        if (_container != DeflateContainer.GZip)
            return header.Length == (_container == DeflateContainer.ZLib ? ZLibHeaderLength : 0);
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
    /// <exception cref="CorruptObjectException">The object breaks RFC 1951 or the RFC of its container.</exception>
    /// <exception cref="UnsupportedFormatException">A zlib stream needs a preset dictionary.</exception>
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
                _inputPosition += consumed + _inputSkip;
                _inputSkip = 0;
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
        var kind = _container switch { DeflateContainer.GZip => "gzip", DeflateContainer.ZLib => "zlib", _ => "deflate" };
        var what = _phase switch
        {
            Phase.Header => $"the object ends within a {kind} header",
            Phase.Blocks => "the object ends within compressed data",
            Phase.Trailer => $"the object ends within a {kind} trailer",
            // A lone 1F after a member: the first byte of a header.
            Phase.BetweenMembers when unconsumed > 0 => $"the object ends within a {kind} header",
            _ => null,
        };
        if (what is not null)
        {
            if (_phase == Phase.BetweenMembers)
                _memberOffset = _inputPosition;
            Throw($"it is cut short: {what}", end);
        }
        if (_expectsMember)
            Throw(end == 0 ? $"it is empty, which is not {kind}" : "it is cut short: a gzip member was expected", end);
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
                    if (_expectsMember)
                    {
                        BeginMember();
                        return GzipEvent.MemberStart;
                    }
                    if (*_cursor.In == 0)
                    {
                        _phase = Phase.Padding;
                        break;
                    }
                    if (_container == DeflateContainer.GZip && *_cursor.In == 0x1F)
                    {
                        if (_cursor.InEnd - _cursor.In < 2)
                            return GzipEvent.NeedInput;
                        switch (_cursor.In[1])
                        {
                            case 0x8B:
                                BeginMember();
                                return GzipEvent.MemberStart;
                            // Magic numbers of pack, compress, old gzip and lzh: gzip(1) would go on with those.
                            case 0x1E or 0x9D or 0x9E or 0xA0:
                                BeginMember();
                                Throw($"a stream of another compression than gzip (1F {_cursor.In[1]:X2}) follows the members", Here);
                                break;
                        }
                    }
                    _phase = Phase.Garbage;
                    break;

                case Phase.Padding:
                    // gzip(1), "tapes": zeros after the last member are ignored.
                    var rest = new ReadOnlySpan<byte>(_cursor.In, (int)(_cursor.InEnd - _cursor.In));
                    if (rest.ContainsAnyExcept((byte)0))
                    {
                        _phase = Phase.Garbage;
                        break;
                    }
                    _cursor.In = _cursor.InEnd;
                    return GzipEvent.NeedInput;

                case Phase.Garbage:
                    // gzip(1): "decompression OK, trailing garbage ignored"; a member behind zeros is garbage, too.
                    _cursor.In = _cursor.InEnd;
                    return GzipEvent.NeedInput;

                case Phase.Header:
                    if (!ReadHeader())
                        return GzipEvent.NeedInput;
                    BeginBlocks();
                    break;

                case Phase.Blocks:
                    var status = _isCopying || TryBeginCopy() ? CopyBlock() : _inflate.Decode(ref _cursor);
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

    /// <summary>Whether the block that begins here was decoded ahead. What its output refers to before an access point it can't
    /// tell, so that is decoded here.</summary>
    private bool TryBeginCopy()
    {
        if (Speculation is null || !_inflate.IsAtBlockHeader)
            return false;
        _isCopying = Speculation.TryTake(Here * 8 + _cursor.Bit, Window, _inflate.Usage is null, out _copied);
        _copiedLength = 0;
        return _isCopying;
    }

    private InflateStatus CopyBlock()
    {
        var count = (int)Math.Min(_copied.Length - _copiedLength, _cursor.OutEnd - _cursor.Out - InflateDecoder.OutputMargin);
        if (count > 0)
        {
            Speculation!.Copy(_copied, _copiedLength, count, _cursor.Out);
            _cursor.Out += count;
            _copiedLength += count;
        }
        if (_copiedLength < _copied.Length)
            return InflateStatus.OutputFull;

        _isCopying = false;
        var end = _copied.IsLast ? _copied.EndBit + 7 & ~7L : _copied.EndBit;
        var beyond = (end >> 3) - (_inputPosition + (_cursor.InEnd - _inputStart));
        _inputSkip = Math.Max(0, beyond);
        _cursor.In = beyond >= 0 ? _cursor.InEnd : _cursor.InEnd + beyond;
        _cursor.Bit = (int)(end & 7);
        return _copied.IsLast ? InflateStatus.StreamEnd : InflateStatus.BlockEnd;
    }

    private long Here => _inputPosition + (_cursor.In - _inputStart);

    // RFC 1952, section 2.3.1: CRC32 and ISIZE. RFC 1950, section 2.2: ADLER32.
    private int TrailerLength => _container switch { DeflateContainer.GZip => 8, DeflateContainer.ZLib => 4, _ => 0 };

    private void BeginMember()
    {
        _header.Reset();
        _memberOffset = Here;
        _memberOutputOffset = OutputPosition;
        _isMemberKnown |= _container != DeflateContainer.GZip;
        _expectsMember = false;
        _verify = true;
        _phase = Phase.Header;
    }

    private void BeginBlocks()
    {
        _inflate.Reset();
        UpdateCrc();
        _crc = _container == DeflateContainer.ZLib ? Adler32.Start : 0;
        _verify = _container != DeflateContainer.Raw;
        _cursor.History = _cursor.Out;
        _phase = Phase.Blocks;
    }

    private bool ReadHeader()
    {
        var input = new ReadOnlySpan<byte>(_cursor.In, (int)(_cursor.InEnd - _cursor.In));
        if (_container == DeflateContainer.Raw)
            return true;
        if (_container == DeflateContainer.ZLib)
            return ReadZLibHeader(input);
        var done = _header.Append(input, out var consumed, out var problem, out var problemAt);
        _cursor.In += consumed;
        if (problem is not null)
            Throw(problem, _memberOffset + problemAt);
        return done;
    }

    // RFC 1950, section 2.2.
    private bool ReadZLibHeader(ReadOnlySpan<byte> input)
    {
        if (input.Length < ZLibHeaderLength)
            return false;
        if ((input[0] & 0x0F) != 8)
            Throw($"a zlib header names compression method {input[0] & 0x0F}, only 8 (deflate) is defined", Here);
        if (input[0] >> 4 > 7)
            Throw($"a zlib header names a window of 2^{8 + (input[0] >> 4)} bytes, more than 32768", Here);
        if ((input[0] << 8 | input[1]) % 31 != 0)
            Throw("a zlib header's check bits do not match it", Here + 1);
        if ((input[1] & PresetDictionary) != 0)
        {
            throw new UnsupportedFormatException(_source, "the zlib stream needs a preset dictionary, which is not in it",
                "Decompress it with the program that has the dictionary, and upload the result.", Here + 1);
        }
        _zlibHeader = input[..ZLibHeaderLength].ToArray();
        _cursor.In += ZLibHeaderLength;
        return true;
    }

    private void EndMember()
    {
        UpdateCrc();
        if (_verify)
            Verify();
        else if (SumsEnteredMember)
            EnteredMemberTail = new(_crc, OutputPosition, BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(_cursor.In, 4)), BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(_cursor.In + 4, 4)), Here);
        _cursor.In += TrailerLength;
        _dataEnd = Here;
        MemberCount++;
        _phase = Phase.BetweenMembers;
    }

    private void Verify()
    {
        var length = OutputPosition - _memberOutputOffset;
        if (_container == DeflateContainer.ZLib)
        {
            var adler = BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(_cursor.In, 4));
            if (adler != _crc)
                Throw($"the Adler-32 of the data is {_crc:x8}, but the trailer says {adler:x8}", Here);
            return;
        }
        var crc = BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(_cursor.In, 4));
        var isize = BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(_cursor.In + 4, 4));
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

    private void UpdateCrc()
    {
        if ((_verify || SumsEnteredMember) && _checked != _cursor.Out)
        {
            var output = new ReadOnlySpan<byte>(_checked, (int)(_cursor.Out - _checked));
            _crc = _container == DeflateContainer.ZLib ? Adler32.Append(_crc, output) : Crc32.Append(_crc, output);
        }
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
    private void Throw(string problem, long offset, string? detail = null)
    {
        // A decoder that began in the middle of the object does not know how many members came before.
        var number = _isMemberKnown ? MemberCount + 1 : default(long?);
        var where = _container != DeflateContainer.GZip || _expectsMember ? ""
            : number is not null ? $", in member {number}, which begins at byte {_memberOffset}"
            : _verify ? $", in the member that begins at byte {_memberOffset}"
            : $", in the member that was entered at byte {_memberOffset}";
        throw new CorruptObjectException(_source, (detail is null ? problem : $"{problem} ({detail})") + where, byteOffset: offset)
        {
            MemberNumber = number,
            MemberOffset = _isMemberKnown || _verify ? _memberOffset : null,
        };
    }
}
