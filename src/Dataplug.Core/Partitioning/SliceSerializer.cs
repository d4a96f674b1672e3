using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Dataplug.Partitioning;

/// <summary>
/// Writes slices as one line of JSON and reads them back: versioned, round-trip safe, refused when unknown or changed.
/// </summary>
/// <remarks>
/// A line is <c>{"dataplug":1,"kind":"…","slice":{…},"check":"…"}</c>. The check is <c>sha256:</c> or <c>hmac-sha256:</c> and
/// 64 hexadecimal digits, over <c>dataplug slice 1</c>, LF, the kind, LF, and the slice as this class writes it. White space
/// and the order of properties don't matter; another value, a missing or an additional property does.
/// </remarks>
public sealed class SliceSerializer
{
    /// <summary>The environment variable whose text (as UTF-8) is the key when none is given.</summary>
    public const string KeyVariable = "DATAPLUG_SLICE_KEY";

    /// <summary>The longest line that is read, in characters or bytes. Slices take about a kilobyte, more only when they carry
    /// inlined blobs.</summary>
    public const int MaximumLength = 16 << 20;

    private const int Version = 1;
    private const string Checksum = "sha256:";
    private const string Signature = "hmac-sha256:";
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonDocumentOptions ReaderOptions = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    private readonly Dictionary<string, SliceKind> _kinds = new(StringComparer.Ordinal);
    private readonly byte[]? _key;

    /// <summary>Creates a serialiser that knows some kinds of slices.</summary>
    /// <param name="kinds">The kinds; several formats may share one, but one name can't mean two types.</param>
    /// <param name="key">A secret by which slices are signed (HMAC-SHA-256) and without which none is accepted. When null, the
    /// text of the environment variable <c>DATAPLUG_SLICE_KEY</c>; when that is not set either, slices carry a checksum
    /// (SHA-256), which shows damage but not forgery.</param>
    /// <exception cref="ArgumentException">A kind is given twice with different types, or the key is empty.</exception>
    public SliceSerializer(IEnumerable<SliceKind> kinds, ReadOnlyMemory<byte>? key = null)
    {
        ArgumentNullException.ThrowIfNull(kinds);
        foreach (var kind in kinds)
        {
            if (!_kinds.TryAdd(kind.Name, kind) && _kinds[kind.Name].Type != kind.Type)
                throw new ArgumentException($"There are two kinds of slices with the name '{kind.Name}'.", nameof(kinds));
        }

        if (key is { } given)
        {
            if (given.IsEmpty)
                throw new ArgumentException("An empty key signs nothing.", nameof(key));
            _key = given.ToArray();
        }
        else if (Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } text)
        {
            _key = Encoding.UTF8.GetBytes(text);
        }
    }

    /// <summary>The slice as one line of JSON, without the line's end.</summary>
    /// <exception cref="ArgumentException">The slice is of a kind that this serialiser was not given.</exception>
    public string Serialize(Slice slice) => Encoding.UTF8.GetString(SerializeToUtf8(slice).Span);

    /// <summary>Reads a slice. It reads through the stores of the process until it is given others (<see cref="Slice.Stores"/>).</summary>
    /// <exception cref="InvalidSliceException">Not a slice, of an unknown kind or version, or changed since it was written.</exception>
    public Slice Deserialize(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return json.Length <= MaximumLength
            ? Deserialize(Encoding.UTF8.GetBytes(json))
            : throw new InvalidSliceException(null, $"a slice of {json.Length} characters; the limit is {MaximumLength}");
    }

    /// <summary>Writes slices, one a line, each line ended by LF.</summary>
    /// <exception cref="ArgumentException">A slice is of a kind that this serialiser was not given.</exception>
    public async Task WriteAsync(Stream destination, IEnumerable<Slice> slices, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(slices);
        foreach (var slice in slices)
        {
            await destination.WriteAsync(SerializeToUtf8(slice), cancellationToken).ConfigureAwait(false);
            await destination.WriteAsync("\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        }

        await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads slices, one a line; empty lines are passed over. Memory is that of one line.</summary>
    /// <exception cref="InvalidSliceException">A line is not a slice; the message says which line.</exception>
    public async IAsyncEnumerable<Slice> ReadAsync(Stream source, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        var reader = PipeReader.Create(source, new StreamPipeReaderOptions(leaveOpen: true, bufferSize: 64 << 10));
        try
        {
            for (long line = 1; ; line++)
            {
                if (await ReadLineAsync(reader, line, cancellationToken).ConfigureAwait(false) is not { } text)
                    yield break;
                if (text.AsSpan().Trim(" \t\r"u8).IsEmpty)
                    continue;
                Slice slice;
                try
                {
                    slice = Deserialize(text);
                }
                catch (InvalidSliceException e)
                {
                    throw new InvalidSliceException(e.ObjectName, $"line {line}: {e.Problem}", e.Cure, e.ByteOffset, e);
                }

                yield return slice;
            }
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    private static async ValueTask<byte[]?> ReadLineAsync(PipeReader reader, long line, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            var end = buffer.PositionOf((byte)'\n');
            var length = end is { } place ? buffer.Slice(0, place).Length : buffer.Length;
            if (length > MaximumLength)
                throw new InvalidSliceException(null, $"line {line} is longer than {MaximumLength} bytes");
            if (end is { } found)
            {
                var text = buffer.Slice(0, found).ToArray();
                reader.AdvanceTo(buffer.GetPosition(1, found));
                return text;
            }

            if (result.IsCompleted)
            {
                var text = buffer.ToArray();
                reader.AdvanceTo(buffer.End);
                return text.Length == 0 ? null : text;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private ReadOnlyMemory<byte> SerializeToUtf8(Slice slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        if (!_kinds.TryGetValue(slice.Kind, out var kind) || kind.Type != slice.GetType())
            throw new ArgumentException($"Slices of the kind '{slice.Kind}' ({slice.GetType()}) are unknown here.", nameof(slice));
        var body = Canonical(slice, kind.Contract);
        var buffer = new ArrayBufferWriter<byte>(body.Length + 160);
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteNumber("dataplug"u8, Version);
            json.WriteString("kind"u8, slice.Kind);
            json.WritePropertyName("slice"u8);
            json.WriteRawValue(body.Span, skipInputValidation: true);
            json.WriteString("check"u8, Check(slice.Kind, body.Span));
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private Slice Deserialize(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, ReaderOptions);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("dataplug"u8, out var version))
                throw new InvalidSliceException(null, "not a slice");
            if (version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out var number) || number != Version)
                throw new InvalidSliceException(null, $"the slice has version {version}; this program reads version {Version}");
            if (root.GetPropertyCount() != 4
                || !root.TryGetProperty("kind"u8, out var kindElement) || kindElement.ValueKind != JsonValueKind.String
                || !root.TryGetProperty("slice"u8, out var body) || body.ValueKind != JsonValueKind.Object
                || !root.TryGetProperty("check"u8, out var check) || check.ValueKind != JsonValueKind.String)
            {
                throw new InvalidSliceException(null, "the slice has other properties than dataplug, kind, slice and check");
            }

            var name = kindElement.GetString()!;
            if (!_kinds.TryGetValue(name, out var kind))
                throw new InvalidSliceException(null, $"slices of the kind '{name}' are unknown here; known are: {string.Join(", ", _kinds.Keys)}", "Register the format that made it.");
            return DeserializeBody(name, kind.Contract, body, check.GetString()!);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new InvalidSliceException(null, "not a slice", innerException: e);
        }
    }

    private Slice DeserializeBody(string kind, JsonTypeInfo type, JsonElement body, string check)
    {
        Slice slice;
        try
        {
            slice = body.Deserialize(type) as Slice ?? throw new InvalidSliceException(null, "not a slice");
        }
        catch (Exception e) when (e is not (OutOfMemoryException or InvalidSliceException))
        {
            // Constructors and setters of slices refuse values in their own ways.
            throw new InvalidSliceException(null, $"the properties are not those of a '{kind}' slice", innerException: e);
        }

        var name = slice.Source?.Uri?.Display;
        var canonical = Canonical(slice, type);
        using (var again = JsonDocument.Parse(canonical))
        {
            if (!JsonElement.DeepEquals(body, again.RootElement))
                throw new InvalidSliceException(name, $"the slice has properties that a '{kind}' slice does not have, or lacks some");
        }

        if (_key is null && check.StartsWith(Signature, StringComparison.Ordinal))
            throw new InvalidSliceException(name, "the slice is signed, but there is no key to check it with", $"Set {KeyVariable} to the key that it was signed with.");
        if (_key is not null && check.StartsWith(Checksum, StringComparison.Ordinal))
            throw new InvalidSliceException(name, "the slice is not signed, but there is a key, so only signed slices are accepted", $"Partition again with the same {KeyVariable}.");
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(check), Encoding.UTF8.GetBytes(Check(kind, canonical.Span))))
            throw new InvalidSliceException(name, _key is null ? "the slice was changed since it was written" : "the slice was changed since it was written, or signed with another key");
        return slice.Index >= 0 && slice.Index < slice.Count && slice.Source is { Uri: not null, ETag: not null, Size: >= 0 }
            ? slice
            : throw new InvalidSliceException(name, $"slice {slice.Index} of {slice.Count} can't be");
    }

    private static ReadOnlyMemory<byte> Canonical(Slice slice, JsonTypeInfo type)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
            JsonSerializer.Serialize(json, slice, type);
        return buffer.WrittenMemory;
    }

    private string Check(string kind, ReadOnlySpan<byte> body)
    {
        byte[] message = [.. "dataplug slice 1\n"u8, .. Encoding.UTF8.GetBytes(kind), (byte)'\n', .. body];
        return _key is null
            ? Checksum + Convert.ToHexStringLower(SHA256.HashData(message))
            : Signature + Convert.ToHexStringLower(HMACSHA256.HashData(_key, message));
    }
}
