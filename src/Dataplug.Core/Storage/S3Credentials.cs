namespace Dataplug.Storage;

/// <summary>Credentials that last for a while, to be handed to workers.</summary>
public sealed record S3Credentials
{
    /// <summary>The access key.</summary>
    public required string AccessKey { get; init; }

    /// <summary>The secret key.</summary>
    public required string SecretKey { get; init; }

    /// <summary>The session token.</summary>
    public required string SessionToken { get; init; }

    /// <summary>When they end.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>The names and values of the environment variables that the AWS tools and this library read them from.</summary>
    public IReadOnlyDictionary<string, string> ToEnvironment() => new Dictionary<string, string>
    {
        ["AWS_ACCESS_KEY_ID"] = AccessKey,
        ["AWS_SECRET_ACCESS_KEY"] = SecretKey,
        ["AWS_SESSION_TOKEN"] = SessionToken,
    };

    /// <summary>Names the key and the end, never the secrets.</summary>
    public override string ToString() => $"S3Credentials {{ AccessKey = {AccessKey}, Expires = {Expires:O} }}";
}

/// <summary>What temporary credentials are asked for.</summary>
public sealed record S3SessionRequest
{
    /// <summary>The role to assume; null for a session of the caller itself.</summary>
    public string? RoleArn { get; init; }

    /// <summary>The name of the role's session.</summary>
    public string SessionName { get; init; } = "dataplug";

    /// <summary>The external id that the role's trust policy asks for; null for none.</summary>
    public string? ExternalId { get; init; }

    /// <summary>A policy (JSON) that narrows the role's rights, e.g. to reading one bucket; null for all of them.</summary>
    public string? Policy { get; init; }

    /// <summary>How long the credentials last.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromHours(1);
}
