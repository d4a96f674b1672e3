using System.Globalization;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Dataplug.Storage;

/// <summary>
/// Local files as objects. The ETag is made of size, modification time and inode; writes are atomic (a hidden file in the
/// same directory, then a rename), and conditional writes are free of races between all processes that use this store.
/// </summary>
/// <remarks>
/// Directories are no objects; they are made as needed by writes. Pipes and devices are refused. Listings follow links to
/// files, not links to directories, which could form circles. Names that begin with <c>.dataplug~</c> are the store's own.
/// Writes are visible at once but not forced to the disk.
/// </remarks>
public sealed class FileStore : IObjectStore
{
    internal const string HiddenPrefix = ".dataplug~";
    private const int CopyBufferSize = 1 << 20;

    /// <inheritdoc/>
    public StoreCapabilities Capabilities => StoreCapabilities.Write | StoreCapabilities.ConditionalWrite | StoreCapabilities.List;

    /// <inheritdoc/>
    public Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default) => Guard(uri, () =>
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Describe(uri, Existing(uri), withMetadata: true));
    });

    /// <inheritdoc/>
    public Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default) => Guard(uri, () =>
    {
        cancellationToken.ThrowIfCancellationRequested();

        // Looked at before it is opened: opening a pipe would wait for a writer.
        _ = Existing(uri);
        var handle = File.OpenHandle(uri.Key, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
        try
        {
            var version = FileVersion.Of(handle);
            RequireRegular(uri, version);
            if (request.IfMatch is { } expected && expected != version.ETag)
                throw new StaleIndexException(uri.Display, $"the file has changed: its ETag is {version.ETag}, not {expected}");
            var range = request.Range.Resolve(version.Size, uri);
            return Task.FromResult(new ObjectRead(Describe(uri, version, withMetadata: true), range, new FileReadStream(handle, version, range, uri.Display)));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    });

    /// <inheritdoc/>
    public Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default) => Guard(uri, async () =>
    {
        var metadata = Metadata(options);
        var target = Target(uri);
        var temporary = NewTemporary(target, out var handle);
        try
        {
            using (handle)
                await RandomAccess.WriteAsync(handle, content, 0, cancellationToken).ConfigureAwait(false);
            return await CommitAsync(uri, target, temporary, options, metadata, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    });

    /// <inheritdoc/>
    public Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default) => Guard(uri, () =>
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<IMultipartUpload>(new FileMultipartUpload(uri, Target(uri), options, Metadata(options)));
    });

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);

        // All keys with the prefix lie in the directory that the prefix names up to its last slash.
        var slash = prefix.Key.LastIndexOf('/') + 1;
        var pending = new Stack<IEnumerator<(string Path, bool IsDirectory)>>();
        pending.Push(Entries(prefix, prefix.Key[..slash], prefix.Key[slash..]).GetEnumerator());
        while (pending.TryPeek(out var entries))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!entries.MoveNext())
            {
                pending.Pop().Dispose();
            }
            else if (entries.Current.IsDirectory)
            {
                pending.Push(Entries(prefix, entries.Current.Path + "/", "").GetEnumerator());
            }
            else if (await Guard(prefix, () => Task.FromResult(FileVersion.Of(entries.Current.Path))).ConfigureAwait(false) is { Kind: FileKind.Regular } version)
            {
                yield return Describe(ObjectUri.ForFile(entries.Current.Path), version, withMetadata: false);
            }
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uris);
        foreach (var uri in uris)
        {
            await Guard(uri, async () =>
            {
                RequireName(uri);
                if (FileVersion.Of(uri.Key) is null && !Path.Exists(uri.Key))
                    return false;
                using var writer = await FileLock.AcquireAsync(uri.Key, uri.Display, cancellationToken).ConfigureAwait(false);
                if (FileVersion.Of(uri.Key) is not { } version)
                    return false;
                RequireRegular(uri, version);
                File.Delete(uri.Key);
                File.Delete(FileMetadata.PathFor(uri.Key, version));
                return true;
            }).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var read = await OpenReadAsync(source, new ReadRequest(ReadRange.All), cancellationToken).ConfigureAwait(false);
        await using (read.ConfigureAwait(false))
        {
            return await Guard(destination, async () =>
            {
                var given = Metadata(options);
                var metadata = new FileMetadata
                {
                    ContentType = given.ContentType ?? read.Info.ContentType,
                    UserMetadata = options.UserMetadata is null ? read.Info.UserMetadata : given.UserMetadata,
                };
                var target = Target(destination);
                var temporary = NewTemporary(target, out var handle);
                try
                {
                    var output = new FileStream(handle, FileAccess.Write, bufferSize: 0, isAsync: handle.IsAsync);
                    await using (output.ConfigureAwait(false))
                        await read.Content.CopyToAsync(output, CopyBufferSize, cancellationToken).ConfigureAwait(false);
                    return await CommitAsync(destination, target, temporary, options, metadata, cancellationToken).ConfigureAwait(false);
                }
                catch
                {
                    File.Delete(temporary);
                    throw;
                }
            }).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    /// <remarks>The container of <c>/a/b/</c> is that directory, the container of <c>/a/b/c</c> is <c>/a/b</c>.</remarks>
    public Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default) => Guard(uri, () =>
    {
        var directory = Path.GetDirectoryName(uri.Key) ?? "/";
        if (Directory.Exists(directory))
            return Task.FromResult(false);
        Directory.CreateDirectory(directory);
        return Task.FromResult(true);
    });

    /// <inheritdoc/>
    public Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Files have no URLs that others could read.");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    /// <summary>A name in the same directory that listings leave out.</summary>
    internal static string HiddenBeside(string path, string name) => Path.Combine(Path.GetDirectoryName(path) ?? "/", HiddenPrefix + name);

    /// <summary>A short stand-in for a file's name, which may itself be as long as a name can be.</summary>
    internal static string NameHash(string path) => Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(Path.GetFileName(path))));

    /// <summary>Runs an operation and translates what the file system throws.</summary>
    internal static async Task<T> Guard<T>(ObjectUri uri, Func<Task<T>> operation)
    {
        ArgumentNullException.ThrowIfNull(uri);
        try
        {
            return await operation().ConfigureAwait(false);
        }
        catch (Exception exception) when (FileFaults.Applies(exception))
        {
            throw FileFaults.Translate(exception, uri.Display);
        }
    }

    /// <summary>A new hidden file in the directory of <paramref name="target"/>, which is made where it is missing.</summary>
    internal static string NewTemporary(string target, out SafeFileHandle handle)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target) ?? "/");
        var path = HiddenBeside(target, Guid.NewGuid().ToString("N") + ".tmp");
        handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, FileOptions.Asynchronous);
        return path;
    }

    /// <summary>Puts a finished file in its place if the conditions hold; all writers of one path pass through here one by one.</summary>
    internal static async Task<ObjectInfo> CommitAsync(
        ObjectUri uri, string target, string temporary, PutOptions options, FileMetadata metadata, CancellationToken cancellationToken)
    {
        using var writer = await FileLock.AcquireAsync(target, uri.Display, cancellationToken).ConfigureAwait(false);
        var present = FileVersion.Of(target);
        if (present is { } old)
        {
            RequireRegular(uri, old);
            if (options.IfAbsent)
                throw new PreconditionFailedException(uri.Display, "there is a file already");
        }

        if (options.IfMatch is { } expected && present?.ETag != expected)
            throw new PreconditionFailedException(uri.Display, $"the ETag is {present?.ETag ?? "that of no file"}, not {expected}");

        // File systems stamp with the tick of the kernel's clock, milliseconds long: two versions written within one would
        // look alike when they are of one size and the inode is used again. Our own stamps are finer, and never the same.
        var stamp = DateTime.UtcNow;
        if (present is { } former && former.LastModified.UtcDateTime is var last && stamp <= last && last - stamp < TimeSpan.FromSeconds(1))
            stamp = last.AddTicks(1);
        File.SetLastWriteTimeUtc(temporary, stamp);
        var version = FileVersion.Of(temporary) ?? throw new FileNotFoundException("the temporary file is gone", temporary);
        metadata.Save(target, version);
        try
        {
            // Without overwriting, the move is link(2) and unlink(2): it fails where anyone else's file has come up.
            File.Move(temporary, target, overwrite: !options.IfAbsent);
        }
        catch (IOException exception)
        {
            if (!metadata.IsEmpty)
                File.Delete(FileMetadata.PathFor(target, version));
            if (options.IfAbsent && File.Exists(target))
                throw new PreconditionFailedException(uri.Display, "there is a file already", innerException: exception);
            throw;
        }

        if (present is { } replaced && FileMetadata.PathFor(target, replaced) is var sidecar && sidecar != FileMetadata.PathFor(target, version))
            File.Delete(sidecar);
        return Describe(uri, version, metadata);
    }

    private static FileMetadata Metadata(PutOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new FileMetadata { ContentType = options.ContentType, UserMetadata = options.Validate() };
    }

    private static ObjectInfo Describe(ObjectUri uri, FileVersion version, bool withMetadata) =>
        Describe(uri, version, withMetadata ? FileMetadata.Load(uri.Key, version, uri.Display) : FileMetadata.None);

    private static ObjectInfo Describe(ObjectUri uri, FileVersion version, FileMetadata metadata) => new()
    {
        Uri = uri,
        Size = version.Size,
        ETag = version.ETag,
        LastModified = version.LastModified,
        ContentType = metadata.ContentType,
        UserMetadata = metadata.UserMetadata,
    };

    private static FileVersion Existing(ObjectUri uri)
    {
        RequireName(uri);
        var version = FileVersion.Of(uri.Key) ?? throw new ObjectNotFoundException(uri.Display, "there is no such file", "Check the path.");
        RequireRegular(uri, version);
        return version;
    }

    private static void RequireName(ObjectUri uri)
    {
        if (Path.GetFileName(uri.Key).StartsWith(HiddenPrefix, StringComparison.Ordinal))
            throw new InvalidUriException(uri.Display, $"names that begin with {HiddenPrefix} are kept for the store itself", "Choose another name.");
    }

    private static void RequireRegular(ObjectUri uri, FileVersion version)
    {
        if (version.Kind == FileKind.Directory)
            throw new ObjectNotFoundException(uri.Display, "this is a directory, not a file", "Name a file in it.");
        if (version.Kind == FileKind.Special)
            throw new InvalidUriException(uri.Display, "this is a pipe, socket or device, which can't be read in ranges", "Write its bytes to a file first.");
    }

    /// <summary>The path to write to: links are written through, not replaced.</summary>
    private static string Target(ObjectUri uri)
    {
        RequireName(uri);
        if (Path.GetFileName(uri.Key).Length == 0)
            throw new InvalidUriException(uri.Display, "the path names a directory, not a file", "Name a file in it.");
        var file = new FileInfo(uri.Key);
        return file.LinkTarget is null ? uri.Key : file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? uri.Key;
    }

    /// <summary>The entries of a directory in the order of the keys below them, which are those of files and of directories
    /// with a slash at the end.</summary>
    private static IEnumerable<(string Path, bool IsDirectory)> Entries(ObjectUri prefix, string directory, string namePrefix)
    {
        var entries = new List<(string Name, bool IsDirectory)>();
        try
        {
            foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
            {
                if (!entry.Name.StartsWith(namePrefix, StringComparison.Ordinal) || entry.Name.StartsWith(HiddenPrefix, StringComparison.Ordinal))
                    continue;
                var isDirectory = (entry.Attributes & FileAttributes.Directory) != 0;
                if (!isDirectory)
                    entries.Add((entry.Name, false));
                else if (entry.LinkTarget is null)
                    entries.Add((entry.Name + "/", true));
            }
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception exception) when (FileFaults.Applies(exception))
        {
            throw FileFaults.Translate(exception, prefix.Display);
        }

        entries.Sort((a, b) => KeyOrder.Compare(a.Name, b.Name));
        return entries.Select(entry => (directory + entry.Name.TrimEnd('/'), entry.IsDirectory));
    }
}
