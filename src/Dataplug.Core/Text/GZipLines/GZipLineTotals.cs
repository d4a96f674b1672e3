using System.Buffers;
using System.Text.Json;
using Dataplug.Compression;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>What is known of a whole object once its pass, or the last of its parts, has ended.</summary>
/// <param name="Content">The content, complete.</param>
/// <param name="Size">Bytes of it.</param>
/// <param name="Members">Number of members.</param>
/// <param name="FirstMember">The first member's header, as JSON; empty where there is none.</param>
/// <param name="Bgzf">What the members say about BGZF.</param>
/// <param name="TrailingBytes">Bytes after the last member that are ignored.</param>
/// <param name="Salvage">Where a damaged object ends.</param>
internal sealed record GZipLineTotals(
    IGZipContent Content, long Size, long Members, ReadOnlyMemory<byte> FirstMember, BgzfSight Bgzf, ByteRange? TrailingBytes, SalvageEnd? Salvage = null)
{
    /// <summary>Adds it to a partial result, as its last entry.</summary>
    public void AddTo(GZipLinePartial.Builder partial)
    {
        var end = Salvage is not null ? GZipLinePartial.PackEnd(Salvage.StoredEnd, isSalvaged: true)
            : TrailingBytes is { } trailing ? GZipLinePartial.PackEnd(trailing.Offset, isSalvaged: false)
            : 0;
        partial.AddTotals(Content.LineFeeds + (Content.IsAtLineStart ? 0 : 1), Size, end, WriteAttributes());
    }

    private byte[] WriteAttributes()
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            Content.WriteAttributes(json);
            json.WriteNumber("uncompressedSize", Size);
            json.WriteNumber("members", Members);
            if (FirstMember.Length > 0)
            {
                json.WritePropertyName("firstMember");
                json.WriteRawValue(FirstMember.Span);
            }

            WriteRemarks(json);
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private void WriteRemarks(Utf8JsonWriter json)
    {
        var remarks = new IndexRemarks(json);
        if (Salvage is not null)
            remarks.AddSalvage(Salvage);
        else if (Bgzf is BgzfSight.Blocks or BgzfSight.BlocksAndEndMarker)
            remarks.AddBgzfEndMarker(Bgzf == BgzfSight.BlocksAndEndMarker);
        if (TrailingBytes is { } trailing)
            remarks.AddTrailingBytes(trailing);
        remarks.Complete();
    }
}
