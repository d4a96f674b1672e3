using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using Dataplug.Compression;
using Dataplug.Conformance.GZip;
using ZstdSharp;

namespace Dataplug.Fuzz;

/// <summary>
/// Makes inputs: bytes of the pool with bits flipped, pieces cut, repeated and spliced, members concatenated, blocks exchanged at bit
/// precision, and blocks with random codes that no compressor writes; half of them with checksums that fit, so that they get past
/// the checks that guard the rest.
/// </summary>
internal sealed class Mutator(Random random)
{
    private const int MaxLength = 48 << 10;
    private static readonly byte[] PlainHeader = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];
    private static readonly long[] Interesting = [0, 1, 2, 3, 7, 8, 15, 16, 30, 31, 32, 63, 64, 127, 128, 255, 256, 257, 258, 285, 286, 287, 32767, 32768, 32769, 65535, 65536, int.MaxValue, uint.MaxValue, long.MaxValue, long.MinValue];

    private readonly Dictionary<InputKind, List<byte[]>> _pools = [];

    /// <summary>The inputs of a kind that mutations start from.</summary>
    public List<byte[]> Pool(InputKind kind)
    {
        if (!_pools.TryGetValue(kind, out var pool))
            _pools[kind] = pool = [];
        return pool;
    }

    /// <summary>A new input of a kind.</summary>
    public byte[] Next(InputKind kind)
    {
        var input = kind switch
        {
            InputKind.Deflate => Deflate(),
            InputKind.Gzip => Gzip(),
            InputKind.Blocks => ManyBlocks(),
            InputKind.State when random.Next(4) != 0 => WithCrc(Bytes(Any(kind))),
            InputKind.Sidecar when random.Next(4) != 0 => Sidecar(),
            InputKind.Column when random.Next(3) == 0 => Column(),
            _ => Bytes(Any(kind)),
        };
        return input.Length <= MaxLength ? input : input[..MaxLength];
    }

    private byte[] Any(InputKind kind)
    {
        var pool = Pool(kind);
        return pool.Count == 0 ? [] : pool[random.Next(pool.Count)];
    }

    // ---------------------------------------------------------------------------------------------------- gzip, deflate

    private byte[] Gzip()
    {
        var member = Any(InputKind.Gzip);
        switch (random.Next(12))
        {
            case < 4:
                return Bytes(member);
            case < 7:
                // Damage within the blocks, with a trailer that fits if there are blocks left.
                var (header, deflate) = Split(member);
                return Wrap(random.Next(6) == 0 ? Bytes(header) : header, random.Next(3) == 0 ? Blocks(deflate) : Bytes(deflate));
            case < 9:
                return Wrap(random.Next(2) == 0 ? PlainHeader : Split(member).Header, Deflate());
            case 9:
                // Members after another, and what may follow the last one.
                byte[] other = random.Next(2) == 0 ? Any(InputKind.Gzip) : Wrap(PlainHeader, Deflate());
                byte[] rest = random.Next(4) switch { 0 => new byte[random.Next(1, 600)], 1 => RandomBytes(random.Next(1, 20)), 2 => [0x1F], _ => [] };
                return [.. member, .. other, .. rest];
            case 10:
                return member[..random.Next(member.Length + 1)];
            default:
                return Wrap(Split(member).Header, Deflate());
        }
    }

    /// <summary>One member or a few, of many blocks each, now and then damaged.</summary>
    private byte[] ManyBlocks()
    {
        if (random.Next(8) == 0)
            return Bytes(Any(InputKind.Blocks));
        var stored = new List<byte>();
        for (var members = random.Next(3) == 0 ? random.Next(1, 5) : 1; members > 0; members--)
        {
            var (header, deflate) = random.Next(6) switch
            {
                0 or 1 => Split(Any(InputKind.Blocks)),
                2 => (PlainHeader, DeflateSamples.HandMade(random, random.Next(6) == 0 ? 150_000 : 20_000).Deflate),
                3 => (PlainHeader, DeflateSamples.Compress(Records(), (DeflateKind)random.Next(Enum.GetValues<DeflateKind>().Length), random)),
                // A gzip object within stored blocks: starts that are none.
                4 when random.Next(3) == 0 => (PlainHeader, DeflateSamples.Compress(Any(InputKind.Blocks), DeflateKind.Stored, random)),
                _ => (PlainHeader, Flushed()),
            };
            if (random.Next(4) == 0)
                deflate = Blocks(deflate);
            stored.AddRange(Wrap(header, deflate));
        }
        if (random.Next(10) == 0)
            stored.AddRange(new byte[random.Next(1, 300)]);
        return random.Next(5) == 0 ? Bytes([.. stored]) : [.. stored];
    }

    /// <summary>What zlib makes of records, flushed now and then, so that there are many blocks.</summary>
    private byte[] Flushed()
    {
        var records = Records();
        var output = new MemoryStream();
        using (var deflate = new DeflateStream(output, new ZLibCompressionOptions { CompressionLevel = random.Next(1, 10), CompressionStrategy = (ZLibCompressionStrategy)random.Next(5) }, leaveOpen: true))
        {
            var most = random.Next(2) == 0 ? 2000 : 40_000;
            for (int at = 0, length; at < records.Length; at += length)
            {
                length = Math.Min(records.Length - at, random.Next(1, most));
                deflate.Write(records, at, length);
                if (random.Next(8) != 0)
                    deflate.Flush();
            }
        }
        return output.ToArray();
    }

    /// <summary>Lines that repeat themselves more or less, up to 100 KB.</summary>
    private byte[] Records()
    {
        var records = new byte[random.Next(200, random.Next(6) == 0 ? 100_000 : 12_000)];
        var letters = random.Next(2, 30);
        var copies = random.Next(2, 12);
        for (var at = 0; at < records.Length;)
        {
            var length = Math.Min(records.Length - at, random.Next(1, 80));
            var line = records.AsSpan(at, length);
            if (at >= length && random.Next(copies) != 0)
            {
                records.AsSpan(at - random.Next(length, Math.Max(length, Math.Min(at, 32768)) + 1), length).CopyTo(line);
            }
            else
            {
                foreach (ref var letter in line)
                    letter = (byte)('@' + random.Next(letters));
            }
            line[^1] = (byte)'\n';
            at += length;
        }
        return records;
    }

    private byte[] Deflate()
    {
        var blocks = Any(InputKind.Deflate);
        return random.Next(10) switch
        {
            < 3 => Bytes(blocks),
            < 5 => Blocks(blocks),
            5 => blocks[..random.Next(blocks.Length + 1)],
            6 => Bytes(HandMade()),
            7 => Blocks(HandMade()),
            8 => Header(HandMade()),
            _ => HandMade(),
        };
    }

    private byte[] HandMade() => random.Next(4) switch
    {
        0 => DeflateSamples.Compress(Any(InputKind.Deflate), (DeflateKind)random.Next(Enum.GetValues<DeflateKind>().Length), random),
        1 => DeflateSamples.HandMade(random, random.Next(8) == 0 ? 150_000 : 20_000).Deflate,
        _ => DeflateSamples.HandMade(random, 1500).Deflate,
    };

    /// <summary>Damage where it is felt most: in the first bits, which make a block's codes.</summary>
    private byte[] Header(byte[] deflate)
    {
        for (var flips = random.Next(1, 4); flips > 0 && deflate.Length > 0; flips--)
            deflate[random.Next(Math.Min(deflate.Length, 80))] ^= (byte)(1 << random.Next(8));
        return deflate;
    }

    /// <summary>Whole blocks of one and of another, cut at their bits and joined; sometimes a bit is lost or won between.</summary>
    private byte[] Blocks(byte[] deflate)
    {
        var other = random.Next(2) == 0 ? deflate : random.Next(2) == 0 ? Any(InputKind.Deflate) : Split(Any(InputKind.Gzip)).Deflate;
        var mine = DeflateBlocks.Of(deflate).Boundaries;
        var others = DeflateBlocks.Of(other).Boundaries;
        var writer = new DeflateWriter();
        writer.CopyBits(deflate, 0, mine[random.Next(mine.Length)]);
        if (random.Next(6) == 0)
            writer.Bits(random.Next(8), random.Next(1, 4));
        var from = random.Next(others.Length);
        writer.CopyBits(other, others[from], random.Next(2) == 0 ? others[^1] : others[random.Next(from, others.Length)]);
        var at = mine[random.Next(mine.Length)];
        writer.CopyBits(deflate, at, random.Next(4) == 0 ? deflate.Length * 8L : mine[^1]);
        return writer.ToArray();
    }

    private static (byte[] Header, byte[] Deflate) Split(byte[] member)
    {
        var reader = new GzipHeaderReader();
        reader.Reset();
        return reader.Append(member, out var length, out _, out _) ? (member[..length], member[length..]) : (PlainHeader, member);
    }

    private byte[] Wrap(byte[] header, byte[] deflate)
    {
        var blocks = DeflateBlocks.Of(deflate);
        return blocks.Length > 0 ? [.. header, .. deflate.AsSpan(0, blocks.Length), .. blocks.Trailer] : [.. header, .. deflate, .. RandomBytes(random.Next(9))];
    }

    // ------------------------------------------------------------------------------------------------------------ others

    private static byte[] WithCrc(byte[] state)
    {
        if (state.Length > 4)
            System.IO.Hashing.Crc32.Hash(state.AsSpan(..^4), state.AsSpan(state.Length - 4));
        return state;
    }

    private byte[] Column()
    {
        var values = new List<byte> { 0, 0 };
        var count = random.Next(200);
        BinaryPrimitives.WriteUInt16LittleEndian(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(values), (ushort)count);
        for (var i = 0; i < count; i++)
        {
            var rest = (ulong)random.NextInt64() >> random.Next(64);
            for (; rest >= 0x80; rest >>= 7)
                values.Add((byte)(rest | 0x80));
            values.Add((byte)rest);
        }
        return [.. values];
    }

    /// <summary>A sidecar whose directory or a section was changed and whose checksums fit all the same (docs/index-format.md).</summary>
    private byte[] Sidecar()
    {
        const int trailerLength = 48;
        var sidecar = Any(InputKind.Sidecar).AsSpan().ToArray();
        if (sidecar.Length < trailerLength + 24)
            return sidecar;
        var place = BinaryPrimitives.ReadUInt64LittleEndian(sidecar.AsSpan(sidecar.Length - trailerLength));
        if (place > (ulong)(sidecar.Length - trailerLength))
            return Bytes(sidecar);
        var frame = sidecar.AsSpan((int)place, sidecar.Length - trailerLength - (int)place);
        byte[] directory;
        try
        {
            using var decompressor = new Decompressor();
            directory = decompressor.Unwrap(frame, 1 << 20).ToArray();
        }
        catch (ZstdException)
        {
            return Bytes(sidecar);
        }
        var body = sidecar.AsSpan(0, (int)place).ToArray();
        switch (random.Next(3))
        {
            case 0:
                directory = Bytes(directory);
                break;
            case 1:
                Section(body, directory);
                break;
            default:
                // The front's header, its checksum, and the directory's copy of it.
                var length = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(12)), (uint)(body.Length - 24));
                if (length > 0)
                {
                    var at = random.Next(length);
                    var value = (byte)random.Next(32, 127);
                    body[24 + at] = value;
                    if (4 + at < directory.Length)
                        directory[4 + at] = value;
                    BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(16), XxHash3.HashToUInt64(body.AsSpan(24, length)));
                }
                break;
        }
        using var compressor = new Compressor(3);
        var packed = compressor.Wrap(directory).ToArray();
        var trailer = sidecar.AsSpan(sidecar.Length - trailerLength).ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(8), (uint)packed.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(12), (uint)directory.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(trailer.AsSpan(16), XxHash3.HashToUInt64(packed));
        if (random.Next(10) == 0)
            BinaryPrimitives.WriteUInt64LittleEndian(trailer.AsSpan(random.Next(4) * 8), (ulong)Interesting[random.Next(Interesting.Length)]);
        BinaryPrimitives.WriteUInt64LittleEndian(trailer.AsSpan(32), XxHash3.HashToUInt64(trailer.AsSpan(0, 32)));
        return [.. body, .. packed, .. trailer];
    }

    /// <summary>Damages bytes of the body and mends the section's checksum in the directory.</summary>
    private void Section(byte[] body, byte[] directory)
    {
        const int fixedLength = 58;
        // Entries are found by what they must hold: an offset and a length within the body whose checksum follows.
        for (var at = random.Next(Math.Max(1, directory.Length - fixedLength)); at + 40 <= directory.Length; at++)
        {
            var offset = BinaryPrimitives.ReadUInt64LittleEndian(directory.AsSpan(at));
            var stored = BinaryPrimitives.ReadUInt64LittleEndian(directory.AsSpan(at + 8));
            if (offset >= (ulong)body.Length || stored == 0 || stored > (ulong)body.Length - offset)
                continue;
            var frame = body.AsSpan((int)offset, (int)stored);
            if (XxHash3.HashToUInt64(frame) != BinaryPrimitives.ReadUInt64LittleEndian(directory.AsSpan(at + 32)))
                continue;
            frame[random.Next(frame.Length)] ^= (byte)(1 << random.Next(8));
            BinaryPrimitives.WriteUInt64LittleEndian(directory.AsSpan(at + 32), XxHash3.HashToUInt64(frame));
            return;
        }
    }

    // ------------------------------------------------------------------------------------------------------- plain bytes

    private byte[] RandomBytes(int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>One to a few of the changes that need no knowledge of the format; always a copy.</summary>
    private byte[] Bytes(byte[] source)
    {
        var bytes = new List<byte>(source);
        for (var changes = random.Next(3) != 0 ? 1 : random.Next(1, 9); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count + 1);
            var length = Math.Min(bytes.Count - at, random.Next(1, random.Next(3) == 0 ? 400 : 9));
            switch (random.Next(11))
            {
                case < 4 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 4 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 5:
                    var value = BitConverter.GetBytes(Interesting[random.Next(Interesting.Length)]);
                    for (int i = 0, width = 1 << random.Next(4); i < width && at + i < bytes.Count; i++)
                        bytes[at + i] = value[i];
                    break;
                case 6:
                    bytes.RemoveRange(at, length);
                    break;
                case 7:
                    bytes.InsertRange(at, RandomBytes(length));
                    break;
                case 8:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 9:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    var from = random.Next(source.Length + 1);
                    bytes.InsertRange(at, source.AsSpan(from, Math.Min(source.Length - from, length)).ToArray());
                    break;
            }
        }
        return [.. bytes];
    }
}
