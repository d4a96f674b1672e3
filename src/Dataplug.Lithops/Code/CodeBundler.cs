using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Security.Cryptography;
using System.Text.Json;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Code;

/// <summary>
/// Puts what a function needs into storage, once: its assembly and all that this one refers to, directly or not, except what every
/// worker has, and the native libraries for this platform beside it.
/// </summary>
internal sealed class CodeBundler(ObjectStores stores, JobLayout layout)
{
    private const int Parallelism = 4;

    private static readonly string Framework = Path.GetDirectoryName(typeof(object).Assembly.Location) ?? "";

    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _bundles = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _functions = new(StringComparer.Ordinal);

    /// <summary>Uploads what isn't there yet.</summary>
    /// <returns>The digests that an invocation names them by.</returns>
    /// <exception cref="FunctionNotShippableException">An assembly is in no file.</exception>
    public async Task<(string Bundle, string Function)> UploadAsync(FunctionReference function, CancellationToken cancellationToken)
    {
        var assemblies = function.Assemblies ?? throw new ArgumentException("The reference came from elsewhere.", nameof(function));
        var key = string.Join('\n', assemblies.Select(assembly => assembly.FullName).Order(StringComparer.Ordinal));

        // Jobs share one upload, which outlives the cancellation of the job that began it; a failed one is not kept.
        var upload = _bundles.GetOrAdd(key, _ => new Lazy<Task<string>>(() => UploadAsync(function.DisplayName, assemblies)));
        string bundle;
        try
        {
            bundle = await upload.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch when (upload.Value.IsFaulted)
        {
            _bundles.TryRemove(KeyValuePair.Create(key, upload));
            throw;
        }

        var json = function.ToJson();
        var digest = JobLayout.Digest(json);
        if (!_functions.ContainsKey(digest))
        {
            await stores.Get(layout.Root).TryCreateAsync(layout.Function(digest), json, cancellationToken).ConfigureAwait(false);
            _functions.TryAdd(digest, 0);
        }

        return (bundle, digest);
    }

    /// <summary>Uploads files that go along with a job, unless they are there.</summary>
    public async Task<IReadOnlyList<JobFile>> UploadFilesAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var files = new JobFile[paths.Count];
        for (var i = 0; i < files.Length; i++)
        {
            var content = new FileStream(paths[i], FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
            await using var closing = content.ConfigureAwait(false);
            var digest = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken).ConfigureAwait(false));
            files[i] = new JobFile(Path.GetFileName(paths[i]), digest, content.Length);
            var (store, uri) = (stores.Get(layout.Root), layout.Code(digest));
            if (await store.ExistsAsync(uri, cancellationToken).ConfigureAwait(false))
                continue;
            content.Position = 0;
            await store.UploadAsync(uri, content, PutOptions.Overwrite, cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        return files;
    }

    /// <summary>The files of a function's application: their paths, and the assemblies' names.</summary>
    /// <exception cref="FunctionNotShippableException">An assembly is in no file.</exception>
    internal static IReadOnlyList<(string Path, string? Assembly)> FilesOf(string function, IEnumerable<Assembly> assemblies)
    {
        var files = new SortedDictionary<string, (string Path, string? Assembly)>(StringComparer.Ordinal);
        var loaded = AppDomain.CurrentDomain.GetAssemblies().Where(assembly => !assembly.IsDynamic && assembly.Location.Length > 0)
            .ToLookup(assembly => assembly.GetName().Name!, StringComparer.Ordinal);
        var pending = new Stack<Assembly>();
        foreach (var assembly in assemblies)
        {
            if (assembly.IsDynamic || assembly.Location.Length == 0)
                throw new FunctionNotShippableException(function, $"assembly {assembly.GetName().Name} is in no file of its own", "Don't publish the application as a single file.");
            Take(assembly);
        }

        while (pending.TryPop(out var next))
        {
            foreach (var reference in next.GetReferencedAssemblies())
            {
                if (!files.ContainsKey(reference.Name! + ".dll") && !CodeBundle.ThisRuntime.ContainsKey(reference.Name!) && Find(reference, next) is { } found)
                    Take(found);
            }
        }

        var folders = files.Values.Select(file => Path.GetDirectoryName(file.Path)!).ToHashSet(StringComparer.Ordinal);
        foreach (var native in folders.Select(folder => Path.Combine(folder, "runtimes", RuntimeInformation.RuntimeIdentifier, "native")).Where(Directory.Exists).SelectMany(Directory.EnumerateFiles))
            files.TryAdd(Path.GetFileName(native), (native, null));
        return [.. files.Values];

        void Take(Assembly assembly)
        {
            var name = assembly.GetName().Name!;
            if (Path.GetDirectoryName(assembly.Location) == Framework || CodeBundle.ThisRuntime.ContainsKey(name) || !files.TryAdd(name + ".dll", (assembly.Location, name)))
                return;
            pending.Push(assembly);
        }

        Assembly? Find(AssemblyName reference, Assembly referring)
        {
            if (File.Exists(Path.Combine(Framework, reference.Name + ".dll")))
                return null;
            var context = AssemblyLoadContext.GetLoadContext(referring);
            var candidates = loaded[reference.Name!];
            if ((candidates.FirstOrDefault(assembly => AssemblyLoadContext.GetLoadContext(assembly) == context) ?? candidates.FirstOrDefault()) is { } there)
                return there;
            try
            {
                return context?.LoadFromAssemblyName(reference);
            }
            catch (Exception exception) when (exception is IOException or BadImageFormatException)
            {
                // A reference that this process could not follow either: code that is never reached.
                return null;
            }
        }
    }

    private async Task<string> UploadAsync(string function, IReadOnlyCollection<Assembly> assemblies)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var store = stores.Get(layout.Root);
        var paths = FilesOf(function, assemblies);
        var files = new CodeFile[paths.Count];
        await Parallel.ForEachAsync(Enumerable.Range(0, files.Length), new ParallelOptions { MaxDegreeOfParallelism = Parallelism }, async (i, cancelled) =>
        {
            var (path, assembly) = paths[i];
            var content = await File.ReadAllBytesAsync(path, cancelled).ConfigureAwait(false);
            files[i] = new CodeFile(Path.GetFileName(path), JobLayout.Digest(content), content.Length, assembly);
            var uri = layout.Code(files[i].Digest);
            if (!await store.ExistsAsync(uri, cancelled).ConfigureAwait(false))
                await store.TryCreateAsync(uri, content, cancelled).ConfigureAwait(false);
        }).ConfigureAwait(false);

        var json = JsonSerializer.SerializeToUtf8Bytes(new CodeBundle { Files = files, Runtime = CodeBundle.ThisRuntime }, ProtocolJson.Default.CodeBundle);
        var digest = JobLayout.Digest(json);
        await store.TryCreateAsync(layout.Bundle(digest), json, CancellationToken.None).ConfigureAwait(false);
        return digest;
    }
}
