using Dataplug.Lithops.Backends.Storage;
using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Backends;

/// <summary>What is the same for all backends whose workers are elsewhere.</summary>
public abstract record RemoteBackendOptions
{
    /// <summary>The environment variable that holds the key where the options don't: for clients, and for workers.</summary>
    public const string KeyVariable = "DATAPLUG_WORKER_KEY";

    /// <summary>Where code, inputs and results go, as in <c>s3://bucket/lithops</c>; client and workers have to reach it by this name.</summary>
    public required ObjectUri Storage { get; init; }

    /// <summary>The stores by which this process reaches <see cref="Storage"/>; null for <see cref="ObjectStores.Default"/>.</summary>
    public ObjectStores? Stores { get; init; }

    /// <summary>The secret that signs invocations and statuses, 32 bytes in base64, as <see cref="NewKey"/> makes it. The workers have to
    /// have the same. Null for <see cref="KeyVariable"/>, or for a new one where the backend starts its workers itself.</summary>
    public string? Key { get; init; }

    /// <summary>A Redis server through which workers tell at once what happens, as <c>redis://host:port</c>: ends, lines, progress; and through
    /// which they are told to stop. Client and workers have to reach it by this name, with REDIS_USERNAME and REDIS_PASSWORD. What gets lost
    /// there is found in storage. Null for storage alone.</summary>
    public string? Channel { get; init; }

    /// <summary>How many attempts are handed to workers at once, over all jobs. At least 1.</summary>
    public int MaxParallelism { get; init; } = 100;

    /// <summary>How often workers give a sign of life while they run a task, and look whether it was cancelled.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After how long without a sign of life a worker is given up, and its task's attempt counts as failed.</summary>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A new key, of random bytes.</summary>
    public static string NewKey() => MessageKey.Create().ToText();

    /// <summary>Checks what is common.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal virtual void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxParallelism, 1);
        CheckChannel();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(HeartbeatInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(HeartbeatTimeout, HeartbeatInterval);
    }

    /// <exception cref="ArgumentException">The address names no Redis server.</exception>
    private void CheckChannel()
    {
        try
        {
            if (Channel is not null)
                JobChannel.Parse(Channel);
        }
        catch (FormatException exception)
        {
            throw new ArgumentException($"Channel: {exception.Message}", exception);
        }
    }

    /// <summary>The key of the options or of the environment.</summary>
    /// <exception cref="BackendFailedException">There is none, and the backend needs one; or it is no key.</exception>
    internal MessageKey ReadKey(string backend, bool isRequired)
    {
        var text = Key ?? Environment.GetEnvironmentVariable(KeyVariable);
        if (string.IsNullOrEmpty(text))
        {
            return isRequired
                ? throw new BackendFailedException(backend, "there is no key that the workers have as well", $"Give workers and client the same key: in the options, or in {KeyVariable}. 'dataplug runtime key' makes one.")
                : MessageKey.Create();
        }

        try
        {
            return MessageKey.Parse(text);
        }
        catch (FormatException exception)
        {
            throw new BackendFailedException(backend, $"the key in {(Key is null ? KeyVariable : "the options")} is not one: {exception.Message}", "'dataplug runtime key' makes one.", null, exception);
        }
    }

    internal StorageJobOptions ForJobs(MessageKey key) => new()
    {
        Stores = Stores ?? ObjectStores.Default,
        Root = Storage,
        Key = key,
        IsKeyShared = !string.IsNullOrEmpty(Key ?? Environment.GetEnvironmentVariable(KeyVariable)),
        MaxParallelism = MaxParallelism,
        Channel = Channel,
        HeartbeatInterval = HeartbeatInterval,
        HeartbeatTimeout = HeartbeatTimeout,
    };
}
