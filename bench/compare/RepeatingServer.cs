using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dataplug.Compare;

/// <summary>A web server of objects larger than any disk: a beginning, a piece over and over, and an end.</summary>
internal sealed class RepeatingServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Dictionary<string, Content> _contents = [];

    private RepeatingServer(WebApplication application) => _application = application;

    private sealed record Content(byte[] Head, byte[] Piece, long Repeats, byte[] Tail)
    {
        public long Size => Head.Length + (Piece.Length * Repeats) + Tail.Length;

        /// <summary>The bytes at a place, as many as come in one run.</summary>
        public ReadOnlyMemory<byte> At(long offset)
        {
            if (offset < Head.Length)
                return Head.AsMemory((int)offset);
            offset -= Head.Length;
            return offset < Piece.Length * Repeats ? Piece.AsMemory((int)(offset % Piece.Length)) : Tail.AsMemory((int)(offset - (Piece.Length * Repeats)));
        }
    }

    public static async Task<RepeatingServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        var server = new RepeatingServer(application);
        application.Run(server.ServeAsync);
        await application.StartAsync();
        return server;
    }

    /// <summary>Adds an object of at least a size.</summary>
    /// <returns>Its URL and its size.</returns>
    public (string Url, long Size) Add(string name, byte[] head, byte[] unit, byte[] tail, long leastSize)
    {
        // Pieces of about a megabyte cost few writes.
        var piece = Enumerable.Repeat(unit, Math.Max(1, (1 << 20) / unit.Length)).SelectMany(bytes => bytes).ToArray();
        var content = new Content(head, piece, (leastSize / piece.Length) + 1, tail);
        _contents["/" + name] = content;
        return ($"{_application.Urls.First()}/{name}", content.Size);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task ServeAsync(HttpContext context)
    {
        if (!_contents.TryGetValue(context.Request.Path.Value!, out var content))
        {
            context.Response.StatusCode = 404;
            return;
        }

        context.Response.Headers.ETag = "\"1\"";
        context.Response.Headers.AcceptRanges = "bytes";
        var (start, end) = (0L, content.Size);
        if (context.Request.GetTypedHeaders().Range is { } asked)
        {
            var range = asked.Ranges.Single();
            (start, end) = range.From is { } from ? (from, Math.Min(content.Size, (range.To ?? content.Size - 1) + 1)) : (content.Size - range.To!.Value, content.Size);
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {start}-{end - 1}/{content.Size}");
        }

        context.Response.ContentLength = end - start;
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        while (start < end)
        {
            var run = content.At(start);
            run = run[..(int)Math.Min(run.Length, end - start)];
            await context.Response.Body.WriteAsync(run, context.RequestAborted);
            start += run.Length;
        }
    }
}
