using System.Text.Json;

namespace Dataplug.Lithops.Protocol;

/// <summary>A durable job as it lies in storage: all that another client needs to take it over. Written signed.</summary>
internal sealed record StoredJob
{
    public required string Job { get; init; }

    public required string Name { get; init; }

    public required string Bundle { get; init; }

    public required string Function { get; init; }

    /// <summary>The type of one result.</summary>
    public required string ResultType { get; init; }

    public IReadOnlyList<JobFile> Files { get; init; } = [];

    public bool TakesStored { get; init; }

    public bool KeepsResults { get; init; }

    /// <summary>The inputs, many in one object.</summary>
    public required IReadOnlyList<StoredInputs> Inputs { get; init; }

    public byte[] Sign(MessageKey key) => key.Sign(MessageKey.JobPurpose, JsonSerializer.SerializeToUtf8Bytes(this, ProtocolJson.Default.StoredJob));

    /// <summary>Reads a job.</summary>
    /// <exception cref="PayloadRefusedException">It isn't signed with the key, isn't a job, or is another.</exception>
    public static StoredJob Open(ReadOnlyMemory<byte> message, MessageKey key, string job)
    {
        var stored = ProtocolJson.Read(key.Verify(MessageKey.JobPurpose, message).Span, ProtocolJson.Default.StoredJob, "job");
        return stored.Job == job ? stored : throw new PayloadRefusedException(job, $"the stored job is {stored.Job}");
    }
}

/// <summary>Inputs that follow one another in one object.</summary>
/// <param name="Digest">The SHA-256 of the object.</param>
/// <param name="Lengths">The length of each input, in bytes; -1 for the input of a task that was cancelled before.</param>
internal sealed record StoredInputs(string Digest, IReadOnlyList<int> Lengths);

/// <summary>A result that stays in storage, as its handle travels.</summary>
internal sealed record StoredPayload
{
    /// <summary>The result itself, when it is short.</summary>
    public byte[]? Content { get; init; }

    /// <summary>The URI of the result's object, when it is not.</summary>
    public string? Location { get; init; }

    /// <summary>The SHA-256 of that object.</summary>
    public string? Digest { get; init; }

    /// <summary>The result's length in bytes.</summary>
    public long Length { get; init; }
}
