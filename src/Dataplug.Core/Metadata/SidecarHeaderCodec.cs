using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dataplug.Storage;

namespace Dataplug.Metadata;

/// <summary>The header of a sidecar as JSON (docs/index-format.md, "Header").</summary>
internal static class SidecarHeaderCodec
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonDocumentOptions ReaderOptions = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    public static byte[] Encode(SidecarHeader header)
    {
        var source = SourceName.Of(header.Source.Uri);
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("format"u8, header.FormatId);
            json.WriteNumber("version"u8, header.FormatVersion);
            json.WriteStartObject("source"u8);
            json.WriteString("uri"u8, source.Uri.Value);
            if (source.QueryDigest is { } digest)
                json.WriteString("query"u8, digest);
            json.WriteString("etag"u8, header.Source.ETag);
            json.WriteNumber("size"u8, header.Source.Size);
            if (header.Source.Companions is { Count: > 0 } companions)
            {
                json.WriteStartArray("companions"u8);
                foreach (var companion in companions)
                {
                    var name = SourceName.Of(companion.Uri);
                    json.WriteStartObject();
                    json.WriteString("uri"u8, name.Uri.Value);
                    json.WriteString("etag"u8, companion.ETag);
                    json.WriteNumber("size"u8, companion.Size);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WritePropertyName("parameters"u8);
            json.WriteRawValue(header.Parameters);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static (SidecarHeader Header, SourceName Source) Decode(ReadOnlyMemory<byte> json, string sidecar)
    {
        try
        {
            using var document = JsonDocument.Parse(json, ReaderOptions);
            var root = document.RootElement;
            var source = root.GetProperty("source"u8);
            var uri = ObjectUri.Parse(source.GetProperty("uri"u8).GetString() ?? "");
            var digest = source.TryGetProperty("query"u8, out var query) ? query.GetString() : null;
            var size = source.GetProperty("size"u8).GetInt64();
            var version = root.GetProperty("version"u8).GetInt32();
            var parameters = root.GetProperty("parameters"u8);
            var format = root.GetProperty("format"u8).GetString();
            var etag = source.GetProperty("etag"u8).GetString();
            var companions = source.TryGetProperty("companions"u8, out var list) ? list.EnumerateArray().Select(ReadCompanion).ToArray() : null;
            if (companions is not null && companions.Any(companion => companion.Size < 0))
                throw new CorruptIndexException(sidecar, "the header has values that make no sense");
            if (size < 0 || version < 1 || parameters.ValueKind != JsonValueKind.Object || string.IsNullOrEmpty(format) || etag is null)
                throw new CorruptIndexException(sidecar, "the header has values that make no sense");
            return (new SidecarHeader(format, version, new SourceIdentity(uri, etag, size) { Companions = companions }, parameters.GetRawText()), new SourceName(uri, digest));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or InvalidUriException)
        {
            throw new CorruptIndexException(sidecar, "the header is not a sidecar header", innerException: e);
        }
    }

    private static SourceIdentity ReadCompanion(JsonElement json) =>
        new(ObjectUri.Parse(json.GetProperty("uri"u8).GetString() ?? ""), json.GetProperty("etag"u8).GetString() ?? "", json.GetProperty("size"u8).GetInt64());
}
