using System.Buffers;
using System.Text.Json;
using Dataplug.Metadata;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>A place between two reads.</summary>
/// <param name="Offset">Bytes of content before it.</param>
/// <param name="Reads">Reads before it.</param>
/// <param name="Bases">Bases before it.</param>
internal readonly record struct FastqMark(long Offset, long Reads, long Bases);

/// <summary>Puts together the marks that <see cref="FastqContent"/> found, and writes them as columns.</summary>
internal sealed class FastqMarkColumns(int markShift) : IGZipColumns
{
    public const string Offsets = "reads.offset";
    public const string Reads = "reads.number";
    public const string Bases = "reads.bases";

    private readonly List<FastqMark> _marks = [];
    private long _reads;
    private long _bases;
    private long _nextCell;

    /// <summary>Writes a piece: marks whose numbers count from its start, and what it has in all.</summary>
    public static ReadOnlyMemory<byte> Write(List<FastqMark> marks, long reads, long bases)
    {
        if (marks.Count == 0 && reads == 0)
            return default;
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes))
        {
            writer.Write7BitEncodedInt(marks.Count);
            var last = default(FastqMark);
            foreach (var mark in marks)
            {
                writer.Write7BitEncodedInt64(mark.Offset - last.Offset);
                writer.Write7BitEncodedInt64(mark.Reads - last.Reads);
                writer.Write7BitEncodedInt64(mark.Bases - last.Bases);
                last = mark;
            }

            writer.Write7BitEncodedInt64(reads);
            writer.Write7BitEncodedInt64(bases);
        }

        return bytes.ToArray();
    }

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> found)
    {
        if (found.IsEmpty)
            return;
        try
        {
            using var reader = new BinaryReader(new MemoryStream(found.ToArray(), writable: false));
            var mark = new FastqMark(0, _reads, _bases);
            for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
            {
                mark = new FastqMark(mark.Offset + reader.Read7BitEncodedInt64(), mark.Reads + reader.Read7BitEncodedInt64(), mark.Bases + reader.Read7BitEncodedInt64());

                // The last read of a part and the first of the next one meet in a cell.
                if (mark.Offset < _nextCell)
                    continue;
                _marks.Add(mark);
                _nextCell = ((mark.Offset >> markShift) + 1) << markShift;
            }

            _reads += reader.Read7BitEncodedInt64();
            _bases += reader.Read7BitEncodedInt64();
        }
        catch (Exception failure) when (failure is EndOfStreamException or FormatException)
        {
            throw new CorruptIndexException(null, "a partial result of preprocessing is damaged", innerException: failure);
        }
    }

    /// <inheritdoc/>
    public async Task WriteAsync(SidecarWriter writer, GZipPlace place, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(writer);
        var marks = Array.ConvertAll(MarkCells.Thin(_marks.ConvertAll(mark => mark.Offset), markShift), i => _marks[i]);
        await writer.WriteColumnAsync(Offsets, Array.ConvertAll(marks, mark => mark.Offset), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(Reads, Array.ConvertAll(marks, mark => mark.Reads), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(Bases, Array.ConvertAll(marks, mark => mark.Bases), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void WriteAttributes(Utf8JsonWriter attributes)
    {
        // The content's own attributes tell all.
    }
}
