using System.Net;
using System.Net.Sockets;
using Dataplug.Conformance.Servers;

namespace Dataplug.Storage.Tests;

/// <summary>What is Azure's own: the ways to say who one is, names, parts, and bodies that break off.</summary>
public sealed class AzureBlobStoreTests : IAsyncLifetime
{
    private AzuriteServer _server = null!;
    private ObjectUri _container = null!;

    public async Task InitializeAsync()
    {
        _server = await AzuriteServer.GetAsync();
        _container = await _server.NewContainerAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("a\\b")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("./a")]
    [InlineData("a./b")]
    [InlineData("a.")]
    [InlineData("line\nfeed")]
    public async Task Keys_that_the_service_would_change_are_refused(string key)
    {
        await using var store = new AzureBlobStore(_server.Options);
        await Assert.ThrowsAsync<InvalidUriException>(() => store.PutAsync(_container.WithKey(key), new byte[1], PutOptions.Overwrite));
        await Assert.ThrowsAsync<InvalidUriException>(() => store.HeadAsync(_container.WithKey(key)));
        await Assert.ThrowsAsync<InvalidUriException>(() => store.HeadAsync(_container));
    }

    [Fact]
    public async Task A_connection_string_a_key_and_a_signature_all_open_the_account()
    {
        var uri = _container.WithKey("x");
        await using (var store = new AzureBlobStore(new AzureBlobOptions { ConnectionString = _server.ConnectionString }))
            await store.PutAsync(uri, new byte[3], PutOptions.Overwrite);
        await using var keyed = new AzureBlobStore(_server.Options);
        Assert.Equal(3, (await keyed.HeadAsync(uri)).Size);

        var account = new Azure.Storage.Blobs.BlobServiceClient(_server.ConnectionString);
        var sas = account.GenerateAccountSasUri(Azure.Storage.Sas.AccountSasPermissions.All, DateTimeOffset.UtcNow.AddHours(1), Azure.Storage.Sas.AccountSasResourceTypes.All).Query;
        await using var signed = new AzureBlobStore(new AzureBlobOptions { EndpointUrl = _server.Endpoint, SasToken = sas });
        Assert.Equal(3, (await signed.HeadAsync(uri)).Size);
        await signed.CopyAsync(uri, _container.WithKey("copy"), PutOptions.CreateOnly);
        Assert.Equal(3, (await signed.HeadAsync(_container.WithKey("copy"))).Size);
        Assert.False(signed.Capabilities.HasFlag(StoreCapabilities.Presign));
        await Assert.ThrowsAsync<NotSupportedException>(() => signed.PresignReadAsync(uri, TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task The_environment_opens_the_account()
    {
        var byString = new Dictionary<string, string> { ["AZURE_STORAGE_CONNECTION_STRING"] = _server.ConnectionString };
        await using var store = new AzureBlobStore(new AzureBlobOptions { Environment = byString.GetValueOrDefault });
        await store.PutAsync(_container.WithKey("x"), new byte[3], PutOptions.Overwrite);
        var byKey = new Dictionary<string, string>
        {
            ["AZURE_STORAGE_ACCOUNT"] = _server.Account,
            ["AZURE_STORAGE_KEY"] = _server.Key,
            ["AZURE_STORAGE_SERVICE_ENDPOINT"] = _server.Endpoint,
        };
        await using var other = new AzureBlobStore(new AzureBlobOptions { Environment = byKey.GetValueOrDefault });
        Assert.Equal(3, (await other.HeadAsync(_container.WithKey("x"))).Size);
    }

    [Fact]
    public async Task Nobody_gets_in_with_a_wrong_key_or_none()
    {
        await using var wrong = new AzureBlobStore(_server.Options with { Key = Convert.ToBase64String(new byte[64]) });
        await Assert.ThrowsAsync<AccessDeniedException>(() => wrong.HeadAsync(_container.WithKey("x")));
        await Assert.ThrowsAsync<AccessDeniedException>(() => wrong.PutAsync(_container.WithKey("x"), new byte[1], PutOptions.Overwrite));
        await using var nobody = new AzureBlobStore(new AzureBlobOptions { EndpointUrl = _server.Endpoint, Anonymous = true });
        var refusal = await Record.ExceptionAsync(() => nobody.PutAsync(_container.WithKey("x"), new byte[1], PutOptions.Overwrite));
        Assert.True(refusal is AccessDeniedException or ObjectNotFoundException, refusal?.ToString());
    }

    [Fact]
    public async Task Options_that_can_not_be_used_are_told_by_name_and_without_secrets()
    {
        await Check(new AzureBlobOptions(), "Account");
        await Check(new AzureBlobOptions { ConnectionString = "AccountKey=c2VjcmV0" }, "ConnectionString");
        await Check(new AzureBlobOptions { ConnectionString = "a=b", Account = "b" }, "ConnectionString");
        await Check(new AzureBlobOptions { Account = "a", Key = "c2VjcmV0", SasToken = "sig=c2VjcmV0" }, "SasToken");
        await Check(new AzureBlobOptions { Account = "a", Key = "c2VjcmV0!" }, "Key");
        await Check(new AzureBlobOptions { EndpointUrl = "ftp://x" }, "EndpointUrl");

        static async Task Check(AzureBlobOptions options, string key)
        {
            await using var store = new AzureBlobStore(options with { Environment = _ => null });
            var refusal = await Assert.ThrowsAsync<ConfigurationException>(() => store.HeadAsync(ObjectUri.Parse("az://c/x")));
            Assert.Equal(key, refusal.Key);
            Assert.DoesNotContain("c2VjcmV0", refusal.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("c2VjcmV0", options.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_missing_container_is_told()
    {
        await using var store = new AzureBlobStore(_server.Options);
        var uri = ObjectUri.Parse("az://no-such-container/x");
        Assert.Contains("container", (await Assert.ThrowsAsync<ObjectNotFoundException>(() => store.PutAsync(uri, new byte[1], PutOptions.CreateOnly))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => store.CreateMultipartAsync(uri, PutOptions.Overwrite));
        await Assert.ThrowsAsync<ObjectNotFoundException>(async () =>
        {
            await foreach (var info in store.ListAsync(uri))
                Assert.Fail($"{info.Uri} is listed");
        });
    }

    [Fact]
    public async Task A_presigned_URL_can_be_read_by_anybody()
    {
        await using var store = new AzureBlobStore(_server.Options);
        var uri = _container.WithKey("with space/ü?#%");
        await store.PutAsync(uri, "hello"u8.ToArray(), PutOptions.Overwrite);
        await using var stores = ObjectStores.Create();
        var url = await store.PresignReadAsync(uri, TimeSpan.FromMinutes(5));
        await using var read = await stores.Get(url).OpenReadAsync(url, new ReadRequest(ReadRange.Bounded(1, 3)));
        var bytes = new byte[3];
        await read.Content.ReadExactlyAsync(bytes);
        Assert.Equal("ell"u8.ToArray(), bytes);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("with-hyphens-")]
    [InlineData("-hyphen")]
    [InlineData("1st")]
    [InlineData("dp--1st")]
    [InlineData("dp-1")]
    [InlineData("dp--")]
    public async Task Names_of_metadata_become_identifiers_and_come_back(string name)
    {
        await using var store = new AzureBlobStore(_server.Options);
        var uri = _container.WithKey("metadata");
        await store.PutAsync(uri, new byte[1], new PutOptions { UserMetadata = new Dictionary<string, string> { [name] = "v" } });
        Assert.Equal(name, Assert.Single((await store.HeadAsync(uri)).UserMetadata).Key);
        var blob = new Azure.Storage.Blobs.BlobContainerClient(_server.ConnectionString, _container.Container).GetBlobClient("metadata");
        Assert.Matches("^[A-Za-z_][A-Za-z0-9_]*$", Assert.Single((await blob.GetPropertiesAsync()).Value.Metadata).Key);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_between_the_parts_of_an_upload_leaves_one_of_the_two_whole(bool createOnly)
    {
        await using var store = new AzureBlobStore(_server.Options);
        var uri = _container.WithKey("contended");
        await using var upload = await store.CreateMultipartAsync(uri, createOnly ? PutOptions.CreateOnly : PutOptions.Overwrite);
        await upload.UploadPartAsync(1, new byte[1000]);
        await store.PutAsync(uri, new byte[7], PutOptions.Overwrite);

        // The service throws the parts away with the put, Azurite keeps them.
        var refusal = await Record.ExceptionAsync(() => upload.CompleteAsync());
        Assert.True(createOnly ? refusal is PreconditionFailedException : refusal is null or StorageException { IsTransient: false }, refusal?.ToString());
        Assert.Equal(refusal is null ? 1000 : 7, (await store.HeadAsync(uri)).Size);
    }

    [Theory]
    [InlineData(FaultKind.Reset)]
    [InlineData(FaultKind.ShortBody)]
    public async Task A_body_that_breaks_off_is_told_and_not_fetched_again_behind_the_back(FaultKind kind)
    {
        var uri = _container.WithKey("broken");
        var content = new byte[3 << 20];
        new Random(1).NextBytes(content);
        await using var proxy = new FaultProxy(_server.Endpoint);
        var options = _server.Options with { EndpointUrl = proxy.Endpoint.TrimEnd('/') + "/" + _server.Account };
        await using var store = new AzureBlobStore(options);
        await store.PutAsync(uri, content, PutOptions.Overwrite);
        var before = proxy.RequestCount;
        proxy.Enqueue(new Fault(kind) { AfterBytes = 1 << 20 });
        await using (var read = await store.OpenReadAsync(uri, new ReadRequest(ReadRange.All)))
        {
            var failure = await Assert.ThrowsAsync<StorageException>(() => read.Content.CopyToAsync(Stream.Null));
            Assert.True(failure.IsTransient);
            Assert.InRange(failure.ByteOffset ?? -1, 0, 1 << 20);
        }

        Assert.Equal(before + 1, proxy.RequestCount);

        // Resumed, once and in the open, by what is over all stores.
        await using var resilient = new ResilientStore(new AzureBlobStore(options), new RetryOptions { BaseDelay = TimeSpan.FromMilliseconds(1) });
        proxy.Enqueue(new Fault(kind) { AfterBytes = 1 << 20 });
        await using var whole = await resilient.OpenReadAsync(uri, new ReadRequest(ReadRange.All));
        var got = new MemoryStream();
        await whole.Content.CopyToAsync(got);
        Assert.Equal(content, got.ToArray());
        Assert.Equal(before + 3, proxy.RequestCount);
    }

    [Fact]
    public async Task Errors_that_pass_are_retried_and_a_lost_answer_is_recognised()
    {
        await using var proxy = new FaultProxy(_server.Endpoint);
        await using var store = new ResilientStore(
            new AzureBlobStore(_server.Options with { EndpointUrl = proxy.Endpoint.TrimEnd('/') + "/" + _server.Account }), new RetryOptions { BaseDelay = TimeSpan.FromMilliseconds(1) });
        proxy.Enqueue(new Fault(FaultKind.Status) { StatusCode = 503, RetryAfter = "0" }, new Fault(FaultKind.Status) { StatusCode = 500 });
        await store.PutAsync(_container.WithKey("a"), new byte[10], PutOptions.Overwrite);
        Assert.Equal(3, proxy.RequestCount);

        // The put arrives, its answer does not: the repetition is refused by its own work.
        proxy.Enqueue(new Fault(FaultKind.Reset) { AfterBytes = -1 });
        var info = await store.PutAsync(_container.WithKey("b"), new byte[10], PutOptions.CreateOnly);
        Assert.Equal(info.ETag, (await store.HeadAsync(_container.WithKey("b"))).ETag);
        Assert.Empty(info.UserMetadata);
    }
}
