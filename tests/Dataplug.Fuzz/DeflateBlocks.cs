using System.Buffers.Binary;
using Dataplug.Compression;

namespace Dataplug.Fuzz;

/// <summary>What a mutation wants to know of deflate data: where its blocks begin, where it ends, and the trailer that fits.</summary>
/// <param name="Boundaries">Bits at which blocks begin, the end of the last block included; up to the first error.</param>
/// <param name="Length">Bytes up to the end of the last block; 0 when there is none.</param>
/// <param name="Trailer">CRC-32 and length of the output (RFC 1952, section 2.3.1).</param>
internal sealed unsafe record DeflateBlocks(long[] Boundaries, int Length, byte[] Trailer)
{
    private const int MaxOutput = 4 << 20;

    [ThreadStatic]
    private static byte[]? _output;

    [ThreadStatic]
    private static InflateDecoder? _decoder;

    /// <summary>Decodes raw deflate data, as far as it goes. This only serves to make inputs: what is wrong here makes worse inputs.</summary>
    public static DeflateBlocks Of(ReadOnlySpan<byte> deflate)
    {
        var output = _output ??= GC.AllocateUninitializedArray<byte>(MaxOutput, pinned: true);
        var decoder = _decoder ??= new InflateDecoder();
        decoder.Reset();
        var boundaries = new List<long>();
        fixed (byte* input = deflate, start = output)
        {
            var cursor = new InflateCursor { In = input, InEnd = input + deflate.Length, Out = start, OutEnd = start + output.Length, History = start };
            for (; ; )
            {
                boundaries.Add((cursor.In - input) * 8 + cursor.Bit);
                var status = decoder.Decode(ref cursor);
                if (status == InflateStatus.BlockEnd)
                    continue;
                if (status != InflateStatus.StreamEnd)
                    return new DeflateBlocks([.. boundaries], 0, []);
                boundaries.Add((cursor.In - input) * 8 + cursor.Bit);
                var trailer = new byte[8];
                var length = (int)(cursor.Out - start);
                System.IO.Hashing.Crc32.Hash(output.AsSpan(0, length), trailer);
                BinaryPrimitives.WriteInt32LittleEndian(trailer.AsSpan(4), length);
                return new DeflateBlocks([.. boundaries], (int)((boundaries[^1] + 7) / 8), trailer);
            }
        }
    }
}
