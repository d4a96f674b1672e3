using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Serialization;
using Dataplug.Partitioning;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>Some lines of a text in zstd. Records are lines without their ends; the value is the text.</summary>
public sealed record ZstdTextSlice : Slice<string, string>
{
    /// <summary>Which lines, and where they are.</summary>
    public required GZipLineRange Lines { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => ZstdTextFormat.FormatId;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<ByteRange> Ranges => Lines.IsEmpty ? [] : [Lines.Range];

    /// <inheritdoc/>
    public override Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default) => Task.FromResult(Lines.OpenZstd(PinSource()));

    /// <summary>Reads the lines, decoded as UTF-8 (what is not UTF-8 becomes U+FFFD), without LF or CRLF.</summary>
    public override async IAsyncEnumerable<string> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var lines = new LineReader(await OpenReadAsync(cancellationToken).ConfigureAwait(false), Source.Uri.Display);
        while (await lines.FillAsync(cancellationToken).ConfigureAwait(false))
        {
            while (lines.TryRead(out var line))
                yield return Encoding.UTF8.GetString(line);
        }
    }

    /// <summary>Reads the text, decoded as UTF-8, with its line ends.</summary>
    public override async Task<string> GetAsync(CancellationToken cancellationToken = default)
    {
        using var reader = new StreamReader(await OpenReadAsync(cancellationToken).ConfigureAwait(false), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), detectEncodingFromByteOrderMarks: false);
        return await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>How <see cref="ZstdTextSlice"/> is written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ZstdTextSlice))]
internal sealed partial class ZstdTextSliceJson : JsonSerializerContext;
