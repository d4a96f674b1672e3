using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dataplug.Storage;

namespace Dataplug.Conformance.Storage;

/// <summary>What every store must do whose server may be away: a typed error that a repetition may heal, and never a hang.</summary>
public abstract class RemoteStoreConformance : ObjectStoreConformance
{
    private static readonly RetryOptions Impatient = new() { MaxAttempts = 2, BaseDelay = TimeSpan.FromMilliseconds(1), IdleTimeout = TimeSpan.FromSeconds(1), ServerWorkTimeout = TimeSpan.FromSeconds(1), SlowestUpload = int.MaxValue };

    [Fact]
    public void It_says_that_a_network_lies_between() => Assert.True(Store.Capabilities.HasFlag(StoreCapabilities.Remote));

    [Fact]
    public async Task A_server_that_is_not_there_is_an_error_that_may_pass()
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        var address = Address(port);
        port.Stop();
        var (store, container) = At(address);
        await using (store)
        {
            await EachOperationAsync(store, container, async (what, operation) =>
            {
                var started = Stopwatch.GetTimestamp();
                var failure = await Assert.ThrowsAsync<StorageException>(operation);
                Assert.True(failure.IsTransient, $"{what}: {failure}");
                Assert.Contains("connection", failure.Message, StringComparison.Ordinal);
                Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20), $"{what} took {Stopwatch.GetElapsedTime(started)}");
            });
        }
    }

    [Fact]
    public async Task A_server_that_takes_connections_and_is_silent_is_given_up_in_time()
    {
        // Connections end up in the queue of the listener, where nobody takes them.
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        var (store, container) = At(Address(port));
        await using var resilient = new ResilientStore(store, Impatient);
        await EachOperationAsync(resilient, container, async (what, operation) =>
        {
            var started = Stopwatch.GetTimestamp();
            var failure = await Assert.ThrowsAsync<StorageException>(operation);
            Assert.Contains("given up after 2 attempts", failure.Message, StringComparison.Ordinal);
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20), $"{what} took {Stopwatch.GetElapsedTime(started)}");
        });
    }

    [Fact]
    public async Task A_connection_that_is_lost_again_and_again_is_given_up_with_the_number_of_attempts()
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        using var stop = new CancellationTokenSource();
        var connections = 0;
        var serving = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await port.AcceptSocketAsync(stop.Token);
                Interlocked.Increment(ref connections);
                client.LingerState = new LingerOption(true, 0);
            }
        });
        var (store, container) = At(Address(port));
        await using (var resilient = new ResilientStore(store, Impatient with { MaxAttempts = 3, IdleTimeout = TimeSpan.FromSeconds(20) }))
        {
            var failure = await Assert.ThrowsAsync<StorageException>(() => resilient.HeadAsync(container.WithKey(container.Key + "x")));
            Assert.Contains("given up after 3 attempts", failure.Message, StringComparison.Ordinal);
            Assert.True(connections >= 3, $"only {connections} connections");
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
    }

    /// <summary>The store, and a container, of a server at another address, as <c>host:port</c>.</summary>
    protected abstract (IObjectStore Store, ObjectUri Container) At(string address);

    private static string Address(TcpListener port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)port.LocalEndpoint).Port}");

    private static async Task EachOperationAsync(IObjectStore store, ObjectUri container, Func<string, Func<Task>, Task> check)
    {
        var uri = container.WithKey(container.Key + "key");
        await check("head", () => store.HeadAsync(uri));
        await check("read", () => store.OpenReadAsync(uri, new ReadRequest(ReadRange.Bounded(0, 10))));
        await check("put", () => store.PutAsync(uri, new byte[10], PutOptions.Overwrite));
        await check("conditional put", () => store.PutAsync(uri, new byte[10], PutOptions.CreateOnly));
        await check("upload", () => store.CreateMultipartAsync(uri, PutOptions.Overwrite));
        await check("list", async () =>
        {
            await foreach (var info in store.ListAsync(container))
                Assert.Fail($"{info.Uri} is listed");
        });
        await check("delete", () => store.DeleteAsync([uri]));
        await check("copy", () => store.CopyAsync(uri, container.WithKey(container.Key + "copy"), PutOptions.Overwrite));
        await check("create container", () => store.CreateContainerAsync(container));
    }
}
