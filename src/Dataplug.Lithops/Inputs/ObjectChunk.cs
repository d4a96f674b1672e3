using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Serialization;
using Dataplug.Storage;

namespace Dataplug.Lithops;

/// <summary>An object, or some bytes of it, of the very version that was listed. A few hundred bytes as an input of a task.</summary>
public sealed record ObjectChunk
{
    private const int BufferSize = 1 << 16;

    /// <summary>The object.</summary>
    public required ObjectUri Uri { get; init; }

    /// <summary>The version that was listed.</summary>
    public required string ETag { get; init; }

    /// <summary>Bytes of the whole object.</summary>
    public required long ObjectSize { get; init; }

    /// <summary>The first byte of the chunk, from 0.</summary>
    public required long Offset { get; init; }

    /// <summary>Bytes of the chunk.</summary>
    public required long Length { get; init; }

    /// <summary>Its place among the object's chunks, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>How many chunks the object has.</summary>
    public required int Count { get; init; }

    /// <summary>The stores by which it is read; null for <see cref="ObjectStores.Default"/>, as always in other processes.</summary>
    [JsonIgnore]
    public ObjectStores? Stores { get; init; }

    /// <summary>The chunk's bytes.</summary>
    /// <exception cref="StaleIndexException">The object has changed since it was listed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">They are more than an array holds.</exception>
    public Task<byte[]> ReadAsync(CancellationToken cancellationToken = default) => Pin().ReadAsync(new ByteRange(Offset, Length), cancellationToken);

    /// <summary>A forward-only stream over the chunk's bytes.</summary>
    /// <remarks>Its reads throw <see cref="StaleIndexException"/> when the object has changed since it was listed.</remarks>
    public Stream OpenRead() => Pin().OpenRead(new ByteRange(Offset, Length), ReadAheadOptions.Default);

    /// <summary>The lines that begin in the chunk, without their ends (a line feed, or a carriage return and one), as UTF-8. Those of all chunks
    /// of an object together are all its lines, each once; the last one is read beyond the chunk's end.</summary>
    /// <exception cref="StaleIndexException">The object has changed since it was listed.</exception>
    public async IAsyncEnumerable<string> ReadLinesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Length == 0)
            yield break;
        var pinned = Pin();
        var end = Offset + Length;

        // The byte before tells whether a line begins with the chunk.
        var position = Math.Max(0, Offset - 1);
        var isSkipping = Offset > 0;
        var line = new List<byte>();
        var buffer = new byte[BufferSize];
        while (position < ObjectSize)
        {
            // No line begins here.
            if (isSkipping && position >= end)
                yield break;

            // Beyond the end only what the last line may need.
            var until = position < end ? end : Math.Min(position + BufferSize, ObjectSize);
            var content = pinned.OpenRead(new ByteRange(position, until - position), ReadAheadOptions.Default);
            await using (content.ConfigureAwait(false))
            {
                for (int read; (read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
                {
                    for (var at = 0; at < read;)
                    {
                        var feed = buffer.AsSpan(at, read - at).IndexOf((byte)'\n');
                        var length = feed < 0 ? read - at : feed;
                        if (!isSkipping)
                            line.AddRange(buffer.AsSpan(at, length));
                        at += length;
                        position += length;
                        if (feed < 0)
                            continue;
                        at++;
                        position++;
                        if (!isSkipping)
                            yield return TextOf(line);
                        line.Clear();
                        isSkipping = false;
                        if (position >= end)
                            yield break;
                    }
                }
            }
        }

        if (!isSkipping && line.Count > 0)
            yield return TextOf(line);
    }

    private static string TextOf(List<byte> line)
    {
        var bytes = CollectionsMarshal.AsSpan(line);
        return Encoding.UTF8.GetString(bytes is [.. var text, (byte)'\r'] ? text : bytes);
    }

    private PinnedObject Pin() => new((Stores ?? ObjectStores.Default).Get(Uri), new ObjectInfo { Uri = Uri, ETag = ETag, Size = ObjectSize });
}
