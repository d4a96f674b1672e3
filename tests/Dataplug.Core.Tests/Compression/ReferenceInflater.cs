namespace Dataplug.Core.Tests.Compression;

/// <summary>A boundary where decoding can begin, as the reference sees it.</summary>
internal readonly record struct ReferenceBoundary(long BitOffset, long OutputOffset, bool IsMemberStart);

/// <summary>What the reference made of an object.</summary>
internal sealed record ReferenceResult(byte[] Output, IReadOnlyList<ReferenceBoundary> Boundaries, int MemberCount);

/// <summary>
/// Inflates gzip bit by bit, straight from the text of RFC 1951 and RFC 1952: slow, and obvious. The decoder under test is held
/// against it. It refuses what zlib refuses, with an <see cref="InvalidDataException"/>.
/// </summary>
internal sealed class ReferenceInflater
{
    private readonly byte[] _input;
    private readonly List<byte> _output = [];
    private readonly List<ReferenceBoundary> _boundaries = [];
    private long _bit;
    private int _memberStart;

    private ReferenceInflater(byte[] input) => _input = input;

    public static ReferenceResult Gunzip(byte[] input)
    {
        var inflater = new ReferenceInflater(input);
        var members = 0;
        if (input.Length == 0)
            throw new InvalidDataException("empty");
        while (inflater._bit < input.Length * 8L)
        {
            // gzip(1): zeros, and what is no magic number, end the members.
            var rest = input.AsSpan((int)(inflater._bit / 8));
            if (members > 0 && !(rest is [0x1F] or [0x1F, 0x8B or 0x1E or 0x9D or 0x9E or 0xA0, ..]))
                break;
            inflater.Member();
            members++;
        }
        return new ReferenceResult([.. inflater._output], inflater._boundaries, members);
    }

    public static byte[] Inflate(byte[] deflate)
    {
        var inflater = new ReferenceInflater(deflate);
        inflater.Blocks();
        return [.. inflater._output];
    }

    private void Member()
    {
        var start = (int)(_bit / 8);
        _boundaries.Add(new(_bit, _output.Count, true));
        _memberStart = _output.Count;
        if (Byte() != 0x1F || Byte() != 0x8B)
            throw new InvalidDataException("magic");
        if (Byte() != 8)
            throw new InvalidDataException("method");
        var flags = Byte();
        if ((flags & 0xE0) != 0)
            throw new InvalidDataException("reserved flags");
        for (var i = 0; i < 6; i++)
            Byte();
        if ((flags & 4) != 0)
        {
            for (var left = Byte() + 256 * Byte(); left > 0; left--)
                Byte();
        }
        for (var texts = (flags >> 3 & 1) + (flags >> 4 & 1); texts > 0; texts--)
        {
            while (Byte() != 0)
            {
            }
        }
        if ((flags & 2) != 0)
        {
            var crc = Crc(_input.AsSpan(start, (int)(_bit / 8) - start));
            if (Byte() + 256 * Byte() != (crc & 0xFFFF))
                throw new InvalidDataException("header crc");
        }
        Blocks();
        _bit = (_bit + 7) / 8 * 8;
        var output = _output.ToArray().AsSpan(_memberStart);
        var stored = (uint)Bits(16) | (uint)Bits(16) << 16;
        if (stored != Crc(output))
            throw new InvalidDataException("crc");
        if (((uint)Bits(16) | (uint)Bits(16) << 16) != (uint)output.Length)
            throw new InvalidDataException("isize");
    }

    public static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xFFFFFFFF;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var i = 0; i < 8; i++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }

    private int Byte() => Bits(8);

    private int Bits(int count)
    {
        var value = 0;
        for (var i = 0; i < count; i++)
        {
            if (_bit >= _input.Length * 8L)
                throw new InvalidDataException("cut short");
            value |= (_input[_bit / 8] >> (int)(_bit % 8) & 1) << i;
            _bit++;
        }
        return value;
    }

    private void Blocks()
    {
        for (var last = false; !last;)
        {
            last = Bits(1) != 0;
            switch (Bits(2))
            {
                case 0:
                    _bit = (_bit + 7) / 8 * 8;
                    var length = Bits(16);
                    if (Bits(16) != (length ^ 0xFFFF))
                        throw new InvalidDataException("stored length");
                    for (var i = 0; i < length; i++)
                        _output.Add((byte)Bits(8));
                    break;
                case 1:
                    var fixedLengths = new int[288];
                    for (var i = 0; i < 288; i++)
                        fixedLengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
                    Symbols(new Code(fixedLengths, complete: false), new Code(Enumerable.Repeat(5, 32).ToArray(), complete: false));
                    break;
                case 2:
                    Dynamic();
                    break;
                default:
                    throw new InvalidDataException("block type");
            }
            if (!last)
                _boundaries.Add(new(_bit, _output.Count, false));
        }
    }

    private void Dynamic()
    {
        var literals = Bits(5) + 257;
        var distances = Bits(5) + 1;
        var codes = Bits(4) + 4;
        if (literals > 286 || distances > 30)
            throw new InvalidDataException("too many codes");
        int[] order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        var codeLengths = new int[19];
        for (var i = 0; i < codes; i++)
            codeLengths[order[i]] = Bits(3);
        var code = new Code(codeLengths, complete: true);
        var lengths = new List<int>();
        while (lengths.Count < literals + distances)
        {
            var symbol = code.Read(this);
            if (symbol < 16)
            {
                lengths.Add(symbol);
                continue;
            }
            if (symbol == 16 && lengths.Count == 0)
                throw new InvalidDataException("repeat of nothing");
            var value = symbol == 16 ? lengths[^1] : 0;
            var repeat = symbol == 16 ? 3 + Bits(2) : symbol == 17 ? 3 + Bits(3) : 11 + Bits(7);
            for (var i = 0; i < repeat; i++)
                lengths.Add(value);
        }
        if (lengths.Count > literals + distances)
            throw new InvalidDataException("repeat too long");
        if (lengths[256] == 0)
            throw new InvalidDataException("no end of block");
        Symbols(new Code([.. lengths.Take(literals)], complete: false), new Code([.. lengths.Skip(literals)], complete: false));
    }

    private void Symbols(Code literals, Code distances)
    {
        int[] bases = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
        int[] extra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
        int[] distanceBases = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
        for (; ; )
        {
            var symbol = literals.Read(this);
            if (symbol == 256)
                return;
            if (symbol < 256)
            {
                _output.Add((byte)symbol);
                continue;
            }
            if (symbol > 285)
                throw new InvalidDataException("length symbol");
            var length = bases[symbol - 257] + Bits(extra[symbol - 257]);
            var distanceSymbol = distances.Read(this);
            if (distanceSymbol > 29)
                throw new InvalidDataException("distance symbol");
            var distance = distanceBases[distanceSymbol] + Bits(Math.Max(0, distanceSymbol / 2 - 1));
            if (distance > _output.Count - _memberStart)
                throw new InvalidDataException("too far back");
            for (var i = 0; i < length; i++)
                _output.Add(_output[^distance]);
        }
    }

    /// <summary>A canonical code (RFC 1951, section 3.2.2) that is read bit by bit.</summary>
    private sealed class Code
    {
        private readonly Dictionary<(int Length, int Bits), int> _symbols = [];

        public Code(int[] lengths, bool complete)
        {
            var used = 0.0;
            foreach (var length in lengths.Where(l => l > 0))
                used += Math.Pow(2, -length);
            if (used > 1)
                throw new InvalidDataException("oversubscribed");
            // zlib takes an incomplete code of one codeword of one bit, and an empty one until it is used; not for code lengths.
            if (used < 1 && (complete || lengths.Max() > 1))
                throw new InvalidDataException("incomplete");
            var code = 0;
            for (var length = 1; length <= 15; length++)
            {
                code <<= 1;
                for (var symbol = 0; symbol < lengths.Length; symbol++)
                {
                    if (lengths[symbol] == length)
                        _symbols[(length, code++)] = symbol;
                }
            }
        }

        public int Read(ReferenceInflater input)
        {
            var code = 0;
            for (var length = 1; length <= 15; length++)
            {
                code = code << 1 | input.Bits(1);
                if (_symbols.TryGetValue((length, code), out var symbol))
                    return symbol;
            }
            throw new InvalidDataException("no such codeword");
        }
    }
}
