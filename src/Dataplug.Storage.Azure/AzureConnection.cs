using Azure.Core.Pipeline;
using Azure.Storage;
using Azure.Storage.Blobs;

namespace Dataplug.Storage;

/// <summary>The client of one storage account, made when it is first needed, and what may be signed with it.</summary>
internal sealed class AzureConnection : IDisposable
{
    private readonly Lazy<BlobServiceClient> _client;
    private readonly AzureBlobOptions _options;
    private HttpClient? _http;
    private string? _sas;

    public AzureConnection(AzureBlobOptions options)
    {
        _options = options;
        _client = new Lazy<BlobServiceClient>(Create);
    }

    /// <summary>The client of the account.</summary>
    /// <exception cref="ConfigurationException">The options, with the environment, name no account, or contradict each other.</exception>
    public BlobServiceClient Client => _client.Value;

    /// <summary>The shared access signature that requests carry, without its question mark; null where they are signed with a
    /// key or not at all.</summary>
    public string? Sas => Client is not null ? _sas : null;

    public void Dispose() => _http?.Dispose();

    private BlobServiceClient Create()
    {
        var connectionString = _options.ConnectionString;
        var account = _options.Account;
        var endpoint = _options.EndpointUrl;
        if (connectionString is not null && (account ?? endpoint ?? _options.Key ?? _options.SasToken) is not null)
            throw new ConfigurationException(null, nameof(AzureBlobOptions.ConnectionString), "a connection string excludes Account, EndpointUrl, Key and SasToken");

        var fromEnvironment = connectionString is null && account is null && endpoint is null;
        if (fromEnvironment)
        {
            connectionString = Variable("AZURE_STORAGE_CONNECTION_STRING");
            account = Variable("AZURE_STORAGE_ACCOUNT");
            endpoint = Variable("AZURE_STORAGE_SERVICE_ENDPOINT");
        }

        var key = _options.Key;
        var sas = _options.SasToken;
        if (key is null && sas is null && !_options.Anonymous)
        {
            key = Variable("AZURE_STORAGE_KEY");
            sas = key is null ? Variable("AZURE_STORAGE_SAS_TOKEN") : null;
        }

        if (_options.Anonymous)
            (key, sas) = (null, null);
        if (key is not null && sas is not null)
            throw new ConfigurationException(null, nameof(AzureBlobOptions.SasToken), "a shared access signature and a key exclude each other");

        var options = ClientOptions();
        if (connectionString is not null)
            return FromConnectionString(connectionString, fromEnvironment, options);

        if (endpoint is null && account is null)
        {
            throw new ConfigurationException(
                null, nameof(AzureBlobOptions.Account), "no storage account is named", "Set AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT, or storage.azure in dataplug.json.");
        }

        if (!System.Uri.TryCreate(endpoint ?? $"https://{account}.blob.core.windows.net", UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new ConfigurationException(null, nameof(AzureBlobOptions.EndpointUrl), $"'{endpoint ?? account}' makes no http(s) URL");
        if (key is not null)
        {
            account ??= url.Host.Split('.')[0];
            try
            {
                return new BlobServiceClient(url, new StorageSharedKeyCredential(account, key), options);
            }
            catch (FormatException exception)
            {
                throw new ConfigurationException(null, nameof(AzureBlobOptions.Key), "the key is no base64", innerException: exception);
            }
        }

        _sas = sas?.TrimStart('?');
        return new BlobServiceClient(_sas is null ? url : new UriBuilder(url) { Query = _sas }.Uri, options);
    }

    private BlobServiceClient FromConnectionString(string text, bool fromEnvironment, BlobClientOptions options)
    {
        try
        {
            var client = new BlobServiceClient(text, options);
            if (_options.Anonymous)
                return new BlobServiceClient(new UriBuilder(client.Uri) { Query = "" }.Uri, options);
            _sas = client.Uri.Query is { Length: > 1 } query ? query[1..] : null;
            return client;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            // The message must not hold the text, which holds the key.
            throw new ConfigurationException(
                fromEnvironment ? "environment" : null,
                fromEnvironment ? "AZURE_STORAGE_CONNECTION_STRING" : nameof(AzureBlobOptions.ConnectionString),
                "this is no connection string of a storage account",
                "Copy it from the portal: DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net");
        }
    }

    private BlobClientOptions ClientOptions()
    {
        // Redirects are not followed: the protocol has none, and the signature would go along.
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = _options.ConnectTimeout,
            MaxConnectionsPerServer = _options.MaxConnections,
            PooledConnectionIdleTimeout = _options.ConnectionIdleTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            AllowAutoRedirect = false,
            UseCookies = false,
        };
        _http = new HttpClient(handler) { Timeout = _options.RequestTimeout };
        var options = new BlobClientOptions { Transport = new HttpClientTransport(_http), TrimBlobNameSlashes = false };

        // After a 503 the SDK would ask before it sends a body, which many servers answer only after a timeout.
        options.Request100ContinueOptions = new Request100ContinueOptions { Mode = Request100ContinueMode.Never };
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = _options.RequestTimeout;
        options.Diagnostics.IsLoggingEnabled = false;
        options.Diagnostics.IsDistributedTracingEnabled = false;
        options.AddPolicy(new NoResumptionPolicy(), Azure.Core.HttpPipelinePosition.PerCall);
        return options;
    }

    private string? Variable(string name) => _options.Environment(name) is { Length: > 0 } value ? value : null;
}
