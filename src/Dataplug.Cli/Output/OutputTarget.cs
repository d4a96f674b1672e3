using System.IO.Pipelines;
using Dataplug.Storage;

namespace Dataplug.Cli.Output;

/// <summary>
/// Where <c>--out</c> points: standard output, a file that appears whole or not at all, or an object of any store that can be
/// written.
/// </summary>
internal static class OutputTarget
{
    /// <summary>Writes to the target. Where <paramref name="write"/> fails, a file or object is left as it was.</summary>
    public static async Task WriteAsync(string? target, Session session, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        if (target is null or "-")
        {
            await write(session.Terminal.Output, cancellationToken);
            return;
        }

        var uri = ObjectUri.Parse(target);
        if (uri.Scheme == "file")
            await WriteFileAsync(uri.Key, write, cancellationToken);
        else
            await WriteObjectAsync(uri, session.Stores.Get(uri), write, cancellationToken);
    }

    private static async Task WriteFileAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        // Through a link to the file behind it, so that the link stays one.
        var info = new FileInfo(path);
        if (info.LinkTarget is not null && info.ResolveLinkTarget(returnFinalTarget: true) is { } target)
            info = new FileInfo(target.FullName);
        if (Directory.Exists(info.FullName))
            throw new UsageException($"'{path}' is a folder; --out needs the name of a file");

        // A device or a named pipe can't be replaced by another file.
        if (info.Exists && (info.Attributes & FileAttributes.Device) != 0 || info.FullName.StartsWith("/dev/", StringComparison.Ordinal))
        {
            await using var device = new FileStream(info.FullName, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0, useAsync: true);
            await write(device, cancellationToken);
            return;
        }

        var temporary = Path.Combine(info.DirectoryName!, $".{info.Name}.{Guid.NewGuid():N}.tmp");
        try
        {
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16, useAsync: true))
                await write(file, cancellationToken);
            File.Move(temporary, info.FullName, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static async Task WriteObjectAsync(ObjectUri uri, IObjectStore store, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        if (uri.Key.Length == 0 || uri.Key.EndsWith('/'))
            throw new UsageException($"'{uri.Display}' names no object; --out needs bucket and key");
        if (!store.Capabilities.HasFlag(StoreCapabilities.Write))
            throw new UsageException($"objects of {uri.Scheme}:// can't be written");

        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, minimumSegmentSize: 1 << 16, useSynchronizationContext: false));
        var writing = WriteToPipeAsync();
        try
        {
            _ = await store.UploadAsync(uri, pipe.Reader.AsStream(), cancellationToken: cancellationToken);
        }
        finally
        {
            // A failed upload reads no more; the writer must not wait for it.
            await pipe.Reader.CompleteAsync();
            await writing;
        }

        async Task WriteToPipeAsync()
        {
            try
            {
                await write(pipe.Writer.AsStream(leaveOpen: true), cancellationToken);
                await pipe.Writer.CompleteAsync();
            }
            catch (Exception exception)
            {
                // The upload meets it when it reads, and throws away what it has.
                await pipe.Writer.CompleteAsync(exception);
            }
        }
    }
}
