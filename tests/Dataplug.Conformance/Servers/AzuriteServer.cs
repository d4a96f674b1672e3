using Dataplug.Storage;

namespace Dataplug.Conformance.Servers;

/// <summary>
/// Azurite, Microsoft's own server that speaks Azure Storage's protocol, started once for the test process and stopped with it; or the
/// one that <c>DATAPLUG_TEST_AZURE</c> gives: the lines that <c>tests/services/azurite-up.sh</c> printed. When it can't be had, every
/// test that asks for it fails with the reason.
/// </summary>
public sealed class AzuriteServer
{
    private static readonly Lazy<Task<AzuriteServer>> Shared = new(StartAsync);

    private AzuriteServer(IReadOnlyDictionary<string, string> settings)
    {
        Endpoint = settings["AZURITE_ENDPOINT"];
        Account = settings["AZURITE_ACCOUNT"];
        Key = settings["AZURITE_KEY"];
    }

    /// <summary>The URL of the account.</summary>
    public string Endpoint { get; }

    /// <summary>The account.</summary>
    public string Account { get; }

    /// <summary>The account's key.</summary>
    public string Key { get; }

    /// <summary>The account as a connection string.</summary>
    public string ConnectionString => $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint={Endpoint};";

    /// <summary>Options that reach the server with the account's key.</summary>
    public AzureBlobOptions Options => new() { EndpointUrl = Endpoint, Account = Account, Key = Key, ConnectionIdleTimeout = TimeSpan.FromSeconds(2) };

    /// <summary>The environment with which other processes reach the server with the account's key.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["AZURE_STORAGE_CONNECTION_STRING"] = ConnectionString };

    /// <summary>The server of this process.</summary>
    /// <exception cref="InvalidOperationException">It can't be started; the message says why.</exception>
    public static Task<AzuriteServer> GetAsync() => Shared.Value;

    /// <summary>Makes a container of its own for a test; the URI ends with a slash.</summary>
    public async Task<ObjectUri> NewContainerAsync()
    {
        var container = ObjectUri.ForContainer("az", "test-" + Guid.NewGuid().ToString("N"), "");
        await using var store = new AzureBlobStore(Options);
        if (!await store.CreateContainerAsync(container))
            throw new InvalidOperationException($"The container {container} was there already.");
        return container;
    }

    private static async Task<AzuriteServer> StartAsync() =>
        new(await ServerScript.StartAsync("azurite-up.sh", "AZURITE_", "DATAPLUG_TEST_AZURE", "AZURITE_ENDPOINT", "AZURITE_ACCOUNT", "AZURITE_KEY"));
}
