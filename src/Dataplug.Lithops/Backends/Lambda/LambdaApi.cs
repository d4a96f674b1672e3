using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Amazon;
using Amazon.Runtime.Signing;
using Dataplug.Storage;

namespace Dataplug.Lithops.Backends.Lambda;

/// <summary>An answer to Invoke.</summary>
/// <param name="StatusCode">200, or 202 for what was queued.</param>
/// <param name="FunctionError">Null when the function answered; else <c>Handled</c> or <c>Unhandled</c>.</param>
/// <param name="Payload">What it answered, or its error.</param>
internal sealed record LambdaAnswer(HttpStatusCode StatusCode, string? FunctionError, byte[] Payload);

/// <summary>The connection broke when the request had been sent; nobody knows what became of it.</summary>
internal sealed class LambdaLineLostException(Exception innerException) : IOException("the connection to Lambda broke", innerException);

/// <summary>The REST API of AWS Lambda, signed with Signature Version 4.</summary>
/// <remarks>AWS Lambda API Reference, version 2015-03-31: Invoke, CreateFunction, GetFunction, UpdateFunctionCode,
/// UpdateFunctionConfiguration, DeleteFunction, ListFunctions.</remarks>
internal sealed class LambdaApi : IDisposable
{
    private const string Version = "2015-03-31";

    private readonly LambdaOptions _options;
    private readonly S3Connection _connection;
    private readonly Uri _endpoint;
    private readonly SemaphoreSlim _turn = new(1);
    private HttpClient? _client;

    /// <exception cref="BackendFailedException">The endpoint is no URL.</exception>
    public LambdaApi(LambdaOptions options)
    {
        _options = options;
        _connection = new S3Connection(options.ForCredentials());
        Region = _connection.Region;
        var endpoint = options.EndpointUrl
            ?? (Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL_LAMBDA") is { Length: > 0 } variable ? variable : $"https://lambda.{Region}.{(Region.StartsWith("cn-", StringComparison.Ordinal) ? "amazonaws.com.cn" : "amazonaws.com")}");
        if (!Uri.TryCreate(endpoint.TrimEnd('/') + "/", UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new BackendFailedException("aws-lambda", $"the endpoint '{endpoint}' is not an http(s) URL", "Write it as https://host, or leave it out for AWS.");
        _endpoint = uri;
    }

    public string Region { get; }

    public void Dispose()
    {
        _client?.Dispose();
        _connection.Dispose();
        _turn.Dispose();
    }

    /// <summary>Invoke.</summary>
    /// <exception cref="LambdaLineLostException">Nobody knows whether it runs.</exception>
    /// <exception cref="DataplugException">Lambda refuses, or can't be reached.</exception>
    public async Task<LambdaAnswer> InvokeAsync(string function, byte[] payload, bool asynchronous, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Post, Function(function) + "/invocations", payload, function, cancellationToken, asynchronous ? "Event" : "RequestResponse").ConfigureAwait(false);
        try
        {
            return new LambdaAnswer(
                answer.StatusCode,
                Answers.Header(answer, "X-Amz-Function-Error"),
                await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new LambdaLineLostException(exception);
        }
    }

    /// <summary>The function's description as Lambda gives it; null when there is none.</summary>
    public async Task<JsonElement?> FindFunctionAsync(string function, CancellationToken cancellationToken)
    {
        try
        {
            return await SendForJsonAsync(HttpMethod.Get, Function(function), null, function, cancellationToken).ConfigureAwait(false);
        }
        catch (ObjectNotFoundException)
        {
            return null;
        }
    }

    public Task<JsonElement> CreateFunctionAsync(string function, byte[] description, CancellationToken cancellationToken) =>
        SendForJsonAsync(HttpMethod.Post, "functions", description, function, cancellationToken);

    public Task<JsonElement> UpdateCodeAsync(string function, byte[] description, CancellationToken cancellationToken) =>
        SendForJsonAsync(HttpMethod.Put, Function(function) + "/code", description, function, cancellationToken);

    public Task<JsonElement> UpdateConfigurationAsync(string function, byte[] description, CancellationToken cancellationToken) =>
        SendForJsonAsync(HttpMethod.Put, Function(function) + "/configuration", description, function, cancellationToken);

    public async Task DeleteFunctionAsync(string function, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, Function(function), null, function, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All functions, page by page.</summary>
    public async IAsyncEnumerable<JsonElement> ListFunctionsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? marker = null;
        do
        {
            var page = await SendForJsonAsync(HttpMethod.Get, "functions/" + (marker is null ? "" : "?Marker=" + Uri.EscapeDataString(marker)), null, "functions", cancellationToken).ConfigureAwait(false);
            foreach (var function in page.GetProperty("Functions").EnumerateArray())
                yield return function;
            marker = page.TryGetProperty("NextMarker", out var next) && next.ValueKind == JsonValueKind.String && next.GetString() is { Length: > 0 } more ? more : null;
        }
        while (marker is not null);
    }

    // "name:alias" is name and qualifier; an ARN has colons of its own, and the API takes it as it is.
    private static string Function(string function) => "functions/" + Uri.EscapeDataString(function);

    private async Task<JsonElement> SendForJsonAsync(HttpMethod method, string path, byte[]? body, string function, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(method, path, body, function, cancellationToken).ConfigureAwait(false);
        var stream = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await JsonSerializer.DeserializeAsync<JsonElement>(stream, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (JsonException exception)
        {
            throw new BackendFailedException("aws-lambda", "Lambda answers what is no JSON", "Is this Lambda's endpoint?", null, exception);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, byte[]? body, string function, CancellationToken cancellationToken, string? invocationType = null)
    {
        var client = await ClientAsync(cancellationToken).ConfigureAwait(false);
        var offers = new Backoff(_options.RetryFor, _options.RetryDelay);
        while (true)
        {
            string problem;
            try
            {
                using var request = new HttpRequestMessage(method, new Uri(_endpoint, $"{Version}/{path}"));
                if (body is not null)
                {
                    request.Content = new ByteArrayContent(body);
                    request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                }

                if (invocationType is not null)
                    request.Headers.Add("X-Amz-Invocation-Type", invocationType);
                var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
                if (answer.IsSuccessStatusCode)
                    return answer;
                using (answer)
                    problem = await RefusalAsync(answer, function, cancellationToken).ConfigureAwait(false);
            }
            catch (HttpRequestException exception) when (Answers.IsUnsent(exception))
            {
                problem = $"{_endpoint.Authority} can't be reached: {exception.Message}";
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                throw new LambdaLineLostException(exception);
            }

            if (!await offers.WaitAsync(null, cancellationToken).ConfigureAwait(false))
                throw new WorkerLostException(function, string.Create(CultureInfo.InvariantCulture, $"{problem}, for {_options.RetryFor}"), "Raise the function's concurrency, or lower MaxParallelism.");
        }
    }

    /// <summary>What is wrong with the service for now; throws what is wrong for good.</summary>
    private async Task<string> RefusalAsync(HttpResponseMessage answer, string function, CancellationToken cancellationToken)
    {
        var type = Answers.Header(answer, "X-Amzn-ErrorType")?.Split(':')[0] ?? "";
        var text = await Answers.TextAsync(answer, cancellationToken).ConfigureAwait(false);
        var problem = string.Create(CultureInfo.InvariantCulture, $"Lambda answers {(int)answer.StatusCode} {type}: {text}");
        switch (answer.StatusCode)
        {
            case HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or HttpStatusCode.InternalServerError:
            case HttpStatusCode.Conflict when type is "ResourceConflictException" && !text.Contains("already exist", StringComparison.OrdinalIgnoreCase):
            case HttpStatusCode.BadGateway when type is "ENILimitReachedException" or "SubnetIPAddressLimitReachedException":
                // Busy, or the function is just being made or changed.
                return problem;
            case HttpStatusCode.NotFound:
                throw new ObjectNotFoundException(function, $"there is no such function in {Region}", "'dataplug runtime list aws-lambda' shows those that there are.");
            case HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized:
                throw new AccessDeniedException(function, problem, "Check the credentials, the region, and the right lambda:InvokeFunction.");
            case HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout:
                throw new LambdaLineLostException(new IOException(problem));
            default:
                throw new BackendFailedException(function, problem, "The message is Lambda's own.");
        }
    }

    private async Task<HttpClient> ClientAsync(CancellationToken cancellationToken)
    {
        if (_client is { } known)
            return known;
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_client is null)
            {
                var credentials = await _connection.CredentialsAsync(cancellationToken).ConfigureAwait(false);
                var handler = new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(10), ConnectTimeout = TimeSpan.FromSeconds(15) };

                // A function runs for up to 15 minutes, and answers when it has ended.
                _client = new HttpClient(new SigV4SigningHandler(credentials, RegionEndpoint.GetBySystemName(Region), "lambda", handler)) { Timeout = Timeout.InfiniteTimeSpan };
            }

            return _client;
        }
        finally
        {
            _turn.Release();
        }
    }
}
