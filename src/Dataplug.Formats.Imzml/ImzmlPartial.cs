using System.Text;
using System.Text.Json;
using Dataplug.Formats.Imzml.Xml;

namespace Dataplug.Formats.Imzml;

/// <summary>What one chunk of a document holds.</summary>
internal sealed class ImzmlPartial
{
    private ImzmlPartial()
    {
    }

    public ImzmlPartial(DocumentScan scan, bool isFirst)
    {
        Problem = scan.Problem;
        ProblemAt = scan.ProblemAt;
        ListStart = scan.Place?.End ?? -1;
        First = scan.First;
        Next = scan.Next;
        IsComplete = scan.IsComplete;
        Contradictions = scan.Builder?.Contradictions ?? 0;
        Table = scan.Builder?.Table;
        Head = isFirst ? scan.Head : null;
    }

    public string? Problem { get; private init; }

    public long ProblemAt { get; private init; }

    public long ListStart { get; private init; }

    public long First { get; private init; }

    public long Next { get; private init; }

    public bool IsComplete { get; private init; }

    public long Contradictions { get; private init; }

    public ImzmlHead? Head { get; private init; }

    public SpectrumTable? Table { get; private init; }

    public SpectrumStatistics? Statistics { get; set; }

    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes, Encoding.UTF8))
        {
            writer.Write(Problem ?? "");
            writer.Write(ProblemAt);
            writer.Write(ListStart);
            writer.Write(First);
            writer.Write(Next);
            writer.Write(IsComplete);
            writer.Write(Contradictions);
            Write(Head is null ? [] : JsonSerializer.SerializeToUtf8Bytes(Head, ImzmlJson.Default.ImzmlHead));
            Write(Table is null || Problem is not null ? [] : Table.Encode(0, Table.Count));
            writer.Write(Statistics?.Blocks.BlockPoints ?? 0);
            Write(Statistics?.Encode() ?? []);
            Write(Statistics is null ? [] : Statistics.Blocks.Encode(0, Statistics.Blocks.Count));

            void Write(byte[] part)
            {
                writer.Write(part.Length);
                writer.Write(part);
            }
        }

        return bytes.ToArray();
    }

    /// <exception cref="CorruptIndexException">They are something else.</exception>
    public static ImzmlPartial FromBytes(ReadOnlyMemory<byte> bytes, string source)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes.ToArray(), writable: false), Encoding.UTF8);
            var partial = new ImzmlPartial
            {
                Problem = reader.ReadString() is { Length: > 0 } problem ? problem : null,
                ProblemAt = reader.ReadInt64(),
                ListStart = reader.ReadInt64(),
                First = reader.ReadInt64(),
                Next = reader.ReadInt64(),
                IsComplete = reader.ReadBoolean(),
                Contradictions = reader.ReadInt64(),
                Head = Read() is { Length: > 0 } head ? JsonSerializer.Deserialize(head, ImzmlJson.Default.ImzmlHead) : null,
                Table = Read() is { Length: > 0 } table ? SpectrumTable.Decode(table, source) : null,
            };
            var blockPoints = reader.ReadInt32();
            if (Read() is { Length: > 0 } statistics)
            {
                partial.Statistics = SpectrumStatistics.Decode(statistics, blockPoints, source);
                partial.Statistics.Blocks.Append(MzBlocks.Decode(Read(), source));
            }

            return partial;

            byte[] Read() => reader.ReadBytes(reader.ReadInt32());
        }
        catch (Exception failure) when (failure is EndOfStreamException or JsonException or ArgumentException)
        {
            throw new CorruptIndexException(source, "a partial result of preprocessing is damaged", innerException: failure);
        }
    }
}
