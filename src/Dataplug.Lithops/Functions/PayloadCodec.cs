using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Dataplug.Lithops.Functions;

/// <summary>
/// How a value of a type travels: bytes as they are, anything else as UTF-8 JSON of the type that the signature names. What is
/// read never says of which type it is.
/// </summary>
internal abstract class PayloadCodec<T>
{
    /// <summary>Writes a value.</summary>
    /// <exception cref="FunctionNotShippableException">This value is more than its type says, and would lose that on the way.</exception>
    public abstract void Write(T value, IBufferWriter<byte> destination);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">It isn't of this type.</exception>
    public abstract T Read(ReadOnlySpan<byte> payload);
}

/// <summary>Makes codecs.</summary>
internal static class PayloadCodec
{
    /// <summary>The codec of a type.</summary>
    /// <param name="function">The function's name, for messages.</param>
    /// <param name="what">What is to travel, for messages: <c>its input</c>.</param>
    /// <param name="options">How JSON is written.</param>
    /// <exception cref="FunctionNotShippableException">Values of the type can't travel, or would not arrive as they were.</exception>
    public static PayloadCodec<T> Create<T>(string function, string what, JsonSerializerOptions options)
    {
        object? raw =
            typeof(T) == typeof(byte[]) ? new ByteArrayCodec()
            : typeof(T) == typeof(ReadOnlyMemory<byte>) ? new ReadOnlyMemoryCodec()
            : typeof(T) == typeof(Memory<byte>) ? new MemoryCodec()
            : typeof(T) == typeof(Stream) ? new StreamCodec()
            : null;
        if (raw is not null)
            return (PayloadCodec<T>)raw;
        if (ShippableType.ProblemOf(typeof(T), options) is { } problem)
            throw new FunctionNotShippableException(function, $"{what}, of type {typeof(T)}, can't travel: {problem}", "Use plain data, or give the executor SerializerOptions that know the type.");
        return new JsonCodec<T>(function, what, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)));
    }

    private static T NotNull<T>(T? value)
        where T : class =>
        value ?? throw new FunctionNotShippableException(null, $"a null {typeof(T).Name} can't travel as raw bytes", "Use an empty one.");

    private sealed class JsonCodec<T>(string function, string what, JsonTypeInfo<T> type) : PayloadCodec<T>
    {
        public override void Write(T value, IBufferWriter<byte> destination)
        {
            if (ShippableType.ProblemOf(typeof(T), value) is { } problem)
                throw new FunctionNotShippableException(function, $"{what} can't travel: {problem}");
            using var writer = new Utf8JsonWriter(destination);
            JsonSerializer.Serialize(writer, value, type);
        }

        public override T Read(ReadOnlySpan<byte> payload) => JsonSerializer.Deserialize(payload, type)!;
    }

    private sealed class ByteArrayCodec : PayloadCodec<byte[]>
    {
        public override void Write(byte[] value, IBufferWriter<byte> destination) => destination.Write(NotNull(value));

        public override byte[] Read(ReadOnlySpan<byte> payload) => payload.ToArray();
    }

    private sealed class ReadOnlyMemoryCodec : PayloadCodec<ReadOnlyMemory<byte>>
    {
        public override void Write(ReadOnlyMemory<byte> value, IBufferWriter<byte> destination) => destination.Write(value.Span);

        public override ReadOnlyMemory<byte> Read(ReadOnlySpan<byte> payload) => payload.ToArray();
    }

    private sealed class MemoryCodec : PayloadCodec<Memory<byte>>
    {
        public override void Write(Memory<byte> value, IBufferWriter<byte> destination) => destination.Write(value.Span);

        public override Memory<byte> Read(ReadOnlySpan<byte> payload) => payload.ToArray();
    }

    /// <summary>A stream travels as all its bytes, and may do so again for a repeated attempt.</summary>
    private sealed class StreamCodec : PayloadCodec<Stream>
    {
        private const int BlockSize = 64 << 10;

        public override void Write(Stream value, IBufferWriter<byte> destination)
        {
            if (!NotNull(value).CanSeek)
                throw new FunctionNotShippableException(null, "a stream that can't seek can't travel: a repeated attempt needs its bytes again", "Copy it to a MemoryStream or to a file.");
            lock (value)
            {
                value.Position = 0;
                int read;
                while ((read = value.Read(destination.GetSpan(BlockSize))) > 0)
                    destination.Advance(read);
            }
        }

        public override Stream Read(ReadOnlySpan<byte> payload) => new MemoryStream(payload.ToArray(), writable: false);
    }
}
