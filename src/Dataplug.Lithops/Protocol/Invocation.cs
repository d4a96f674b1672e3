using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dataplug.Lithops.Code;
using Dataplug.Storage;

namespace Dataplug.Lithops.Protocol;

/// <summary>What a worker is asked to do: run one attempt at one task. Sent signed.</summary>
internal sealed record Invocation
{
    /// <summary>The longest input that travels in the invocation, and the longest result in the status, in bytes.</summary>
    public const int InlineLimit = 16 << 10;

    /// <summary>Where everything else of the job is.</summary>
    public required ObjectUri Storage { get; init; }

    public required string Job { get; init; }

    public required int Index { get; init; }

    public int? Count { get; init; }

    public required int Attempt { get; init; }

    /// <summary>The SHA-256 of the bundle's manifest.</summary>
    public required string Bundle { get; init; }

    /// <summary>The SHA-256 of the function's reference, captured variables included.</summary>
    public required string Function { get; init; }

    /// <summary>The input, when it is short.</summary>
    public byte[]? Input { get; init; }

    /// <summary>The SHA-256 of the input's object, when it is not.</summary>
    public string? InputDigest { get; init; }

    /// <summary>How long the function may take.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long it may take to stop when it is told to.</summary>
    public required TimeSpan Grace { get; init; }

    /// <summary>How often to give a sign of life.</summary>
    public required TimeSpan Heartbeat { get; init; }

    /// <summary>The name of the attempt among all attempts.</summary>
    [JsonIgnore]
    public string Call => CallOf(Job, Index, Attempt);

    public static string CallOf(string job, int index, int attempt) => string.Create(CultureInfo.InvariantCulture, $"{job}/{index}/{attempt}");

    public byte[] Sign(MessageKey key) => key.Sign(MessageKey.InvocationPurpose, JsonSerializer.SerializeToUtf8Bytes(this, ProtocolJson.Default.Invocation));

    /// <summary>Reads an invocation.</summary>
    /// <exception cref="PayloadRefusedException">It isn't signed with the key, or isn't one.</exception>
    public static Invocation Open(ReadOnlyMemory<byte> message, MessageKey key) =>
        ProtocolJson.Read(key.Verify(MessageKey.InvocationPurpose, message).Span, ProtocolJson.Default.Invocation, "invocation");
}
