namespace Dataplug.Storage;

/// <summary>Plugs Azure Blob Storage in.</summary>
public static class AzureObjectStores
{
    /// <summary>Registers <see cref="AzureBlobStore"/> for <c>az://container/key</c>.</summary>
    /// <param name="stores">The stores to add to.</param>
    /// <param name="options">How it is reached; null for the environment's.</param>
    /// <returns>The same stores.</returns>
    public static ObjectStores AddAzureBlob(this ObjectStores stores, AzureBlobOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stores);
        return stores.Register("az", () => new AzureBlobStore(options));
    }
}
