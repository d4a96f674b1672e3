using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Dataplug.Formats;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Cli.Chunks;

/// <summary>The other end of <see cref="ChunkProcesses"/>: reads tasks, a line of JSON each, and answers until the input ends.</summary>
internal static class ChunkWorker
{
    /// <summary>Bytes before an answer: its kind, and its length as four bytes, little endian.</summary>
    public const int HeadLength = 5;

    /// <summary>The answer is the partial result.</summary>
    public const byte Done = 0;

    /// <summary>The answer is a message.</summary>
    public const byte Failed = 1;

    public static async Task RunAsync(FormatRegistry formats, ObjectStores stores, Stream input, Stream output, CancellationToken cancellationToken)
    {
        using var lines = new StreamReader(input, Encoding.UTF8);
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            var (kind, answer) = await AnswerAsync(formats, stores, line, cancellationToken);
            var head = new byte[HeadLength];
            head[0] = kind;
            BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(1), answer.Length);
            await output.WriteAsync(head, cancellationToken);
            await output.WriteAsync(answer, cancellationToken);
            await output.FlushAsync(cancellationToken);
        }
    }

    private static async Task<(byte Kind, ReadOnlyMemory<byte> Answer)> AnswerAsync(FormatRegistry formats, ObjectStores stores, string line, CancellationToken cancellationToken)
    {
        try
        {
            var task = JsonSerializer.Deserialize<ChunkTask>(line) ?? throw new WorkFailedException("an empty task", []);
            return (Done, await formats.RunChunkAsync(task, stores, null, cancellationToken));
        }
        catch (Exception failure) when (failure is DataplugException or IOException or UnauthorizedAccessException or JsonException or WorkFailedException)
        {
            return (Failed, Encoding.UTF8.GetBytes(failure.Message));
        }
    }
}
