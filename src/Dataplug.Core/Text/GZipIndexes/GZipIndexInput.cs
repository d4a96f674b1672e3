using System.Buffers.Binary;

namespace Dataplug.Text;

/// <summary>The bytes of another program's index, read front to back; whatever is missing or senseless is a typed error.</summary>
internal sealed class GZipIndexInput(Stream stream, string name)
{
    private readonly byte[] _number = new byte[8];

    /// <summary>The index's name, for messages.</summary>
    public string Name => name;

    /// <summary>Bytes read so far.</summary>
    public long Position { get; private set; }

    public async ValueTask FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        Position += read;
        if (read < buffer.Length)
            throw Corrupt("it is cut short");
    }

    public async ValueTask<byte[]> ReadAsync(int length, CancellationToken cancellationToken)
    {
        var bytes = new byte[length];
        await FillAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    public async ValueTask<byte> ReadByteAsync(CancellationToken cancellationToken)
    {
        await FillAsync(_number.AsMemory(0, 1), cancellationToken).ConfigureAwait(false);
        return _number[0];
    }

    public async ValueTask<uint> ReadUInt32Async(bool bigEndian, CancellationToken cancellationToken)
    {
        await FillAsync(_number.AsMemory(0, 4), cancellationToken).ConfigureAwait(false);
        return bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(_number) : BinaryPrimitives.ReadUInt32LittleEndian(_number);
    }

    public async ValueTask<ulong> ReadUInt64Async(bool bigEndian, CancellationToken cancellationToken)
    {
        await FillAsync(_number, cancellationToken).ConfigureAwait(false);
        return bigEndian ? BinaryPrimitives.ReadUInt64BigEndian(_number) : BinaryPrimitives.ReadUInt64LittleEndian(_number);
    }

    /// <summary>An offset or count: 63 bits at most.</summary>
    public async ValueTask<long> ReadOffsetAsync(bool bigEndian, CancellationToken cancellationToken)
    {
        var value = await ReadUInt64Async(bigEndian, cancellationToken).ConfigureAwait(false);
        return value <= long.MaxValue / 8 ? (long)value : throw Corrupt($"an offset of {value} can't be");
    }

    /// <summary>Whether there is anything left.</summary>
    public async ValueTask<bool> IsAtEndAsync(CancellationToken cancellationToken) =>
        await stream.ReadAsync(_number.AsMemory(0, 1), cancellationToken).ConfigureAwait(false) == 0;

    public CorruptIndexException Corrupt(string problem) => Corrupt(name, problem, Position);

    public static CorruptIndexException Corrupt(string name, string problem, long? position = null) =>
        new(name, $"the index can't be used: {problem}", "Make it again with the program that wrote it, from this very object; or preprocess the object.", position);
}
