using System.Globalization;
using System.Security.Cryptography;
using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;
using Dataplug.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dataplug.Core.Tests.Storage;

/// <summary>Tests that change the process's environment or measure its memory, and so run alone.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class RunsAlone;

/// <summary>Who may do what, and how S3 is found.</summary>
[Collection("alone")]
public sealed class S3AccessTests : IAsyncLifetime
{
    private static readonly string[] Variables =
        ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_EC2_METADATA_DISABLED", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"];

    private readonly Dictionary<string, string?> _saved = Variables.ToDictionary(name => name, Environment.GetEnvironmentVariable);
    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-aws-").FullName;
    private S3Server _server = null!;
    private ObjectUri _object = null!;

    public async Task InitializeAsync()
    {
        foreach (var name in Variables)
            Environment.SetEnvironmentVariable(name, null);
        Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", Path.Combine(_folder, "credentials"));
        Environment.SetEnvironmentVariable("AWS_CONFIG_FILE", Path.Combine(_folder, "config"));
        _server = await S3Server.GetAsync();
        _object = (await _server.NewBucketAsync()).WithKey("object");
        await using var store = new S3Store(_server.Options);
        await store.PutAsync(_object, "content"u8.ToArray(), PutOptions.Overwrite);
    }

    public Task DisposeAsync()
    {
        foreach (var (name, value) in _saved)
            Environment.SetEnvironmentVariable(name, value);
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Wrong_keys_are_denied()
    {
        foreach (var options in new[] { _server.Options with { SecretKey = "wrong" }, _server.Options with { AccessKey = "UNKNOWN" }, _server.Options with { AccessKey = null, SecretKey = null, Anonymous = true } })
        {
            await using var store = new S3Store(options);
            await Assert.ThrowsAsync<AccessDeniedException>(() => store.HeadAsync(_object));
            await Assert.ThrowsAsync<AccessDeniedException>(() => store.OpenReadAsync(_object, new ReadRequest(ReadRange.All)));
            await Assert.ThrowsAsync<AccessDeniedException>(() => store.PutAsync(_object, new byte[1], PutOptions.Overwrite));
            await Assert.ThrowsAsync<AccessDeniedException>(async () => await store.ListAsync(_object).GetAsyncEnumerator().MoveNextAsync());
        }
    }

    [Fact]
    public async Task Without_credentials_the_cure_is_told_and_nothing_hangs()
    {
        // A machine whose metadata service swallows everything.
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_SERVICE_ENDPOINT", $"http://127.0.0.1:{((System.Net.IPEndPoint)silent.LocalEndpoint).Port}");
        await using var stores = ObjectStores.Create(new S3Options { EndpointUrl = _server.Endpoint });
        var denied = await Assert.ThrowsAsync<AccessDeniedException>(() => stores.PinAsync(_object).WaitAsync(TimeSpan.FromSeconds(15)));
        Assert.Contains("--no-sign-request", denied.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoint_region_and_keys_come_from_the_environment()
    {
        foreach (var (name, value) in _server.Environment)
            Environment.SetEnvironmentVariable(name, value);
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
        await using (var specific = ObjectStores.Create())
            Assert.Equal(7, (await specific.PinAsync(_object)).Size);

        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL_S3", null);
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL", _server.Endpoint);
        await using (var general = ObjectStores.Create())
            Assert.Equal(7, (await general.PinAsync(_object)).Size);
    }

    [Fact]
    public async Task Profiles_give_keys_and_endpoint()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "credentials"), $"[lab]\naws_access_key_id = {_server.AccessKey}\naws_secret_access_key = {_server.SecretKey}\nregion = eu-central-1\nendpoint_url = {_server.Endpoint}\n[default]\naws_access_key_id = OTHER\naws_secret_access_key = wrong\n");
        await using (var named = new S3Store(new S3Options { Profile = "lab" }))
            Assert.Equal(7, (await named.HeadAsync(_object)).Size);

        Environment.SetEnvironmentVariable("AWS_PROFILE", "lab");
        await using (var fromEnvironment = new S3Store())
            Assert.Equal(7, (await fromEnvironment.HeadAsync(_object)).Size);

        await using var other = new S3Store(new S3Options { Profile = "default", EndpointUrl = _server.Endpoint });
        await Assert.ThrowsAsync<AccessDeniedException>(() => other.HeadAsync(_object));
        await using var missing = new S3Store(new S3Options { Profile = "nobody", EndpointUrl = _server.Endpoint });
        var denied = await Assert.ThrowsAsync<AccessDeniedException>(() => missing.HeadAsync(_object));
        Assert.Contains("nobody", denied.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workers_get_credentials_that_end()
    {
        await using var store = new S3Store(_server.Options);
        var session = await store.CreateSessionAsync(new S3SessionRequest { Duration = TimeSpan.FromMinutes(15) });
        Assert.InRange(session.Expires, DateTimeOffset.UtcNow.AddMinutes(5), DateTimeOffset.UtcNow.AddMinutes(70));
        Assert.DoesNotContain(session.SecretKey, session.ToString(), StringComparison.Ordinal);
        await using (var worker = new S3Store(_server.Options.WithCredentials(session)))
            Assert.Equal(7, (await worker.HeadAsync(_object)).Size);

        var role = await store.CreateSessionAsync(new S3SessionRequest { RoleArn = _server.RoleArn });
        await using (var worker = new S3Store(_server.Options.WithCredentials(role)))
            Assert.Equal(7, (await worker.HeadAsync(_object)).Size);
        await using (var forged = new S3Store(_server.Options.WithCredentials(role with { SessionToken = session.SessionToken })))
            await Assert.ThrowsAsync<AccessDeniedException>(() => forged.HeadAsync(_object));
        await using (var assuming = new S3Store(_server.Options with { AssumeRoleArn = _server.RoleArn }))
            Assert.Equal(7, (await assuming.HeadAsync(_object)).Size);
        await using var unknown = new S3Store(_server.Options with { AssumeRoleArn = "arn:aws:iam:::role/unknown" });
        await Assert.ThrowsAsync<AccessDeniedException>(() => unknown.HeadAsync(_object));
    }

    [Fact]
    public async Task Presigned_URLs_are_sources_like_any_other()
    {
        await using var stores = ObjectStores.Create(_server.Options);
        foreach (var key in new[] { "object", "odd +%/ü#?.txt" })
        {
            var uri = _object.WithKey(key);
            await stores.Get(uri).PutAsync(uri, "content"u8.ToArray(), PutOptions.Overwrite);
            var url = await stores.Get(uri).PresignReadAsync(uri, TimeSpan.FromMinutes(5));
            Assert.DoesNotContain("Signature", url.ToString(), StringComparison.Ordinal);
            var pinned = await stores.PinAsync(url);
            Assert.Equal(7, pinned.Size);
            Assert.Equal("nte"u8.ToArray(), await pinned.ReadAsync(new ByteRange(2, 3)));
            await stores.Get(uri).PutAsync(uri, "changed"u8.ToArray(), PutOptions.Overwrite);
            await Assert.ThrowsAsync<StaleIndexException>(() => pinned.ReadAsync(new ByteRange(2, 3)));
            var tampered = ObjectUri.Parse(url.Value.Replace("X-Amz-Signature=", "X-Amz-Signature=0", StringComparison.Ordinal));
            await Assert.ThrowsAsync<AccessDeniedException>(() => stores.PinAsync(tampered));
        }
    }

    [Fact]
    public async Task Requests_say_who_pays_only_when_told_to()
    {
        await using var proxy = new FaultProxy(_server.Endpoint);
        await using (var paying = new S3Store(_server.Options with { EndpointUrl = proxy.Endpoint, RequestPayer = true }))
        {
            await paying.HeadAsync(_object);
            await using var read = await paying.OpenReadAsync(_object, new ReadRequest(ReadRange.All));
        }

        Assert.All(proxy.Requests, request => Assert.Contains("x-amz-request-payer: requester", request.Head, StringComparison.OrdinalIgnoreCase));
        var before = proxy.RequestCount;
        await using (var plain = new S3Store(_server.Options with { EndpointUrl = proxy.Endpoint }))
            await plain.HeadAsync(_object);
        Assert.All(proxy.Requests.Skip(before), request => Assert.DoesNotContain("request-payer", request.Head, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Anonymous_requests_carry_no_signature()
    {
        await using var proxy = new FaultProxy(_server.Endpoint);
        await using var store = new S3Store(new S3Options { EndpointUrl = proxy.Endpoint, Anonymous = true });
        await Assert.ThrowsAsync<AccessDeniedException>(() => store.HeadAsync(_object));
        Assert.DoesNotContain("Authorization", Assert.Single(proxy.Requests).Head, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_bucket_in_another_region_is_followed_there_once()
    {
        var regions = new List<string>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var application = builder.Build();
        application.Run(async context =>
        {
            var region = context.Request.Headers.Authorization.ToString().Split('/')[2];
            regions.Add(region);
            if (region != "eu-west-1")
            {
                context.Response.StatusCode = 400;
                context.Response.Headers["x-amz-bucket-region"] = "eu-west-1";
                await context.Response.WriteAsync("<Error><Code>AuthorizationHeaderMalformed</Code><Message>wrong region</Message></Error>");
                return;
            }

            context.Response.Headers.ETag = "\"tag\"";
            context.Response.ContentLength = 3;
            await context.Response.WriteAsync("abc");
        });
        await application.StartAsync();
        await using var store = new S3Store(_server.Options with { EndpointUrl = application.Urls.First() });
        for (var i = 0; i < 2; i++)
        {
            await using var read = await store.OpenReadAsync(_object, new ReadRequest(ReadRange.All));
            Assert.Equal(3, read.Info.Size);
        }

        Assert.Equal(["us-east-1", "eu-west-1", "eu-west-1"], regions);
    }

    [Fact]
    public async Task Large_objects_are_copied_in_parts_with_their_metadata()
    {
        await using var store = new S3Store(_server.Options with { SingleCopyLimit = 6 << 20, CopyPartSize = 5 << 20 });
        var content = new byte[(12 << 20) + 7];
        new Random(9).NextBytes(content);
        var source = _object.WithKey("large source");
        await store.PutAsync(source, content, new PutOptions { ContentType = "text/x-test", UserMetadata = new Dictionary<string, string> { ["a"] = "ü" } });
        var copied = await store.CopyAsync(source, _object.WithKey("large copy"), PutOptions.CreateOnly);
        Assert.EndsWith("-3\"", copied.ETag, StringComparison.Ordinal);
        var head = await store.HeadAsync(_object.WithKey("large copy"));
        Assert.Equal("ü", head.UserMetadata["a"]);
        Assert.Equal("text/x-test", head.ContentType);
        Assert.Equal(content, await new PinnedObject(store, head).ReadAsync(new ByteRange(0, content.Length)));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named_and_not_waited_for_forever()
    {
        await using var stores = ObjectStores.Create(_server.Options with { EndpointUrl = "http://127.0.0.1:1" }, retry: new RetryOptions { MaxAttempts = 3, BaseDelay = TimeSpan.Zero });
        var failure = await Assert.ThrowsAsync<StorageException>(() => stores.PinAsync(_object));
        Assert.True(failure.IsTransient);
        Assert.Equal(3, stores.Statistics.RequestsOf(StoreOperation.Head));
        Assert.Throws<InvalidUriException>(() => ObjectStores.Create(new S3Options { EndpointUrl = "localhost:9000" }).Get(_object));
    }

    [Fact]
    public async Task Unknown_schemes_are_refused_and_plugged_in_ones_are_served()
    {
        await using var stores = ObjectStores.Create(_server.Options);
        Assert.Throws<InvalidUriException>(() => stores.Get(ObjectUri.Parse("lab://bucket/key")));
        stores.Register("lab", () => new S3Store(_server.Options));
        Assert.Equal(7, (await stores.PinAsync(ObjectUri.Parse($"lab://{_object.Container}/object"))).Size);
    }

    [Fact]
    public async Task Two_hundred_megabytes_go_up_and_down_in_bounded_memory()
    {
        const int Length = 200 << 20;
        await using var stores = ObjectStores.Create(_server.Options);
        var uri = _object.WithKey("huge");
        var store = stores.Get(uri);

        // Warm up, so that what is measured is the work and not the machinery.
        await store.UploadAsync(_object.WithKey("warm"), new Generated(20 << 20), null);
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var source = new Generated(Length);
        var info = await store.UploadAsync(uri, source, PutOptions.CreateOnly, new UploadOptions { PartSize = 8 << 20, Parallelism = 4 });
        Assert.Equal(Length, info.Size);

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var peak = source.Peak;
        var pinned = await stores.PinAsync(uri);
        await using (var stream = pinned.OpenRead(new ByteRange(0, Length), ReadAheadOptions.Default))
        {
            var buffer = new byte[1 << 20];
            while (await stream.ReadAsync(buffer) is > 0 and var read)
            {
                hash.AppendData(buffer, 0, read);
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false));
            }
        }

        Assert.Equal(source.Hash, Convert.ToHexString(hash.GetHashAndReset()));
        Assert.True(peak - before < 100 << 20, string.Create(CultureInfo.InvariantCulture, $"{(peak - before) >> 20} MiB were in use for an object of 200 MiB"));
        await store.DeleteAsync([uri]);
    }

    /// <summary>A stream of pseudo-random bytes that exist only while they are read.</summary>
    private sealed class Generated(long length) : Stream
    {
        private readonly Random _random = new(1);
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long _position;

        public long Peak { get; private set; }

        public string Hash => Convert.ToHexString(_hash.GetCurrentHash());

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = (int)Math.Min(Math.Min(buffer.Length, 1 << 20), length - _position);
            _random.NextBytes(buffer.Span[..count]);
            _hash.AppendData(buffer.Span[..count]);
            _position += count;
            Peak = Math.Max(Peak, GC.GetTotalMemory(forceFullCollection: false));
            return ValueTask.FromResult(count);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
