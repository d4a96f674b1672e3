using System.Text.Json;
using Dataplug.Lithops.Backends;

namespace Dataplug.Lithops.Protocol;

/// <summary>How an attempt ended. Written signed, and only where there is none yet: the first to end has the word.</summary>
internal sealed record InvocationStatus
{
    /// <summary>The attempt, so that a status can't be passed off as that of another.</summary>
    public required string Call { get; init; }

    public required string Worker { get; init; }

    /// <summary>Why it failed; null when it succeeded.</summary>
    public RemoteFailure? Failure { get; init; }

    /// <summary>The result, when it is short.</summary>
    public byte[]? Result { get; init; }

    /// <summary>The name of the result's object beside the status, when it is not.</summary>
    public string? ResultName { get; init; }

    /// <summary>The SHA-256 of that object.</summary>
    public string? ResultDigest { get; init; }

    public AttemptReport? Report { get; init; }

    /// <summary>The number of the first line in <see cref="Log"/>; those before it were too many to keep.</summary>
    public int FirstLine { get; init; }

    /// <summary>The last lines that the function logged or wrote to the console.</summary>
    public IReadOnlyList<string> Log { get; init; } = [];

    public byte[] Sign(MessageKey key) => key.Sign(MessageKey.StatusPurpose, JsonSerializer.SerializeToUtf8Bytes(this, ProtocolJson.Default.InvocationStatus));

    /// <summary>Reads the status of an attempt.</summary>
    /// <exception cref="PayloadRefusedException">It isn't signed with the key, isn't a status, or is that of another attempt.</exception>
    public static InvocationStatus Open(ReadOnlyMemory<byte> message, MessageKey key, string call)
    {
        var status = ProtocolJson.Read(key.Verify(MessageKey.StatusPurpose, message).Span, ProtocolJson.Default.InvocationStatus, "status");
        return status.Call == call ? status : throw new PayloadRefusedException(call, $"the status is that of {status.Call}");
    }
}

/// <summary>An exception as it travels.</summary>
internal sealed record RemoteFailure(string Type, string Message, string? StackTrace)
{
    public static RemoteFailure From(Exception exception) =>
        new(exception.GetType().FullName!, exception.Message, exception.InnerException is null ? exception.StackTrace : exception.ToString());
}
