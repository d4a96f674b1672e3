namespace Dataplug.Storage;

/// <summary>
/// How Azure Blob Storage is reached. What is left null comes from the environment, as in the Azure CLI:
/// <c>AZURE_STORAGE_CONNECTION_STRING</c>, or <c>AZURE_STORAGE_ACCOUNT</c> (<c>AZURE_STORAGE_SERVICE_ENDPOINT</c>) with
/// <c>AZURE_STORAGE_KEY</c> or <c>AZURE_STORAGE_SAS_TOKEN</c>.
/// </summary>
/// <remarks>The environment's connection string is used only where none of <see cref="ConnectionString"/>, <see cref="Account"/>
/// and <see cref="EndpointUrl"/> is set: options and environment never mix two accounts.</remarks>
public sealed record AzureBlobOptions
{
    /// <summary>A connection string, as the portal shows it; excludes the other ways of naming an account.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The storage account.</summary>
    public string? Account { get; init; }

    /// <summary>The account's key, in base64.</summary>
    public string? Key { get; init; }

    /// <summary>A shared access signature, with or without its question mark; excludes <see cref="Key"/>.</summary>
    public string? SasToken { get; init; }

    /// <summary>The URL of the blob service, where it is not <c>https://ACCOUNT.blob.core.windows.net</c>.</summary>
    public string? EndpointUrl { get; init; }

    /// <summary>Send unsigned requests, for public containers; the environment's keys are left aside.</summary>
    public bool Anonymous { get; init; }

    /// <summary>How long to wait for a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest time from sending a request to the head of its answer. Stalls are cut off far sooner by
    /// <see cref="RetryOptions"/>.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long an unused connection is kept. Best shorter than the server keeps it (Azurite: 5 seconds): what is sent into a
    /// connection that the server is just closing is lost, and has to be sent again.</summary>
    public TimeSpan ConnectionIdleTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The most connections to one server.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>Where <c>AZURE_…</c> variables are looked up.</summary>
    internal Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    // The compiler's own would print the secrets.
    private bool PrintMembers(System.Text.StringBuilder text)
    {
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"Account = {Account}, EndpointUrl = {EndpointUrl}, Anonymous = {Anonymous}");
        return true;
    }
}
