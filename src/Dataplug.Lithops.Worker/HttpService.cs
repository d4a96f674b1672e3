using System.Globalization;
using System.Net;
using Dataplug.Lithops.Backends.Http;
using Dataplug.Lithops.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dataplug.Lithops.Worker;

/// <summary>
/// Serves clients over HTTP: an invocation is posted, and answered with its status when it has ended. What is more than the service
/// takes at once is sent away with 429. GET /health answers 200 as long as the service takes invocations.
/// </summary>
internal sealed class HttpService(InvocationRunner runner, string worker, int concurrency)
{
    /// <summary>The longest invocation; long inputs go through storage.</summary>
    private const int MaxInvocation = 1 << 20;

    /// <summary>How long tasks may take to stop when the service ends.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(8);

    private int _running;
    private volatile bool _isSpoilt;

    /// <summary>Serves until it is told to end (SIGTERM, SIGINT), or has to because a task does not stop.</summary>
    /// <param name="urls">Where to listen, as in <c>http://*:8080</c>.</param>
    /// <param name="started">Called with the address when it listens.</param>
    /// <param name="end">Ends it.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string urls, Action<string> started, CancellationToken end)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(urls);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxInvocation;

            // The answer comes when the task has ended, and not before.
            kestrel.Limits.MinResponseDataRate = null;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);

        var app = builder.Build();
        await using var closing = app.ConfigureAwait(false);
        var stopping = app.Lifetime.ApplicationStopping;
        app.Run(async context =>
        {
            context.Response.Headers[HttpWorkers.WorkerHeader] = worker;
            if (HttpMethods.IsPost(context.Request.Method))
                await ServeAsync(context, app.Lifetime, stopping).ConfigureAwait(false);
            else if (HttpMethods.IsGet(context.Request.Method) && context.Request.Path == "/health")
                context.Response.StatusCode = _isSpoilt ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
            else
                await AnswerAsync(context, HttpStatusCode.MethodNotAllowed, "post an invocation").ConfigureAwait(false);
        });
        await app.StartAsync(end).ConfigureAwait(false);
        started(string.Join(' ', app.Urls));
        using (end.UnsafeRegister(static state => ((IHostApplicationLifetime)state!).StopApplication(), app.Lifetime))
            await app.WaitForShutdownAsync(CancellationToken.None).ConfigureAwait(false);
        return _isSpoilt ? 3 : 0;
    }

    private async Task ServeAsync(HttpContext context, IHostApplicationLifetime lifetime, CancellationToken stopping)
    {
        if (_isSpoilt || stopping.IsCancellationRequested)
        {
            await RefuseAsync(context, HttpStatusCode.ServiceUnavailable, "the service ends").ConfigureAwait(false);
            return;
        }

        if (Interlocked.Increment(ref _running) > concurrency)
        {
            Interlocked.Decrement(ref _running);
            await RefuseAsync(context, HttpStatusCode.TooManyRequests, string.Create(CultureInfo.InvariantCulture, $"{concurrency} at once are all")).ConfigureAwait(false);
            return;
        }

        try
        {
            var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted).ConfigureAwait(false);

            // A client whose connection breaks finds the status in storage; a client that is gone for good leaves its word there.
            var outcome = await runner.RunAsync(body.ToArray(), notices: null, stopping).ConfigureAwait(false);
            _isSpoilt |= outcome.IsAbandoned;
            context.Response.ContentType = "application/octet-stream";
            context.Response.ContentLength = outcome.Status.Length;
            await context.Response.Body.WriteAsync(outcome.Status, CancellationToken.None).ConfigureAwait(false);
        }
        catch (PayloadRefusedException exception)
        {
            await AnswerAsync(context, HttpStatusCode.Forbidden, exception.Message).ConfigureAwait(false);
        }
        catch (DataplugException exception)
        {
            // Storage failed: there is no status, and the client has to know why.
            await AnswerAsync(context, HttpStatusCode.InternalServerError, exception.Message).ConfigureAwait(false);
        }
        catch (BadHttpRequestException exception)
        {
            await AnswerAsync(context, (HttpStatusCode)exception.StatusCode, exception.Message).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client broke off in the middle of its request, or of the answer.
            context.Abort();
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }

        // Code that did not stop still runs: only a new process is free of it.
        if (_isSpoilt)
            lifetime.StopApplication();
    }

    private static Task RefuseAsync(HttpContext context, HttpStatusCode code, string why)
    {
        context.Response.Headers.RetryAfter = "1";
        return AnswerAsync(context, code, why);
    }

    private static Task AnswerAsync(HttpContext context, HttpStatusCode code, string text)
    {
        context.Response.StatusCode = (int)code;
        return context.Response.WriteAsync(text, CancellationToken.None);
    }
}
