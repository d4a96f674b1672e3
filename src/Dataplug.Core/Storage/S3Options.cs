namespace Dataplug.Storage;

/// <summary>When request checksums are sent and answers' checksums checked, besides TLS and the signed hash of every body.</summary>
public enum S3ChecksumMode
{
    /// <summary>Only where an operation demands it. Works with every server; many that are not AWS refuse more.</summary>
    WhenRequired,

    /// <summary>Wherever the operation allows it, as AWS itself recommends.</summary>
    WhenSupported,
}

/// <summary>
/// How S3 is reached. What is left null comes from the environment, as in the AWS CLI: <c>AWS_ENDPOINT_URL_S3</c>,
/// <c>AWS_ENDPOINT_URL</c>, <c>AWS_REGION</c>, <c>AWS_DEFAULT_REGION</c>, <c>AWS_PROFILE</c>, the profile, and the credential chain.
/// </summary>
public sealed record S3Options
{
    /// <summary>The server, e.g. <c>http://127.0.0.1:9000</c>; null for the environment's, else AWS.</summary>
    public string? EndpointUrl { get; init; }

    /// <summary>The region that requests are signed for; null for the environment's or the profile's, else us-east-1. A bucket
    /// that turns out to be in another region is followed there.</summary>
    public string? Region { get; init; }

    /// <summary>The profile of the shared AWS configuration; null for <c>AWS_PROFILE</c>, else <c>default</c>.</summary>
    public string? Profile { get; init; }

    /// <summary>Send unsigned requests (<c>--no-sign-request</c>), for public buckets.</summary>
    public bool Anonymous { get; init; }

    /// <summary>Accept the costs of requests to requester-pays buckets (<c>--request-payer requester</c>).</summary>
    public bool RequestPayer { get; init; }

    /// <summary>Name buckets in the path rather than in the host; null for yes exactly when there is an endpoint of one's own.</summary>
    public bool? ForcePathStyle { get; init; }

    /// <summary>The access key; null for the credential chain.</summary>
    public string? AccessKey { get; init; }

    /// <summary>The secret key that goes with <see cref="AccessKey"/>.</summary>
    public string? SecretKey { get; init; }

    /// <summary>The session token of temporary credentials; null for lasting ones.</summary>
    public string? SessionToken { get; init; }

    /// <summary>A role to assume with the credentials; renewed before it expires. Null for none.</summary>
    public string? AssumeRoleArn { get; init; }

    /// <summary>The name of the role's session.</summary>
    public string RoleSessionName { get; init; } = "dataplug";

    /// <summary>The external id that the role's trust policy asks for; null for none.</summary>
    public string? RoleExternalId { get; init; }

    /// <summary>How long the role's credentials last; 15 minutes to 12 hours.</summary>
    public TimeSpan RoleDuration { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The server of the Security Token Service; null for <c>AWS_ENDPOINT_URL_STS</c>, else <see cref="EndpointUrl"/>, else AWS.</summary>
    public string? StsEndpointUrl { get; init; }

    /// <summary>When checksums are used.</summary>
    public S3ChecksumMode ChecksumMode { get; init; } = S3ChecksumMode.WhenRequired;

    /// <summary>How long to wait for a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest time from sending a request to the head of its answer. Stalls are cut off far sooner by
    /// <see cref="RetryOptions"/>.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The most connections to one server.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>The largest object that one copy request may copy; AWS allows 5 GiB. Larger ones are copied in parts.</summary>
    internal long SingleCopyLimit { get; init; } = 5L << 30;

    /// <summary>The size of the parts of such a copy.</summary>
    internal long CopyPartSize { get; init; } = 512L << 20;

    /// <summary>The same options with other credentials, e.g. those of <see cref="S3Store.CreateSessionAsync"/> for a worker.</summary>
    public S3Options WithCredentials(S3Credentials credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return this with
        {
            AccessKey = credentials.AccessKey,
            SecretKey = credentials.SecretKey,
            SessionToken = credentials.SessionToken,
            Anonymous = false,
            AssumeRoleArn = null,
        };
    }
}
