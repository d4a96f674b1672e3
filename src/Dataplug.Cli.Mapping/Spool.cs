using System.Buffers;

namespace Dataplug.Cli.Mapping;

/// <summary>Keeps an output until its turn comes: in memory while there is some, in a temporary file beyond.</summary>
internal sealed class Spool(SpoolMemory memory) : IAsyncDisposable
{
    private const int BlockSize = 1 << 16;

    private readonly List<(byte[] Bytes, int Length)> _blocks = [];
    private FileStream? _file;

    /// <summary>Takes everything up to the end of a stream.</summary>
    public async Task FillFromAsync(Stream source, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_file is null && !memory.TryTake(BlockSize))
                _file = CreateFile();
            if (_file is not null)
            {
                await source.CopyToAsync(_file, BlockSize, cancellationToken);
                return;
            }

            var block = ArrayPool<byte>.Shared.Rent(BlockSize);
            // Pipes give little at a time; blocks are filled, or many short outputs would take much memory.
            var length = await source.ReadAtLeastAsync(block.AsMemory(0, BlockSize), BlockSize, throwOnEndOfStream: false, cancellationToken);
            if (length == 0)
            {
                ArrayPool<byte>.Shared.Return(block);
                memory.GiveBack(BlockSize);
                return;
            }

            _blocks.Add((block, length));
            if (length < BlockSize)
                return;
        }
    }

    /// <summary>Writes what was taken.</summary>
    public async Task WriteToAsync(Stream destination, CancellationToken cancellationToken)
    {
        foreach (var (bytes, length) in _blocks)
            await destination.WriteAsync(bytes.AsMemory(0, length), cancellationToken);
        if (_file is not null)
        {
            _file.Position = 0;
            await _file.CopyToAsync(destination, BlockSize, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (bytes, _) in _blocks)
        {
            ArrayPool<byte>.Shared.Return(bytes);
            memory.GiveBack(BlockSize);
        }

        _blocks.Clear();
        if (_file is not null)
            await _file.DisposeAsync();
    }

    private static FileStream CreateFile()
    {
        var path = Path.Combine(Path.GetTempPath(), $"dataplug-{Guid.NewGuid():N}.tmp");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(path, options);
        // Without a name nothing is left, even after a kill. Windows deletes it at close.
        if (!OperatingSystem.IsWindows())
            File.Delete(path);
        return file;
    }
}
