using System.IO.Compression;
using System.IO.Pipelines;

namespace Dataplug.Formats.Imzml;

/// <summary>A slice as a ZIP archive that is made while it is read.</summary>
internal sealed class ImzmlArchiveStream : Stream
{
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly CancellationTokenSource _stop = new();
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 4 << 20, resumeWriterThreshold: 2 << 20, useSynchronizationContext: false));
    private readonly Stream _content;
    private readonly Task _writing;
    private bool _disposed;

    public ImzmlArchiveStream(ImzmlSlice slice)
    {
        _content = _pipe.Reader.AsStream();
        _writing = Task.Run(() => WriteAsync(slice, _stop.Token));
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => _content.Read(buffer, offset, count);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _content.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => _content.ReadAsync(buffer, offset, count, cancellationToken);

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await _stop.CancelAsync().ConfigureAwait(false);
            await _content.DisposeAsync().ConfigureAwait(false);
            await _writing.ConfigureAwait(false);
            _stop.Dispose();
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _stop.Cancel();
            _content.Dispose();
            _stop.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task WriteAsync(ImzmlSlice slice, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            var writer = new ImzmlWriter(slice);
            var name = Path.GetFileNameWithoutExtension(slice.Source.Uri.Name);
            var target = _pipe.Writer.AsStream(leaveOpen: true);
            var archive = await ZipArchive.CreateAsync(target, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken).ConfigureAwait(false);
            await using (archive.ConfigureAwait(false))
            {
                await WriteEntryAsync(archive, name + ".ibd", NoteFailure(writer.WriteIbdAsync), cancellationToken).ConfigureAwait(false);
                await WriteEntryAsync(archive, name + ".imzML", NoteFailure(writer.WriteDocumentAsync), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception thrown)
        {
            // Whoever reads gets it: not what an archive says that ends in the middle of an entry.
            failure ??= thrown;
        }

        await _pipe.Writer.CompleteAsync(failure).ConfigureAwait(false);

        Func<Stream, CancellationToken, Task> NoteFailure(Func<Stream, CancellationToken, Task> write) => async (stream, cancelled) =>
        {
            try
            {
                await write(stream, cancelled).ConfigureAwait(false);
            }
            catch (Exception thrown)
            {
                failure = thrown;
                throw;
            }
        };
    }

    private static async Task WriteEntryAsync(ZipArchive archive, string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        var entry = archive.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = NoTime;
        var stream = await entry.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var buffered = new BufferedStream(stream, 1 << 17);
            await using (buffered.ConfigureAwait(false))
                await write(buffered, cancellationToken).ConfigureAwait(false);
        }
    }
}
