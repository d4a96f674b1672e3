using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Serialization;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>Some lines of a compressed text. Records are lines without their ends; the value is the text.</summary>
public sealed record GZipTextSlice : Slice<string, string>
{
    /// <summary>Which lines, and where they are.</summary>
    public required GZipLineRange Lines { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => DeflateEnvelope.Of(Lines.Container).FormatId;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<ByteRange> Ranges => Lines.IsEmpty ? [] : [Lines.Range];

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<BlobReference> Blobs => Lines.Window is { } window ? [window] : [];

    /// <inheritdoc/>
    public override Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default) => Lines.OpenAsync(PinSource(), Stores, cancellationToken);

    /// <summary>Reads the lines, decoded as UTF-8 (what is not UTF-8 becomes U+FFFD), without LF or CRLF.</summary>
    public override async IAsyncEnumerable<string> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var stream = await OpenReadAsync(cancellationToken).ConfigureAwait(false);
        using var lines = new LineReader(stream, Source.Uri.Display);
        while (await lines.FillAsync(cancellationToken).ConfigureAwait(false))
        {
            while (lines.TryRead(out var line))
                yield return Encoding.UTF8.GetString(line);
        }
    }

    /// <summary>Reads the text, decoded as UTF-8, with its line ends.</summary>
    public override async Task<string> GetAsync(CancellationToken cancellationToken = default)
    {
        var stream = await OpenReadAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var buffer = new MemoryStream();
            await stream.CopyToAsync(buffer, cancellationToken).ConfigureAwait(false);
            return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
        }
    }

    /// <inheritdoc/>
    public override Slice WithBlobs(IReadOnlyList<BlobReference> blobs)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        return Lines.Window is null ? this : this with { Lines = Lines with { Window = blobs[0] } };
    }
}

/// <summary>How <see cref="GZipTextSlice"/> is written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GZipTextSlice))]
internal sealed partial class GZipTextSliceJson : JsonSerializerContext;
