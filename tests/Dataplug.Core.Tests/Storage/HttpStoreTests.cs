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
