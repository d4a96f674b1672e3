using System.Globalization;
using System.Text.Json;
using Dataplug.Lithops.Code;
using Dataplug.Storage;

namespace Dataplug.Lithops.Protocol;

/// <summary>What a worker is asked to do: run attempts at tasks of one job, one after another. Sent signed.</summary>
internal sealed record Invocation
{
    /// <summary>The longest input that travels in the invocation, and the longest result in the status, in bytes.</summary>
    public const int InlineLimit = 16 << 10;

    /// <summary>How many bytes of inputs travel in an invocation of several tasks; services take bodies of bounded size.</summary>
    public const int GroupInlineLimit = 128 << 10;

    /// <summary>Where everything else of the job is.</summary>
    public required ObjectUri Storage { get; init; }

    public required string Job { get; init; }

    /// <summary>How many tasks the job has, when that is known.</summary>
    public int? Count { get; init; }

    /// <summary>The attempts to run, in this order.</summary>
    public required IReadOnlyList<InvocationTask> Tasks { get; init; }

    /// <summary>The SHA-256 of the bundle's manifest.</summary>
    public required string Bundle { get; init; }

    /// <summary>The SHA-256 of the function's reference, captured variables included.</summary>
    public required string Function { get; init; }

    /// <summary>Variables that the tasks find in their environment.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>Files that the tasks find on the worker's disk.</summary>
    public IReadOnlyList<JobFile>? Files { get; init; }

    /// <summary>Whether the inputs are handles to results in storage, and the function takes what they stand for.</summary>
    public bool TakesStored { get; init; }

    /// <summary>Whether the results stay in storage, and the statuses hold handles to them.</summary>
    public bool KeepsResults { get; init; }

    /// <summary>Whether another client may take the job over, so that it has to be told at once that an attempt has begun.</summary>
    public bool IsDurable { get; init; }

    /// <summary>Where to tell at once what happens, as <c>redis://host:port</c>; null where nobody listens.</summary>
    public string? Channel { get; init; }

    /// <summary>How long the function may take.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long it may take to stop when it is told to.</summary>
    public required TimeSpan Grace { get; init; }

    /// <summary>How often to give a sign of life.</summary>
    public required TimeSpan Heartbeat { get; init; }

    /// <summary>The name of an attempt among all attempts.</summary>
    public string CallOf(InvocationTask task) => CallOf(Job, task.Index, task.Attempt);

    public static string CallOf(string job, int index, int attempt) => string.Create(CultureInfo.InvariantCulture, $"{job}/{index}/{attempt}");

    public byte[] Sign(MessageKey key) => key.Sign(MessageKey.InvocationPurpose, JsonSerializer.SerializeToUtf8Bytes(this, ProtocolJson.Default.Invocation));

    /// <summary>Reads an invocation.</summary>
    /// <exception cref="PayloadRefusedException">It isn't signed with the key, or isn't one.</exception>
    public static Invocation Open(ReadOnlyMemory<byte> message, MessageKey key) =>
        ProtocolJson.Read(key.Verify(MessageKey.InvocationPurpose, message).Span, ProtocolJson.Default.Invocation, "invocation");
}

/// <summary>One attempt at one task.</summary>
internal sealed record InvocationTask
{
    public required int Index { get; init; }

    public required int Attempt { get; init; }

    /// <summary>The input, when it is short.</summary>
    public byte[]? Input { get; init; }

    /// <summary>The SHA-256 of the input's object, when it is not.</summary>
    public string? InputDigest { get; init; }
}

/// <summary>A file that goes along with a job.</summary>
/// <param name="Name">Its name, without folders.</param>
/// <param name="Digest">The SHA-256 of its content.</param>
/// <param name="Size">Its size in bytes.</param>
internal sealed record JobFile(string Name, string Digest, long Size);
