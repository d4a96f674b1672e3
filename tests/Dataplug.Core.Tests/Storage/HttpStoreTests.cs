using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;
using Dataplug.Storage;

namespace Dataplug.Core.Tests.Storage;

/// <summary>The reading half of the conformance suite on HTTP.</summary>
public class HttpStoreConformanceTests : ReadConformance
{
    protected HttpFileServer Server { get; private set; } = null!;

    // A backslash in a path is a slash to every URL reader.
    protected override IEnumerable<string> OddKeys => base.OddKeys.Where(key => !key.Contains('\\', StringComparison.Ordinal));

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Server.DisposeAsync();
    }

    protected override async Task<(IObjectStore Store, ObjectUri Container)> CreateAsync()
    {
        Server = await HttpFileServer.StartAsync();
        Configure(Server);
        return (Wrap(new HttpStore()), ObjectUri.Parse(Server.Url + "/"));
    }

    protected virtual void Configure(HttpFileServer server)
    {
    }

    protected virtual IObjectStore Wrap(HttpStore store) => store;

    protected override ObjectUri Uri(string key) => ObjectUri.Parse(Server.Url + "/" + System.Uri.EscapeDataString(key).Replace("%2F", "/", StringComparison.Ordinal));

    protected override async Task<ObjectUri> SeedAsync(string key, byte[] content)
    {
        var path = Path.Combine(Server.Root, key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, content);
        return Uri(key);
    }

    protected override async Task ReplaceAsync(ObjectUri uri, byte[] content)
    {
        var path = Path.Combine(Server.Root, System.Uri.UnescapeDataString(uri.Key.TrimStart('/')));
        await File.WriteAllBytesAsync(path + ".new", content);

        // Dates on the wire count in whole seconds.
        File.SetLastWriteTimeUtc(path + ".new", File.GetLastWriteTimeUtc(path).AddSeconds(2));
        File.Move(path + ".new", path, overwrite: true);
    }
}

/// <summary>As everybody gets it.</summary>
public sealed class ResilientHttpStoreConformanceTests : HttpStoreConformanceTests
{
    protected override IObjectStore Wrap(HttpStore store) => new ResilientStore(store);
}

/// <summary>A server with weak ETags.</summary>
public sealed class WeakHttpStoreConformanceTests : HttpStoreConformanceTests
{
    protected override void Configure(HttpFileServer server) => server.ETag = HttpFileServer.ETagKind.Weak;
}

/// <summary>A server with dates but no ETags.</summary>
public sealed class DatedHttpStoreConformanceTests : HttpStoreConformanceTests
{
    protected override void Configure(HttpFileServer server) => server.ETag = HttpFileServer.ETagKind.None;
}

/// <summary>A server that says what version it sends, but keeps to no preconditions.</summary>
public sealed class CarelessHttpStoreConformanceTests : HttpStoreConformanceTests
{
    protected override void Configure(HttpFileServer server) => server.HonoursPreconditions = false;
}

/// <summary>A server that redirects and refuses HEAD.</summary>
public sealed class RedirectingHttpStoreConformanceTests : HttpStoreConformanceTests
{
    protected override void Configure(HttpFileServer server)
    {
        server.Redirects = true;
        server.RefusesHead = true;
    }
}

/// <summary>What only HTTP servers do.</summary>
public sealed class HttpStoreTests : IAsyncLifetime
{
    private HttpFileServer _server = null!;
    private ObjectUri _uri = null!;

    public async Task InitializeAsync()
    {
        _server = await HttpFileServer.StartAsync();
        await File.WriteAllBytesAsync(Path.Combine(_server.Root, "object"), [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 7))]);
        _uri = ObjectUri.Parse(_server.Url + "/object?signature=secret");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_server_without_ranges_is_read_near_the_start_and_refused_further_in()
    {
        _server.HasRanges = false;
        await using var store = new HttpStore(new HttpOptions { MaxSkip = 1000 });
        var pinned = new PinnedObject(store, await store.HeadAsync(_uri));
        Assert.Equal(Enumerable.Range(990, 20).Select(i => (byte)(i * 7)).ToArray(), await pinned.ReadAsync(new ByteRange(990, 20)));
        Assert.Equal(200_000, (await pinned.ReadAsync(new ByteRange(0, 200_000))).Length);
        var refused = await Assert.ThrowsAsync<StorageException>(() => pinned.ReadAsync(new ByteRange(1001, 20)));
        Assert.False(refused.IsTransient);
        Assert.Contains("range", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StorageException>(() => store.OpenReadAsync(_uri, new ReadRequest(ReadRange.Suffix(5))));
        await Assert.ThrowsAsync<StorageException>(() => store.OpenReadAsync(_uri, new ReadRequest(ReadRange.From(5000))));
        await Assert.ThrowsAsync<RangeNotSatisfiableException>(() => store.OpenReadAsync(_uri, new ReadRequest(ReadRange.From(200_000))));
    }

    [Fact]
    public async Task A_server_that_hides_lengths_is_asked_for_one_byte()
    {
        _server.HidesLength = true;
        await using var store = new HttpStore();
        var pinned = new PinnedObject(store, await store.HeadAsync(_uri));
        Assert.Equal(200_000, pinned.Size);
        Assert.Equal(new byte[] { 7, 14 }, await pinned.ReadAsync(new ByteRange(1, 2)));
        var refused = await Assert.ThrowsAsync<StorageException>(() => store.OpenReadAsync(_uri, new ReadRequest(ReadRange.All)));
        Assert.Contains("how long", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_an_ETag_date_and_size_stand_in(bool dated)
    {
        _server.ETag = HttpFileServer.ETagKind.None;
        _server.SendsLastModified = dated;
        _server.HonoursPreconditions = false;
        await using var store = new HttpStore();
        var pinned = new PinnedObject(store, await store.HeadAsync(_uri));
        Assert.Equal(new byte[] { 7 }, await pinned.ReadAsync(new ByteRange(1, 1)));
        var path = Path.Combine(_server.Root, "object");
        if (dated)
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(5));
        else
            await File.AppendAllTextAsync(path, "x");
        await Assert.ThrowsAsync<StaleIndexException>(() => pinned.ReadAsync(new ByteRange(1, 1)));
    }

    [Theory]
    [InlineData(401, typeof(AccessDeniedException))]
    [InlineData(403, typeof(AccessDeniedException))]
    [InlineData(404, typeof(ObjectNotFoundException))]
    [InlineData(410, typeof(ObjectNotFoundException))]
    [InlineData(412, typeof(StaleIndexException))]
    [InlineData(416, typeof(RangeNotSatisfiableException))]
    [InlineData(418, typeof(StorageException))]
    [InlineData(500, typeof(StorageException))]
    [InlineData(503, typeof(StorageException))]
    public async Task Every_status_becomes_its_exception_and_no_secret_is_shown(int status, Type expected)
    {
        _server.Status = status;
        await using var store = new HttpStore();
        var failure = await Assert.ThrowsAsync(expected, () => store.OpenReadAsync(_uri, new ReadRequest(ReadRange.Bounded(0, 5))));
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(status is 500 or 503, failure is StorageException { IsTransient: true });
    }

    [Fact]
    public async Task Writing_and_listing_are_refused_by_name()
    {
        await using var stores = ObjectStores.Create();
        var store = stores.Get(_uri);
        await Assert.ThrowsAsync<AccessDeniedException>(() => store.PutAsync(_uri, new byte[1], PutOptions.Overwrite));
        await Assert.ThrowsAsync<AccessDeniedException>(() => store.DeleteAsync([_uri]));
        await Assert.ThrowsAsync<AccessDeniedException>(() => store.CreateMultipartAsync(_uri, PutOptions.Overwrite));
        await Assert.ThrowsAsync<StorageException>(async () => await store.ListAsync(_uri).GetAsyncEnumerator().MoveNextAsync());
    }

    [Fact]
    public async Task Broken_connections_are_taken_up_where_they_broke()
    {
        await using var proxy = new FaultProxy(_server.Url);
        await using var store = new ResilientStore(new HttpStore(), new RetryOptions { BaseDelay = TimeSpan.FromMilliseconds(1), IdleTimeout = TimeSpan.FromSeconds(2) });
        var uri = ObjectUri.Parse(proxy.Endpoint + "/object");
        var pinned = new PinnedObject(store, await store.HeadAsync(uri));
        proxy.Enqueue(new Fault(FaultKind.ShortBody) { AfterBytes = 80_000 }, new Fault(FaultKind.Status), new Fault(FaultKind.Reset) { AfterBytes = 70_000 }, new Fault(FaultKind.Stall) { AfterBytes = 10 });
        Assert.Equal(Enumerable.Range(0, 200_000).Select(i => (byte)(i * 7)).ToArray(), await pinned.ReadAsync(new ByteRange(0, 200_000)));
        Assert.Equal(4, proxy.FaultCount);
    }

    [Fact]
    public async Task One_slice_is_one_request()
    {
        await using var stores = ObjectStores.Create();
        var pinned = await stores.PinAsync(_uri);
        var before = _server.Requests.Count;
        using var measured = StoreMetrics.Measure();
        await using (var stream = pinned.OpenRead(new ByteRange(1000, 50_000)))
            await stream.CopyToAsync(Stream.Null);
        Assert.Equal("GET /object bytes=1000-50999", Assert.Single(_server.Requests.Skip(before)));
        Assert.Equal(1, measured.Statistics.Requests);
        Assert.Equal(50_000, measured.Statistics.BytesRead);
    }
}
