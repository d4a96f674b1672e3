using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Dataplug.Conformance.Servers;

/// <summary>
/// A web server that serves the files of a directory, with ranges and preconditions (RFC 9110 §13 and §14), any of which can
/// be switched off, as there are servers of every kind.
/// </summary>
public sealed class HttpFileServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<string> _requests = new();
    private long _bytesSent;

    private HttpFileServer(string root, WebApplication application)
    {
        Root = root;
        _application = application;
    }

    /// <summary>What kind of ETag is sent.</summary>
    public enum ETagKind
    {
        /// <summary>A strong one.</summary>
        Strong,

        /// <summary>A weak one.</summary>
        Weak,

        /// <summary>None.</summary>
        None,
    }

    /// <summary>The directory.</summary>
    public string Root { get; }

    /// <summary>The server's URL, without a slash at the end.</summary>
    public string Url => _application.Urls.First();

    /// <summary>What kind of ETag is sent.</summary>
    public ETagKind ETag { get; set; }

    /// <summary>Whether Last-Modified is sent.</summary>
    public bool SendsLastModified { get; set; } = true;

    /// <summary>Whether ranges are honoured; else the whole file is sent.</summary>
    public bool HasRanges { get; set; } = true;

    /// <summary>Whether If-Match and If-Unmodified-Since are honoured.</summary>
    public bool HonoursPreconditions { get; set; } = true;

    /// <summary>Whether HEAD is refused with 403.</summary>
    public bool RefusesHead { get; set; }

    /// <summary>Whether whole files are sent in chunks, without a length.</summary>
    public bool HidesLength { get; set; }

    /// <summary>Whether every request is first sent to another URL.</summary>
    public bool Redirects { get; set; }

    /// <summary>A status to answer everything with; null for none.</summary>
    public int? Status { get; set; }

    /// <summary>How long it waits before each answer.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>The requests that came: method, path, and range.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>Bytes of bodies that were sent.</summary>
    public long BytesSent => Interlocked.Read(ref _bytesSent);

    /// <summary>Starts a server for a new, empty directory.</summary>
    public static async Task<HttpFileServer> StartAsync()
    {
        var root = Directory.CreateTempSubdirectory("dataplug-http-").FullName;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        var server = new HttpFileServer(root, application);
        application.Run(server.ServeAsync);
        await application.StartAsync();
        return server;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }

    private async Task ServeAsync(HttpContext context)
    {
        var request = context.Request;
        var response = context.Response;
        _requests.Enqueue($"{request.Method} {request.Path} {request.Headers.Range}".TrimEnd());
        if (Latency > TimeSpan.Zero)
            await Task.Delay(Latency, context.RequestAborted);
        if (Status is { } status)
        {
            response.StatusCode = status;
            return;
        }

        if (Redirects && !request.Query.ContainsKey("again"))
        {
            response.Redirect($"{context.Features.Get<IHttpRequestFeature>()!.RawTarget}?again=1");
            return;
        }

        if (RefusesHead && HttpMethods.IsHead(request.Method))
        {
            response.StatusCode = 403;
            return;
        }

        var file = new FileInfo(Path.Combine(Root, request.Path.Value!.TrimStart('/')));
        if (!file.Exists)
        {
            response.StatusCode = 404;
            return;
        }

        await using var content = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var size = content.Length;
        var modified = File.GetLastWriteTimeUtc(content.SafeFileHandle);
        var tag = string.Create(CultureInfo.InvariantCulture, $"\"{modified.Ticks:x}-{size:x}\"");
        if (ETag != ETagKind.None)
            response.Headers.ETag = ETag == ETagKind.Weak ? "W/" + tag : tag;
        if (SendsLastModified)
            response.Headers.LastModified = modified.ToString("r", CultureInfo.InvariantCulture);
        if (HasRanges)
            response.Headers.AcceptRanges = "bytes";

        // Weak tags never match (RFC 9110 §13.1.1); dates count in whole seconds.
        if (HonoursPreconditions && request.Headers.IfMatch.Count > 0 && (ETag != ETagKind.Strong || request.Headers.IfMatch.ToString() != tag))
        {
            response.StatusCode = 412;
            return;
        }

        if (HonoursPreconditions && request.Headers.IfMatch.Count == 0 && request.GetTypedHeaders().IfUnmodifiedSince is { } since && modified.Ticks / TimeSpan.TicksPerSecond > since.UtcTicks / TimeSpan.TicksPerSecond)
        {
            response.StatusCode = 412;
            return;
        }

        var (start, end) = (0L, size);
        if (HasRanges && request.GetTypedHeaders().Range is { } asked)
        {
            var range = asked.Ranges.Single();
            (start, end) = range.From is { } from ? (from, Math.Min(size, (range.To ?? size - 1) + 1)) : (Math.Max(0, size - range.To!.Value), size);
            if (start >= size)
            {
                response.StatusCode = 416;
                response.Headers.ContentRange = $"bytes */{size}";
                return;
            }

            response.StatusCode = 206;
            response.Headers.ContentRange = $"bytes {start}-{end - 1}/{size}";
        }

        if (!HidesLength)
            response.ContentLength = end - start;
        if (HttpMethods.IsHead(request.Method))
            return;
        content.Position = start;
        var buffer = new byte[64 << 10];
        while (start < end && await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, end - start)), context.RequestAborted) is > 0 and var read)
        {
            await response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            start += read;
            Interlocked.Add(ref _bytesSent, read);
        }

        // A file that was cut meanwhile: no honest end is possible.
        if (start < end)
            context.Abort();
    }
}
