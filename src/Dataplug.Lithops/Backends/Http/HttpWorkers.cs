using System.Globalization;
using System.Net;
using Dataplug.Lithops.Backends.Storage;
using Dataplug.Lithops.Protocol;

namespace Dataplug.Lithops.Backends.Http;

/// <summary>Workers behind a URL.</summary>
internal sealed class HttpWorkers : IWorkerSource, IDisposable
{
    /// <summary>The header by which answers of a worker are told from those of what stands before it; holds the worker's name.</summary>
    public const string WorkerHeader = "X-Dataplug-Worker";

    private readonly HttpBackendOptions _options;
    private readonly HttpClient _client;
    private int _number;

    public HttpWorkers(HttpBackendOptions options)
    {
        _options = options;
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            AllowAutoRedirect = false,
            UseCookies = false,
        };

        // How long a task takes is its own business; a worker that hangs gives no sign of life.
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public ValueTask<IWorkerLease> AcquireAsync(WorkerRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IWorkerLease>(new Lease(this, string.Create(CultureInfo.InvariantCulture, $"{_options.Url.Authority}/{Interlocked.Increment(ref _number)}")));

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(ReadOnlyMemory<byte> invocation, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _options.Url) { Content = new ReadOnlyMemoryContent(invocation) };
        request.Content.Headers.ContentType = new("application/octet-stream");
        foreach (var (name, value) in _options.Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (_options.Authenticate is { } authenticate)
            await authenticate(request, cancellationToken).ConfigureAwait(false);
        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
    }

    private sealed class Lease(HttpWorkers workers, string name) : IWorkerLease
    {
        private readonly CancellationTokenSource _end = new();
        private volatile bool _lineIsLost;

        public string Worker => name;

        public bool Tells => !_lineIsLost;

        public Task Begun => Task.CompletedTask;

        public async Task<byte[]?> InvokeAsync(ReadOnlyMemory<byte> invocation, Action<WorkerNotice> notices)
        {
            var offers = new Backoff(workers._options.RetryFor, workers._options.RetryDelay);
            while (true)
            {
                TimeSpan? asked = null;
                string problem;
                try
                {
                    using var answer = await workers.SendAsync(invocation, _end.Token).ConfigureAwait(false);
                    if (answer.StatusCode == HttpStatusCode.OK && answer.Headers.Contains(WorkerHeader))
                        return await answer.Content.ReadAsByteArrayAsync(_end.Token).ConfigureAwait(false);
                    if (answer.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable))
                        return await EndAsync(answer).ConfigureAwait(false);
                    asked = answer.Headers.RetryAfter?.Delta ?? (answer.Headers.RetryAfter?.Date - DateTimeOffset.UtcNow);
                    problem = string.Create(CultureInfo.InvariantCulture, $"the service has no place: it answers {(int)answer.StatusCode}");
                }
                catch (HttpRequestException exception) when (Answers.IsUnsent(exception))
                {
                    // Nothing was sent.
                    problem = "the service can't be reached: " + exception.Message;
                }
                catch (Exception exception) when (exception is HttpRequestException or IOException)
                {
                    return LoseLine();
                }
                catch (OperationCanceledException) when (_end.IsCancellationRequested)
                {
                    throw new WorkerLostException(name, "the attempt was given up");
                }

                if (!await offers.WaitAsync(asked, _end.Token).ConfigureAwait(false))
                    throw new WorkerLostException(name, $"{problem}, for {workers._options.RetryFor}", "Look at the service, lower MaxParallelism, or raise RetryFor.");
            }
        }

        /// <summary>The worker looks for it in storage: which of the service's instances it is nobody knows.</summary>
        public ValueTask<bool> CancelAsync(string call) => ValueTask.FromResult(false);

        public void Kill() => _end.Cancel();

        public ValueTask DisposeAsync()
        {
            _end.Cancel();
            return ValueTask.CompletedTask;
        }

        /// <summary>An answer that is neither a status nor a wish to be asked later.</summary>
        private async Task<byte[]?> EndAsync(HttpResponseMessage answer)
        {
            // What stands before the worker lost patience, or its connection: the attempt may well be running.
            if (!answer.Headers.Contains(WorkerHeader) && answer.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout or HttpStatusCode.RequestTimeout)
                return LoseLine();
            var text = await Answers.TextAsync(answer, _end.Token).ConfigureAwait(false);
            if (answer.Headers.Contains(WorkerHeader) && answer.StatusCode == HttpStatusCode.Forbidden)
                throw new PayloadRefusedException(name, text);
            if (answer.Headers.Contains(WorkerHeader))
                throw new WorkerLostException(name, "the worker could not run the attempt: " + text);
            throw new WorkerLostException(
                name,
                string.Create(CultureInfo.InvariantCulture, $"{workers._options.Url} answers {(int)answer.StatusCode} {answer.ReasonPhrase}: {text}"),
                answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? "Let this client call the service: see Headers and Authenticate." : "Is this the URL of a Dataplug worker?");
        }

        private byte[]? LoseLine()
        {
            _lineIsLost = true;
            return null;
        }
    }
}
