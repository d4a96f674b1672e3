using System.Collections.Concurrent;
using System.Net;
using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.S3;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;

namespace Dataplug.Storage;

/// <summary>
/// What S3 requests need besides themselves: the endpoint, the credentials (found when first needed), one pool of
/// connections, and a client for each region that buckets turn out to be in.
/// </summary>
internal sealed class S3Connection : IDisposable
{
    private static readonly TimeSpan MetadataPatience = TimeSpan.FromSeconds(1);

    private readonly S3Options _options;
    private readonly CredentialProfile? _profile;
    private readonly string _profileName;
    private readonly bool _profileNamed;
    private readonly NoExpectation _handler;
    private readonly SharedHandlerFactory _httpClients;
    private readonly ConcurrentDictionary<string, AmazonS3Client> _clients = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _bucketRegions = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _credentialsGate = new(1, 1);
    private AWSCredentials? _credentials;

    public S3Connection(S3Options options)
    {
        _options = options;
        var named = options.Profile ?? Environment("AWS_PROFILE");
        _profileName = named ?? "default";
        _profileNamed = named is not null;
        if (new CredentialProfileStoreChain(Environment("AWS_SHARED_CREDENTIALS_FILE")).TryGetProfile(_profileName, out var profile))
            _profile = profile;

        Endpoint = options.EndpointUrl ?? ConfiguredEndpoint("AWS_ENDPOINT_URL_S3", _profile?.EndpointUrl);
        if (Endpoint is not null && !(Uri.TryCreate(Endpoint, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
            throw new InvalidUriException(Endpoint, "the S3 endpoint is not an http(s) URL", "Write it as http(s)://host[:port].");
        Region = options.Region ?? Environment("AWS_REGION") ?? Environment("AWS_DEFAULT_REGION") ?? _profile?.Region?.SystemName ?? "us-east-1";

        _handler = new NoExpectation(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.ConnectTimeout,
            MaxConnectionsPerServer = options.MaxConnections,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        });
        _httpClients = new SharedHandlerFactory(_handler, options.RequestTimeout);
    }

    /// <summary>The endpoint that is not AWS's own; null for AWS.</summary>
    public string? Endpoint { get; }

    /// <summary>The region that requests are signed for unless a bucket is known to be elsewhere.</summary>
    public string Region { get; }

    public string RegionOf(string bucket) => _bucketRegions.GetValueOrDefault(bucket, Region);

    public void LearnRegion(string bucket, string region) => _bucketRegions[bucket] = region;

    public async ValueTask<AmazonS3Client> ClientAsync(string bucket, CancellationToken cancellationToken)
    {
        var credentials = await CredentialsAsync(cancellationToken).ConfigureAwait(false);
        return _clients.GetOrAdd(RegionOf(bucket), region => new AmazonS3Client(credentials, Configure(region)));
    }

    /// <summary>Asks the Security Token Service for temporary credentials.</summary>
    public async Task<S3Credentials> CreateSessionAsync(S3SessionRequest request, CancellationToken cancellationToken)
    {
        var source = await SourceCredentialsAsync(cancellationToken).ConfigureAwait(false);
        var credentials = await AskSecurityTokenServiceAsync(source, request, cancellationToken).ConfigureAwait(false);
        return new S3Credentials
        {
            AccessKey = credentials.AccessKeyId,
            SecretKey = credentials.SecretAccessKey,
            SessionToken = credentials.SessionToken,
            Expires = new DateTimeOffset((credentials.Expiration ?? DateTime.UtcNow + request.Duration).ToUniversalTime()),
        };
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values)
            client.Dispose();
        _handler.Dispose();
        _credentialsGate.Dispose();
    }

    private static string? Environment(string name) =>
        System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string? ConfiguredEndpoint(string variable, string? ofProfile)
    {
        if (string.Equals(Environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true", StringComparison.OrdinalIgnoreCase))
            return null;
        return Environment(variable) ?? Environment("AWS_ENDPOINT_URL") ?? (string.IsNullOrEmpty(ofProfile) ? null : ofProfile);
    }

    private AmazonS3Config Configure(string region)
    {
        var config = new AmazonS3Config
        {
            // Retries are made in one place for all stores, where reads can be resumed.
            MaxErrorRetry = 0,
            MaxStaleConnectionRetries = 0,
            ThrottleRetries = false,
            ForcePathStyle = _options.ForcePathStyle ?? Endpoint is not null,
            IgnoreConfiguredEndpointUrls = true,
            HttpClientFactory = _httpClients,
            AllowAutoRedirect = false,
            RequestChecksumCalculation = _options.ChecksumMode == S3ChecksumMode.WhenSupported
                ? RequestChecksumCalculation.WHEN_SUPPORTED : RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = _options.ChecksumMode == S3ChecksumMode.WhenSupported
                ? ResponseChecksumValidation.WHEN_SUPPORTED : ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (Endpoint is null)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }
        else
        {
            config.ServiceURL = Endpoint;
            config.AuthenticationRegion = region;
        }

        return config;
    }

    /// <summary>What requests are signed with, found when first asked for.</summary>
    public async ValueTask<AWSCredentials> CredentialsAsync(CancellationToken cancellationToken)
    {
        if (_credentials is { } known)
            return known;
        await _credentialsGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _credentials ??= _options.Anonymous
                ? new AnonymousAWSCredentials()
                : _options.AssumeRoleArn is null
                    ? await SourceCredentialsAsync(cancellationToken).ConfigureAwait(false)
                    : new AssumedRole(this, await SourceCredentialsAsync(cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            _credentialsGate.Release();
        }
    }

    /// <summary>The credential chain of the AWS tools: options, named profile, environment, web identity, default profile,
    /// container, instance.</summary>
    private async ValueTask<AWSCredentials> SourceCredentialsAsync(CancellationToken cancellationToken)
    {
        if (_options.AccessKey is { } accessKey)
        {
            var secretKey = _options.SecretKey ?? throw new AccessDeniedException(Endpoint, "there is an access key but no secret key", "Give both.");
            return _options.SessionToken is { Length: > 0 } token
                ? new SessionAWSCredentials(accessKey, secretKey, token)
                : new BasicAWSCredentials(accessKey, secretKey);
        }

        // A profile that was asked for by name in the options comes before the environment, as in the AWS CLI.
        if (_options.Profile is not null)
            return ProfileCredentials();
        if (Environment("AWS_ACCESS_KEY_ID") is { } key && Environment("AWS_SECRET_ACCESS_KEY") is { } secret)
        {
            return Environment("AWS_SESSION_TOKEN") is { } session
                ? new SessionAWSCredentials(key, secret, session)
                : new BasicAWSCredentials(key, secret);
        }

        if (Environment("AWS_WEB_IDENTITY_TOKEN_FILE") is not null && Environment("AWS_ROLE_ARN") is not null)
            return AssumeRoleWithWebIdentityCredentials.FromEnvironmentVariables();
        if (_profileNamed || (_profile is not null && _profile.CanCreateAWSCredentials))
            return ProfileCredentials();
        if (Environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") is not null || Environment("AWS_CONTAINER_CREDENTIALS_FULL_URI") is not null)
            return new GenericContainerCredentials();
        if (await IsOnInstanceAsync(cancellationToken).ConfigureAwait(false) && await InstanceCredentialsAsync(cancellationToken).ConfigureAwait(false) is { } ofInstance)
            return ofInstance;

        throw new AccessDeniedException(
            Endpoint ?? "s3",
            "no credentials were found in the options, the environment, the profile, or the machine's metadata",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; for public data use --no-sign-request (S3Options.Anonymous).");
    }

    private AWSCredentials ProfileCredentials()
    {
        if (_profile is null)
        {
            throw new AccessDeniedException(
                Endpoint ?? "s3", $"there is no profile '{_profileName}' in the AWS configuration", "Name a profile of ~/.aws/config or ~/.aws/credentials.");
        }

        try
        {
            return AWSCredentialsFactory.GetAWSCredentials(_profile, new CredentialProfileStoreChain(Environment("AWS_SHARED_CREDENTIALS_FILE")));
        }
        catch (Exception exception) when (exception is InvalidDataException or AmazonClientException or ArgumentException)
        {
            throw new AccessDeniedException(
                Endpoint ?? "s3", $"the profile '{_profileName}' gives no credentials: {exception.Message.TrimEnd('.')}", innerException: exception);
        }
    }

    /// <summary>Whether an instance metadata service answers. The SDK would ask for half a minute on machines that have none.</summary>
    private static async Task<bool> IsOnInstanceAsync(CancellationToken cancellationToken)
    {
        if (string.Equals(Environment("AWS_EC2_METADATA_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
            return false;
        using var handler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = MetadataPatience };
        using var client = new HttpClient(handler) { Timeout = MetadataPatience };
        using var request = new HttpRequestMessage(
            HttpMethod.Put, (Environment("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? "http://169.254.169.254").TrimEnd('/') + "/latest/api/token");
        request.Headers.Add("X-aws-ec2-metadata-token-ttl-seconds", "60");
        try
        {
            using var response = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
            return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Unauthorized;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task<AWSCredentials?> InstanceCredentialsAsync(CancellationToken cancellationToken)
    {
        try
        {
            // The SDK asks for the role's name while it constructs.
            return await Task.Run(() => new InstanceProfileAWSCredentials(), cancellationToken).WaitAsync(TimeSpan.FromSeconds(10), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is AmazonServiceException or AmazonClientException or TimeoutException)
        {
            return null;
        }
    }

    private async Task<Credentials> AskSecurityTokenServiceAsync(AWSCredentials source, S3SessionRequest request, CancellationToken cancellationToken)
    {
        var config = new AmazonSecurityTokenServiceConfig { IgnoreConfiguredEndpointUrls = true, HttpClientFactory = _httpClients, MaxErrorRetry = 2 };
        if ((_options.StsEndpointUrl ?? Environment("AWS_ENDPOINT_URL_STS") ?? Endpoint) is { } endpoint)
        {
            config.ServiceURL = endpoint;
            config.AuthenticationRegion = Region;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(Region);
        }

        using var client = new AmazonSecurityTokenServiceClient(source, config);
        var seconds = (int)request.Duration.TotalSeconds;
        try
        {
            if (request.RoleArn is null)
                return (await client.GetSessionTokenAsync(new GetSessionTokenRequest { DurationSeconds = seconds }, cancellationToken).ConfigureAwait(false)).Credentials;
            var role = new AssumeRoleRequest
            {
                RoleArn = request.RoleArn,
                RoleSessionName = request.SessionName,
                ExternalId = request.ExternalId,
                Policy = request.Policy,
                DurationSeconds = seconds,
            };
            return (await client.AssumeRoleAsync(role, cancellationToken).ConfigureAwait(false)).Credentials;
        }
        catch (Exception exception) when (S3Faults.Applies(exception, cancellationToken))
        {
            throw S3Faults.Translate(exception, request.RoleArn ?? "sts:GetSessionToken", S3Intent.Read);
        }
    }

    /// <summary>The credentials of a role, asked for anew before they end.</summary>
    private sealed class AssumedRole : RefreshingAWSCredentials
    {
        private readonly S3Connection _connection;
        private readonly AWSCredentials _source;

        public AssumedRole(S3Connection connection, AWSCredentials source)
        {
            _connection = connection;
            _source = source;
            PreemptExpiryTime = TimeSpan.FromMinutes(5);
        }

        protected override CredentialsRefreshState GenerateNewCredentials() => GenerateNewCredentialsAsync().GetAwaiter().GetResult();

        protected override async Task<CredentialsRefreshState> GenerateNewCredentialsAsync()
        {
            var options = _connection._options;
            var request = new S3SessionRequest
            {
                RoleArn = options.AssumeRoleArn,
                SessionName = options.RoleSessionName,
                ExternalId = options.RoleExternalId,
                Duration = options.RoleDuration,
            };
            var credentials = await _connection.AskSecurityTokenServiceAsync(_source, request, CancellationToken.None).ConfigureAwait(false);
            return new CredentialsRefreshState(
                new ImmutableCredentials(credentials.AccessKeyId, credentials.SecretAccessKey, credentials.SessionToken),
                credentials.Expiration ?? DateTime.UtcNow + options.RoleDuration);
        }
    }

    /// <summary>Takes the SDK's "Expect: 100-continue" away: it costs a round trip per part, and servers and proxies that refuse
    /// or ignore it leave the connection in doubt.</summary>
    private sealed class NoExpectation(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.ExpectContinue = false;
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class SharedHandlerFactory(HttpMessageHandler handler, TimeSpan timeout) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig)
        {
            return new HttpClient(handler, disposeHandler: false) { Timeout = timeout };
        }

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }
}
