using Dataplug.Compression;
using Dataplug.Formats;

namespace Dataplug.Text;

/// <summary>One of the three containers of deflate data as a format: what it is called, and how it is recognised.</summary>
internal sealed record DeflateEnvelope(DeflateContainer Container, string FormatId, string Name, string Description, IReadOnlyList<string> Extensions)
{
    public static DeflateEnvelope GZip { get; } = new(DeflateContainer.GZip, "gzip-text", "Text (gzip)", "Text lines in gzip, one or many members, or BGZF",
        [".txt.gz", ".log.gz", ".csv.gz", ".tsv.gz", ".json.gz", ".jsonl.gz", ".ndjson.gz", ".xml.gz", ".txt.bgz", ".gz", ".bgz"]);

    public static DeflateEnvelope ZLib { get; } = new(DeflateContainer.ZLib, "zlib-text", "Text (zlib)", "Text lines in a zlib stream, as pigz -z writes it",
        [".txt.zz", ".log.zz", ".zz", ".zlib"]);

    public static DeflateEnvelope Raw { get; } = new(DeflateContainer.Raw, "deflate-text", "Text (deflate)", "Text lines in a bare deflate stream; never detected, only asked for",
        [".deflate"]);

    /// <summary>The container of a kind of slice.</summary>
    public static DeflateEnvelope Of(DeflateContainer container) => container switch
    {
        DeflateContainer.GZip => GZip,
        DeflateContainer.ZLib => ZLib,
        _ => Raw,
    };

    public FormatMatch Detect(FormatProbe probe) => Container switch
    {
        DeflateContainer.GZip when probe.IsGZip && TextProbe.HasNoBinaryControls(probe.Content.Span) => FormatMatch.Possible,
        DeflateContainer.ZLib when IsZLibText(probe) => FormatMatch.Possible,
        _ => FormatMatch.None,
    };

    // The header of zlib is two bytes that any text may begin with ("x^"), so all of the head must decode.
    private static bool IsZLibText(FormatProbe probe)
    {
        if (probe.Head.Span is not [var method, ..] || (method & 0x0F) != 8)
            return false;
        using var stream = new InflateStream(new MemoryStream(probe.Head.ToArray(), writable: false), new InflateReadOptions
        {
            Source = probe.Uri.Display,
            Container = DeflateContainer.ZLib,
            ExpectMoreData = probe.Head.Length < probe.Size,
        });
        var content = new byte[4096];
        var length = 0L;
        try
        {
            for (int read; (read = stream.Read(content)) > 0; length += read)
            {
                if (!TextProbe.HasNoBinaryControls(content.AsSpan(0, read)))
                    return false;
            }
        }
        catch (DataplugException)
        {
            return false;
        }

        return length > 0;
    }
}
