using Dataplug.Storage;

namespace Dataplug.Conformance.Servers;

/// <summary>
/// A real S3 server (Ceph), started once for the test process and stopped with it; or the one that
/// <c>DATAPLUG_TEST_S3</c> gives: the lines that <c>tests/services/s3-up.sh</c> printed. When it can't be had, every test that
/// asks for it fails with the reason.
/// </summary>
public sealed class S3Server
{
    private static readonly Lazy<Task<S3Server>> Shared = new(StartAsync);

    private S3Server(IReadOnlyDictionary<string, string> settings)
    {
        Endpoint = settings["S3_ENDPOINT"];
        AccessKey = settings["S3_ACCESS_KEY"];
        SecretKey = settings["S3_SECRET_KEY"];
        RoleArn = settings["S3_ROLE_ARN"];
    }

    /// <summary>The server's URL.</summary>
    public string Endpoint { get; }

    /// <summary>The access key of the test user.</summary>
    public string AccessKey { get; }

    /// <summary>The secret key of the test user.</summary>
    public string SecretKey { get; }

    /// <summary>A role that the test user may assume; it may do anything with S3.</summary>
    public string RoleArn { get; }

    /// <summary>Options that reach the server as the test user.</summary>
    public S3Options Options => new() { EndpointUrl = Endpoint, AccessKey = AccessKey, SecretKey = SecretKey, Region = "us-east-1" };

    /// <summary>The environment with which other processes reach the server as the test user.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["AWS_ENDPOINT_URL_S3"] = Endpoint,
        ["AWS_ACCESS_KEY_ID"] = AccessKey,
        ["AWS_SECRET_ACCESS_KEY"] = SecretKey,
        ["AWS_REGION"] = "us-east-1",
    };

    /// <summary>The server of this process.</summary>
    /// <exception cref="InvalidOperationException">It can't be started; the message says why.</exception>
    public static Task<S3Server> GetAsync() => Shared.Value;

    /// <summary>Makes a bucket of its own for a test; the URI ends with a slash.</summary>
    public async Task<ObjectUri> NewBucketAsync()
    {
        var bucket = ObjectUri.ForS3("test-" + Guid.NewGuid().ToString("N"), "");
        await using var store = new S3Store(Options);
        if (!await store.CreateContainerAsync(bucket))
            throw new InvalidOperationException($"The bucket {bucket} was there already.");
        return bucket;
    }

    private static async Task<S3Server> StartAsync() =>
        new(await ServerScript.StartAsync("s3-up.sh", "S3_", "DATAPLUG_TEST_S3", "S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_ROLE_ARN"));
}
