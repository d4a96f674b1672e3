using System.Globalization;
using System.Text;
using System.Text.Json;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Protocol;

namespace Dataplug.Lithops.Worker;

/// <summary>
/// Serves AWS Lambda as a custom runtime: asks the Runtime API for events, one at a time, and answers each. An event is either what
/// <c>LambdaBackend</c> sends, or an HTTP request that came by a function URL.
/// </summary>
/// <remarks>AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes" (version 2018-06-01), and "Creating and
/// managing Lambda function URLs", payload format 2.0.</remarks>
internal sealed class LambdaService : IDisposable
{
    private const string Version = "2018-06-01";

    /// <summary>So long before the function is frozen or ended a task is told to stop, so that its end can still be written.</summary>
    private static readonly TimeSpan DeadlineMargin = TimeSpan.FromMilliseconds(500);

    private const long EarliestDeadline = 1_000_000_000_000;

    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly string _api;

    /// <param name="api">Host and port of the Runtime API, as AWS_LAMBDA_RUNTIME_API has it.</param>
    public LambdaService(string api) => _api = $"http://{api}/{Version}/runtime/";

    public void Dispose() => _client.Dispose();

    /// <summary>Serves until the environment ends the process.</summary>
    /// <param name="start">Makes what runs invocations; what it throws is told to Lambda as a failed start.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(Func<InvocationRunner> start)
    {
        InvocationRunner runner;
        try
        {
            runner = start();
        }
        catch (Exception exception)
        {
            await PostErrorAsync("init/error", exception).ConfigureAwait(false);
            throw;
        }

        while (true)
        {
            using var next = await _client.GetAsync(new Uri(_api + "invocation/next"), CancellationToken.None).ConfigureAwait(false);
            next.EnsureSuccessStatusCode();
            var id = Answers.Header(next, "Lambda-Runtime-Aws-Request-Id") ?? throw new FormatException("The Runtime API gave an event without a request id.");
            var lambdaEvent = await next.Content.ReadAsByteArrayAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                using var deadline = Deadline(Answers.Header(next, "Lambda-Runtime-Deadline-Ms"));
                var (answer, isAbandoned) = await AnswerAsync(runner, lambdaEvent, deadline.Token).ConfigureAwait(false);

                // Code that did not stop still runs. Ending without an answer makes Lambda drop this environment; the status is in storage.
                if (isAbandoned)
                    return 3;
                using var content = new ByteArrayContent(answer);
                content.Headers.ContentType = new("application/json");
                using var posted = await _client.PostAsync(new Uri($"{_api}invocation/{id}/response"), content, CancellationToken.None).ConfigureAwait(false);
                posted.EnsureSuccessStatusCode();
            }
            catch (Exception exception) when (exception is not HttpRequestException)
            {
                // Whatever it is, the invocation has to be answered.
                await PostErrorAsync($"invocation/{id}/error", exception).ConfigureAwait(false);
            }
        }
    }

    private static async Task<(byte[] Answer, bool IsAbandoned)> AnswerAsync(InvocationRunner runner, byte[] lambdaEvent, CancellationToken stop)
    {
        using var json = Parse(lambdaEvent);
        if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("requestContext", out var context) && context.TryGetProperty("http", out _))
            return await AnswerUrlAsync(runner, json.RootElement, stop).ConfigureAwait(false);
        if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty(LambdaMessages.Invocation, out var invocation) || invocation.ValueKind != JsonValueKind.String)
            throw new PayloadRefusedException(null, "this event is no invocation of Dataplug");
        var outcome = await runner.RunAsync(Encoding.UTF8.GetBytes(invocation.GetString()!), notices: null, stop).ConfigureAwait(false);
        return (LambdaMessages.Write(LambdaMessages.Status, outcome.Status), outcome.IsAbandoned);
    }

    private static async Task<(byte[] Answer, bool IsAbandoned)> AnswerUrlAsync(InvocationRunner runner, JsonElement request, CancellationToken stop)
    {
        try
        {
            var text = request.TryGetProperty("body", out var body) ? body.GetString() ?? "" : "";
            var invocation = request.TryGetProperty("isBase64Encoded", out var encoded) && encoded.GetBoolean() ? Convert.FromBase64String(text) : Encoding.UTF8.GetBytes(text);
            var outcome = await runner.RunAsync(invocation, notices: null, stop).ConfigureAwait(false);
            return (LambdaMessages.HttpAnswer(200, Convert.ToBase64String(outcome.Status), isBase64: true), outcome.IsAbandoned);
        }
        catch (PayloadRefusedException exception)
        {
            return (LambdaMessages.HttpAnswer(403, exception.Message, isBase64: false), false);
        }
        catch (DataplugException exception)
        {
            return (LambdaMessages.HttpAnswer(500, exception.Message, isBase64: false), false);
        }
    }

    private static JsonDocument Parse(byte[] lambdaEvent)
    {
        try
        {
            return JsonDocument.Parse(lambdaEvent);
        }
        catch (JsonException exception)
        {
            throw new PayloadRefusedException(null, "this event is no JSON: " + exception.Message);
        }
    }

    private static CancellationTokenSource Deadline(string? milliseconds)
    {
        var source = new CancellationTokenSource();

        // Milliseconds since 1970. Some emulators give what is none, and end nothing either.
        if (long.TryParse(milliseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at > EarliestDeadline)
        {
            var left = DateTimeOffset.FromUnixTimeMilliseconds(at) - DateTimeOffset.UtcNow;
            source.CancelAfter(left > DeadlineMargin * 2 ? left - DeadlineMargin : left > TimeSpan.Zero ? left / 2 : TimeSpan.Zero);
        }

        return source;
    }

    private async Task PostErrorAsync(string path, Exception exception)
    {
        using var content = new ByteArrayContent(LambdaMessages.Error(exception));
        content.Headers.ContentType = new("application/json");
        content.Headers.Add("Lambda-Runtime-Function-Error-Type", "Dataplug." + exception.GetType().Name);
        using var posted = await _client.PostAsync(new Uri(_api + path), content, CancellationToken.None).ConfigureAwait(false);
    }
}
