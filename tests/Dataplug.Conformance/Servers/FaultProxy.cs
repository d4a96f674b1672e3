using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Dataplug.Conformance.Servers;

/// <summary>
/// A proxy for HTTP/1.1 over TCP that misbehaves as told, request by request. It passes heads on as they are, so that
/// signatures over the Host header hold as long as the server does not mind the name it is called by.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private readonly ConcurrentQueue<ProxyRequest> _requests = new();
    private int _number;
    private int _faults;
    private long _bytesToClient;

    /// <summary>Starts a proxy in front of a server.</summary>
    public FaultProxy(string target)
    {
        var url = new Uri(target);
        _host = url.Host;
        _port = url.Port;
        _listener.Start();
        Endpoint = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _accepting = AcceptAsync();
    }

    /// <summary>The proxy's own URL.</summary>
    public string Endpoint { get; }

    /// <summary>Chooses the fault of each request; null for none.</summary>
    public Func<ProxyRequest, Fault?> Script { get; set; } = _ => null;

    /// <summary>The requests that came, in the order of their coming.</summary>
    public IReadOnlyCollection<ProxyRequest> Requests => _requests;

    /// <summary>How many requests came.</summary>
    public int RequestCount => Volatile.Read(ref _number);

    /// <summary>How many of them were hit by a fault.</summary>
    public int FaultCount => Volatile.Read(ref _faults);

    /// <summary>Bytes of bodies that were passed to clients.</summary>
    public long BytesToClient => Interlocked.Read(ref _bytesToClient);

    /// <summary>Applies faults to the next requests, one each, then none.</summary>
    public void Enqueue(params Fault[] faults)
    {
        var queue = new ConcurrentQueue<Fault>(faults);
        Script = _ => queue.TryDequeue(out var fault) ? fault : null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                var serving = ServeAsync(client);
                _connections[serving] = true;
                _ = serving.ContinueWith(done => _connections.TryRemove(done, out _), TaskScheduler.Default);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var closing = client;
        client.NoDelay = true;
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            var fromClient = new HttpBytes(client);
            var fromServer = new HttpBytes(server);
            while (await fromClient.ReadHeadAsync(_stop.Token) is { } head)
            {
                var line = head[..head.IndexOf("\r\n", StringComparison.Ordinal)].Split(' ');
                var request = new ProxyRequest(Interlocked.Increment(ref _number), line[0], line[1], head);
                _requests.Enqueue(request);
                var fault = Script(request);
                if (fault is not null)
                    Interlocked.Increment(ref _faults);
                if (fault is { Kind: FaultKind.RefuseRequest })
                {
                    Reset(client);
                    return;
                }

                if (fault is { Kind: FaultKind.Latency })
                    await Task.Delay(fault.Delay, _stop.Token);
                if (fault is { Kind: FaultKind.Status })
                {
                    await fromClient.CopyBodyAsync(head, isRequest: true, (_, _) => ValueTask.CompletedTask, _stop.Token);
                    var retry = fault.RetryAfter is null ? "" : $"Retry-After: {fault.RetryAfter}\r\n";
                    await SendAsync(client, Encoding.ASCII.GetBytes($"HTTP/1.1 {fault.StatusCode} Fault\r\n{retry}Content-Length: 0\r\n\r\n"));
                    continue;
                }

                if (!server.Connected)
                    await server.ConnectAsync(_host, _port, _stop.Token);
                await SendAsync(server, Encoding.Latin1.GetBytes(head));
                await fromClient.CopyBodyAsync(head, isRequest: true, (bytes, _) => SendAsync(server, bytes), _stop.Token);
                if (!await AnswerAsync(client, fromServer, request.Method == "HEAD", fault))
                    return;
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Either side has gone.
        }
    }

    private static void Reset(Socket client)
    {
        client.LingerState = new LingerOption(true, 0);
        client.Close();
    }

    private static async ValueTask SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes)..];
    }

    private async Task<bool> AnswerAsync(Socket client, HttpBytes fromServer, bool toHead, Fault? fault)
    {
        var head = await fromServer.ReadHeadAsync(_stop.Token) ?? throw new IOException("the server closed the connection");
        var cut = fault is { Kind: FaultKind.Reset or FaultKind.ShortBody or FaultKind.Stall } ? fault.AfterBytes : long.MaxValue;
        if (cut >= 0)
        {
            await SendAsync(client, Encoding.Latin1.GetBytes(head));
            var sent = 0L;
            if (!toHead)
            {
                await fromServer.CopyBodyAsync(
                    head,
                    isRequest: false,
                    async (bytes, framing) =>
                    {
                        // What frames the body (chunk heads) does not count as its bytes, but ends with them.
                        var pass = sent >= cut ? 0 : framing ? bytes.Length : (int)Math.Min(bytes.Length, cut - sent);
                        await SendAsync(client, bytes[..pass]);
                        if (!framing)
                        {
                            sent += pass;
                            Interlocked.Add(ref _bytesToClient, pass);
                        }
                    },
                    _stop.Token);
            }
        }

        switch (cut == long.MaxValue ? null : fault?.Kind)
        {
            case FaultKind.Reset:
                Reset(client);
                return false;
            case FaultKind.ShortBody:
                client.Shutdown(SocketShutdown.Both);
                return false;
            case FaultKind.Stall:
                // Silent until the client gives up.
                var scratch = new byte[1];
                await client.ReceiveAsync(scratch, _stop.Token);
                return false;
            default:
                return !head.Contains("\r\nConnection: close", StringComparison.OrdinalIgnoreCase);
        }
    }

    /// <summary>Reads heads and bodies off a connection.</summary>
    private sealed class HttpBytes(Socket socket)
    {
        private readonly byte[] _buffer = new byte[64 << 10];
        private int _start;
        private int _end;

        public async Task<string?> ReadHeadAsync(CancellationToken cancellationToken)
        {
            var head = new List<byte>();
            while (true)
            {
                while (_start < _end)
                {
                    head.Add(_buffer[_start++]);
                    if (head.Count >= 4 && head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n' && head[^4] == '\r')
                        return Encoding.Latin1.GetString(head.ToArray());
                }

                if (!await FillAsync(cancellationToken))
                    return head.Count == 0 ? null : throw new IOException("the connection ended in a head");
            }
        }

        public async Task CopyBodyAsync(string head, bool isRequest, Func<ReadOnlyMemory<byte>, bool, ValueTask> sink, CancellationToken cancellationToken)
        {
            var status = isRequest ? 0 : int.Parse(head.AsSpan(9, 3), CultureInfo.InvariantCulture);
            if (status is 204 or 304)
                return;
            if (Header(head, "Transfer-Encoding") is { } encoding && encoding.Contains("chunked", StringComparison.OrdinalIgnoreCase))
            {
                while (true)
                {
                    var line = await ReadLineAsync(cancellationToken);
                    await sink(Encoding.Latin1.GetBytes(line), true);
                    var size = long.Parse(line.AsSpan(0, line.IndexOfAny([';', '\r'])), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                    if (size == 0)
                    {
                        for (var trailer = ""; trailer != "\r\n";)
                        {
                            trailer = await ReadLineAsync(cancellationToken);
                            await sink(Encoding.Latin1.GetBytes(trailer), true);
                        }

                        return;
                    }

                    await CopyAsync(size, false, sink, cancellationToken);
                    await CopyAsync(2, true, sink, cancellationToken);
                }
            }

            if (Header(head, "Content-Length") is { } length)
                await CopyAsync(long.Parse(length, CultureInfo.InvariantCulture), false, sink, cancellationToken);
        }

        private static string? Header(string head, string name)
        {
            var at = head.IndexOf($"\r\n{name}:", StringComparison.OrdinalIgnoreCase);
            if (at < 0)
                return null;
            at += name.Length + 3;
            return head[at..head.IndexOf("\r\n", at, StringComparison.Ordinal)].Trim();
        }

        private async Task CopyAsync(long count, bool framing, Func<ReadOnlyMemory<byte>, bool, ValueTask> sink, CancellationToken cancellationToken)
        {
            while (count > 0)
            {
                if (_start == _end && !await FillAsync(cancellationToken))
                    throw new IOException("the connection ended in a body");
                var part = (int)Math.Min(count, _end - _start);
                await sink(_buffer.AsMemory(_start, part), framing);
                _start += part;
                count -= part;
            }
        }

        private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
        {
            var line = new StringBuilder();
            while (line.Length < 2 || line[^1] != '\n')
            {
                if (_start == _end && !await FillAsync(cancellationToken))
                    throw new IOException("the connection ended in a line");
                line.Append((char)_buffer[_start++]);
            }

            return line.ToString();
        }

        private async Task<bool> FillAsync(CancellationToken cancellationToken)
        {
            _start = 0;
            _end = await socket.ReceiveAsync(_buffer, cancellationToken);
            return _end > 0;
        }
    }
}
