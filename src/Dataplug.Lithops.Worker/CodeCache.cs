using System.Security.Cryptography;
using Dataplug.Lithops.Code;
using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Worker;

/// <summary>
/// The code of applications on this machine's disk, each file under the SHA-256 of its content, and the applications that are loaded
/// now. Files are checked against their names before they are used for the first time in a process.
/// </summary>
#pragma warning disable CA1001 // A semaphore without a wait handle holds nothing.
internal sealed class CodeCache(string folder)
#pragma warning restore CA1001
{
    private const int Parallelism = 4;
    private const int MostLoaded = 4;

    /// <summary>After how long without use files are deleted.</summary>
    public static readonly TimeSpan KeptUnused = TimeSpan.FromDays(30);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly List<(string Digest, ApplicationContext Context)> _loaded = [];

    /// <summary>A folder of the user's own.</summary>
    public static string DefaultFolder => Path.Combine(
        Environment.GetEnvironmentVariable("DATAPLUG_WORKER_CACHE") is { Length: > 0 } chosen
            ? chosen
            : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) is { Length: > 0 } local
                ? Path.Combine(local, "dataplug", "worker")
                : Path.Combine(Path.GetTempPath(), "dataplug-worker-" + Environment.UserName),
        "code");

    /// <summary>The application of a bundle, loaded.</summary>
    /// <exception cref="PayloadRefusedException">A file is not what the bundle says.</exception>
    /// <exception cref="FunctionNotFoundException">The application runs with another build of Dataplug than this worker.</exception>
    public async Task<ApplicationContext> LoadAsync(JobLayout layout, IObjectStore store, string digest, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_loaded.FindIndex(loaded => loaded.Digest == digest) is var at and >= 0)
            {
                var known = _loaded[at];
                _loaded.RemoveAt(at);
                _loaded.Add(known);
                return known.Context;
            }

            var json = await store.ReadVerifiedAsync(layout.Bundle(digest), digest, cancellationToken).ConfigureAwait(false);
            var bundle = ProtocolJson.Read(json, ProtocolJson.Default.CodeBundle, "bundle");
            RequireSameRuntime(bundle);
            var paths = new string[bundle.Files.Count];
            await Parallel.ForEachAsync(
                Enumerable.Range(0, paths.Length),
                new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
                async (i, cancelled) => paths[i] = await EnsureAsync(layout, store, bundle.Files[i], cancelled).ConfigureAwait(false)).ConfigureAwait(false);

            // The runtime lets go of an unloaded application when none of its code runs any more.
            while (_loaded.Count >= MostLoaded)
            {
                _loaded[0].Context.Unload();
                _loaded.RemoveAt(0);
            }

            var context = new ApplicationContext(digest, [.. bundle.Files.Zip(paths)]);
            _loaded.Add((digest, context));
            return context;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Files that go along with a job, on this machine.</summary>
    /// <returns>Their paths, by their names.</returns>
    /// <exception cref="PayloadRefusedException">A file is not what was signed.</exception>
    public async Task<IReadOnlyDictionary<string, string>> EnsureAsync(JobLayout layout, IObjectStore store, IReadOnlyList<JobFile> files, CancellationToken cancellationToken)
    {
        var paths = new Dictionary<string, string>(StringComparer.Ordinal);
        if (files.Count == 0)
            return paths;
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var file in files)
                paths[file.Name] = await EnsureAsync(layout, store, file, cancellationToken).ConfigureAwait(false);
            return paths;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Deletes what has not been used for long.</summary>
    /// <param name="now">The time, UTC.</param>
    public void Prune(DateTime now)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (var entry in Directory.EnumerateDirectories(folder))
        {
            try
            {
                if (now - Directory.GetLastWriteTimeUtc(entry) > KeptUnused)
                    Directory.Delete(entry, recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Another worker is at it, or uses it.
            }
        }
    }

    private static void RequireSameRuntime(CodeBundle bundle)
    {
        foreach (var (name, build) in CodeBundle.ThisRuntime)
        {
            if (bundle.Runtime.GetValueOrDefault(name) is var wanted && wanted != build)
                throw new FunctionNotFoundException(name, $"the application runs with build {wanted}, and this worker with build {build}", "Deploy the worker of the version that the application uses.");
        }
    }

    private async Task<string> EnsureAsync(JobLayout layout, IObjectStore store, CodeFile file, CancellationToken cancellationToken)
    {
        var (home, path) = PathOf(file.Name, file.Digest);
        if (File.Exists(path) && new FileInfo(path).Length == file.Size
            && JobLayout.Digest(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false)) == file.Digest)
        {
            Directory.SetLastWriteTimeUtc(home, DateTime.UtcNow);
            return path;
        }

        var content = await store.ReadVerifiedAsync(layout.Code(file.Digest), file.Digest, cancellationToken).ConfigureAwait(false);
        await PlaceAsync(home, path, temporary => File.WriteAllBytesAsync(temporary, content, cancellationToken)).ConfigureAwait(false);
        return path;
    }

    /// <summary>The same for a file of a job, which may be larger than memory. Checked against its name when it is fetched; afterwards by its
    /// size, for the folder is the user's own.</summary>
    private async Task<string> EnsureAsync(JobLayout layout, IObjectStore store, JobFile file, CancellationToken cancellationToken)
    {
        var (home, path) = PathOf(file.Name, file.Digest);
        if (File.Exists(path) && new FileInfo(path).Length == file.Size)
        {
            Directory.SetLastWriteTimeUtc(home, DateTime.UtcNow);
            return path;
        }

        await PlaceAsync(home, path, temporary => DownloadAsync(store, layout.Code(file.Digest), file, temporary, cancellationToken)).ConfigureAwait(false);
        return path;
    }

    /// <summary>Puts a file where it belongs, whole or not at all.</summary>
    private static async Task PlaceAsync(string home, string path, Func<string, Task> write)
    {
        CreateForUser(home);
        var temporary = Path.Combine(home, Guid.NewGuid().ToString("N") + ".tmp");
        try
        {
            await write(temporary).ConfigureAwait(false);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static async Task DownloadAsync(IObjectStore store, ObjectUri uri, JobFile file, string path, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            var read = await store.OpenReadAsync(uri, new ReadRequest(ReadRange.All), cancellationToken).ConfigureAwait(false);
            await using var closing = read.ConfigureAwait(false);
            var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
            await using var closingTarget = target.ConfigureAwait(false);
            var buffer = new byte[1 << 18];
            for (int n; (n = await read.Content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                hash.AppendData(buffer, 0, n);
                await target.WriteAsync(buffer.AsMemory(0, n), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (ObjectNotFoundException exception)
        {
            throw new PayloadRefusedException(uri.Display, $"the job's file '{file.Name}' is gone", "Don't clean the storage of jobs that run.", innerException: exception);
        }

        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != file.Digest)
            throw new PayloadRefusedException(uri.Display, $"the content of the job's file '{file.Name}' is not what was signed: its SHA-256 is not {file.Digest}");
    }

    private (string Home, string Path) PathOf(string name, string digest)
    {
        if (name != Path.GetFileName(name) || name is "" or "." or ".." || digest.Length != 64 || !digest.All(char.IsAsciiHexDigitLower))
            throw new PayloadRefusedException(name, "this is no file of a bundle or job");
        var home = Path.Combine(folder, digest);
        return (home, Path.Combine(home, name));
    }

    private static void CreateForUser(string path)
    {
        // Whoever could write here could put code into the next worker between its check and its use.
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
