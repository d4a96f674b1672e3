using System.Buffers;
using System.Buffers.Binary;
using Dataplug.Metadata;

namespace Dataplug.Fuzz.Targets;

/// <summary>A column's decoding: two bytes of count, then the column. What it takes it must write the same way.</summary>
internal sealed class ColumnTarget : IFuzzTarget
{
    private readonly GuardedMemory _input = new(1 << 20);

    public string Name => "column";

    public InputKind Kind => InputKind.Column;

    public string Run(byte[] input, Random random)
    {
        if (input.Length < 2)
            return "too short";
        var values = new long[BinaryPrimitives.ReadUInt16LittleEndian(input)];
        if (!ColumnCodec.TryDecode(_input.PutAtEnd(input.AsSpan(2)), values))
            return "refused";
        var again = new ArrayBufferWriter<byte>();
        ColumnCodec.Encode(values, again);
        return again.WrittenSpan.SequenceEqual(input.AsSpan(2)) ? "accepted" : throw new FuzzFinding("a column has two encodings");
    }
}
