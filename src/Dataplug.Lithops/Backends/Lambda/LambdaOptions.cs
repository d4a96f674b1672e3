using Dataplug.Storage;

namespace Dataplug.Lithops.Backends.Lambda;

/// <summary>How AWS Lambda is reached. What is null comes from the environment and the profile, as with the AWS tools.</summary>
public sealed record LambdaOptions
{
    /// <summary>The region; null for AWS_REGION, AWS_DEFAULT_REGION or the profile's.</summary>
    public string? Region { get; init; }

    /// <summary>The endpoint, for anything but AWS itself; null for AWS_ENDPOINT_URL_LAMBDA, else AWS's own in the region.</summary>
    public string? EndpointUrl { get; init; }

    /// <summary>The profile of the AWS tools; null for AWS_PROFILE or the default one.</summary>
    public string? Profile { get; init; }

    /// <summary>The access key; null for the credential chain of the AWS tools.</summary>
    public string? AccessKey { get; init; }

    /// <summary>The secret key that belongs to it.</summary>
    public string? SecretKey { get; init; }

    /// <summary>The session token of temporary keys.</summary>
    public string? SessionToken { get; init; }

    /// <summary>How long a request goes on being offered to a service that is throttled or can't be reached.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The longest wait before the second offer; the next ones wait for up to twice as long each time, 30 s at most.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The same credential chain as for S3.</summary>
    internal S3Options ForCredentials() => new() { Region = Region, Profile = Profile, AccessKey = AccessKey, SecretKey = SecretKey, SessionToken = SessionToken };
}
