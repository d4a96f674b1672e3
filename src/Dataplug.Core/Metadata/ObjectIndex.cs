using System.Text.Json;

namespace Dataplug.Metadata;

/// <summary>
/// The index of one object in memory: plain immutable data in packed columns, loaded from its sidecar. Windows and other blobs
/// stay in the sidecar; the index only knows where they are.
/// </summary>
public abstract class ObjectIndex
{
    private readonly Lazy<IReadOnlyList<string>> _warnings;

    /// <summary>Creates the index.</summary>
    /// <param name="sidecar">The open sidecar that the index was loaded from.</param>
    protected ObjectIndex(SidecarReader sidecar)
    {
        ArgumentNullException.ThrowIfNull(sidecar);
        Source = sidecar.Header.Source;
        FormatId = sidecar.Header.FormatId;
        Attributes = sidecar.Attributes;
        _warnings = new Lazy<IReadOnlyList<string>>(() => ReadWarnings(Attributes));
    }

    /// <summary>The object at the version that was indexed.</summary>
    public SourceIdentity Source { get; }

    /// <summary>The id of the format, e.g. <c>fastq-gzip</c>.</summary>
    public string FormatId { get; }

    /// <summary>What is known of the whole object (counts, lengths, encodings): a JSON object, the same that
    /// <c>dataplug inspect</c> shows. Derived indexes offer the same values typed.</summary>
    public JsonElement Attributes { get; }

    /// <summary>What preprocessing found odd about the object without refusing it (attribute <c>warnings</c>): ignored bytes at its end,
    /// a missing end marker, damage that the index ends before. Clauses without a full stop; usually none.</summary>
    public IReadOnlyList<string> Warnings => _warnings.Value;

    internal static IReadOnlyList<string> ReadWarnings(JsonElement attributes) =>
        attributes.TryGetProperty("warnings", out var warnings) && warnings.ValueKind == JsonValueKind.Array
            ? [.. warnings.EnumerateArray().Where(warning => warning.ValueKind == JsonValueKind.String).Select(warning => warning.GetString()!)]
            : [];
}
