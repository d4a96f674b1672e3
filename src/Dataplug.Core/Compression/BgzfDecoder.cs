using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace Dataplug.Compression;

/// <summary>Decompresses BGZF blocks from memory to memory, one at a time.</summary>
internal sealed unsafe class BgzfDecoder
{
    /// <summary>Room that the content of any block needs, with what the decoder may write behind it.</summary>
    public const int OutputLength = BgzfBlock.MaxLength + InflateDecoder.OutputMargin;

    private static readonly ConcurrentQueue<BgzfDecoder> Free = new();

    private readonly InflateDecoder _inflate = new();

    public static BgzfDecoder Rent() => Free.TryDequeue(out var decoder) ? decoder : new BgzfDecoder();

    public void Return()
    {
        if (Free.Count < 2 * Environment.ProcessorCount)
            Free.Enqueue(this);
    }

    /// <summary>Decompresses a block and verifies its checksum and length.</summary>
    /// <param name="block">All bytes of the block, whose header was looked at.</param>
    /// <param name="output">At least <see cref="OutputLength"/> bytes.</param>
    /// <param name="length">Bytes of content.</param>
    /// <returns>What is wrong with the block; null when nothing is.</returns>
    public string? Decode(ReadOnlySpan<byte> block, Span<byte> output, out int length)
    {
        length = 0;
        ArgumentOutOfRangeException.ThrowIfLessThan(output.Length, OutputLength);
        var dataStart = BgzfBlock.FixedHeaderLength + BinaryPrimitives.ReadUInt16LittleEndian(block[10..]);
        var data = block[dataStart..^BgzfBlock.TrailerLength];
        _inflate.Reset();
        fixed (byte* input = data)
        fixed (byte* target = output)
        {
            var cursor = new InflateCursor
            {
                In = input,
                InEnd = input + data.Length,
                Out = target,
                OutEnd = target + OutputLength,
                History = target,
            };
            InflateStatus status;
            do
                status = _inflate.Decode(ref cursor);
            while (status == InflateStatus.BlockEnd);
            length = (int)(cursor.Out - target);
            var problem = status switch
            {
                InflateStatus.StreamEnd when length > BgzfBlock.MaxLength => "it has more than 65536 bytes of content",
                InflateStatus.StreamEnd when cursor.In + (cursor.Bit > 0 ? 1 : 0) != cursor.InEnd => "its deflate data end before the block does",
                InflateStatus.StreamEnd => null,
                InflateStatus.OutputFull => "it has more than 65536 bytes of content",
                InflateStatus.NeedInput => "its deflate data go on behind the block",
                _ => "it holds " + _inflate.Problem,
            };
            if (problem is not null)
                return problem;
        }

        var trailer = block[^BgzfBlock.TrailerLength..];
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != length)
            return $"it has {length} bytes of content where its trailer says {BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..])}";
        return BinaryPrimitives.ReadUInt32LittleEndian(trailer) == Crc32.Append(0, output[..length]) ? null : "its CRC-32 does not fit its content";
    }
}
