using System.Runtime.CompilerServices;
using Dataplug.Storage;

namespace Dataplug.Lithops;

/// <summary>
/// Objects by key below one location: a folder, a bucket of S3, a container of Azure Blob Storage, a bucket on a Redis server. Which one
/// is configuration; the program stays the same. Safe to use from many threads.
/// </summary>
/// <remarks>
/// <para>Keys are names between single slashes, such as <c>runs/1/part-07</c>, that every store can hold; others are refused. On
/// files a key can't be both an object and the beginning of others' keys (<c>a</c> and <c>a/b</c>).</para>
/// <para>Requests are retried, reads resumed, and writes seen wholly or not at all, as in <see cref="ResilientStore"/>. Failures are
/// those of <see cref="IObjectStore"/>.</para>
/// </remarks>
public sealed class Storage : IAsyncDisposable
{
    private readonly IObjectStore _store;
    private readonly bool _ownsStores;

    private Storage(ObjectUri location, ObjectStores stores, bool ownsStores, IObjectStore store)
    {
        Location = location;
        Stores = stores;
        _ownsStores = ownsStores;
        _store = store;
    }

    /// <summary>Where the objects are; its key ends with a slash, or is empty for a whole bucket.</summary>
    public ObjectUri Location { get; }

    /// <summary>The stores that it works with, for objects elsewhere.</summary>
    public ObjectStores Stores { get; }

    /// <summary>Opens the configured storage. Nothing is sent yet.</summary>
    /// <param name="options">What counts before environment and configuration file; null for nothing.</param>
    /// <exception cref="ConfigurationException">An option, variable or file says what can't be used.</exception>
    public static Storage Open(StorageOptions? options = null)
    {
        var complete = (options ?? new StorageOptions()).Over(StorageOptions.Load());
        var location = ParseLocation(complete);
        var stores = complete.Stores ?? complete.CreateStores();
        try
        {
            return new Storage(location, stores, complete.Stores is null, stores.Get(location));
        }
        catch (InvalidUriException exception)
        {
            throw Refused(complete, exception);
        }
    }

    /// <summary>The whole name of an object.</summary>
    /// <exception cref="InvalidUriException">The key is not one that every store can hold.</exception>
    public ObjectUri UriOf(string key)
    {
        StorageKey.Require(Location, key);
        return Location.WithKey(Location.Key + key);
    }

    /// <summary>Makes the bucket or folder of the location where it is missing; true when it was made now.</summary>
    public Task<bool> CreateContainerAsync(CancellationToken cancellationToken = default) => _store.CreateContainerAsync(Location, cancellationToken);

    /// <summary>Writes an object.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="options">Conditions and metadata; null to overwrite.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <exception cref="PreconditionFailedException">The condition does not hold.</exception>
    public Task<ObjectInfo> PutAsync(string key, ReadOnlyMemory<byte> content, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        _store.PutAsync(UriOf(key), content, options ?? PutOptions.Overwrite, cancellationToken);

    /// <summary>Writes a stream of any length, in parts where it is long.</summary>
    /// <param name="key">The object's key.</param>
    /// <param name="content">The bytes, to the end of the stream; not disposed.</param>
    /// <param name="options">Conditions and metadata; null to overwrite.</param>
    /// <param name="cancellationToken">Cancels the upload.</param>
    /// <exception cref="PreconditionFailedException">The condition does not hold.</exception>
    public Task<ObjectInfo> PutAsync(string key, Stream content, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        _store.UploadAsync(UriOf(key), content, options, null, cancellationToken);

    /// <summary>Reads a whole object.</summary>
    /// <exception cref="ObjectNotFoundException">There is none.</exception>
    public Task<byte[]> GetAsync(string key, CancellationToken cancellationToken = default) => GetAsync(key, ReadRange.All, cancellationToken);

    /// <summary>Reads a part of an object; shorter than asked for where it runs over the end.</summary>
    /// <exception cref="ObjectNotFoundException">There is none.</exception>
    /// <exception cref="RangeNotSatisfiableException">The part begins past the end.</exception>
    public async Task<byte[]> GetAsync(string key, ReadRange range, CancellationToken cancellationToken = default)
    {
        var read = await _store.OpenReadAsync(UriOf(key), new ReadRequest(range), cancellationToken).ConfigureAwait(false);
        await using (read.ConfigureAwait(false))
        {
            if (read.Range.Length > Array.MaxLength)
                throw new StorageException(read.Info.Uri.Display, $"{read.Range.Length} bytes are more than an array holds", "Read it as a stream.");
            var bytes = GC.AllocateUninitializedArray<byte>((int)read.Range.Length);
            await read.Content.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
            return bytes;
        }
    }

    /// <summary>Reads many ranges of one version of an object with few requests; the answers are in the order of the ranges.</summary>
    /// <exception cref="RangeNotSatisfiableException">A range runs over the end.</exception>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> GetManyAsync(string key, IReadOnlyList<ByteRange> ranges, CancellationToken cancellationToken = default) =>
        await (await PinAsync(key, cancellationToken).ConfigureAwait(false)).ReadManyAsync(ranges, cancellationToken).ConfigureAwait(false);

    /// <summary>A forward-only stream over one version of an object, read ahead of its reader where a network lies between.</summary>
    /// <exception cref="ObjectNotFoundException">There is none.</exception>
    public async Task<Stream> OpenReadAsync(string key, CancellationToken cancellationToken = default)
    {
        var pinned = await PinAsync(key, cancellationToken).ConfigureAwait(false);
        return pinned.OpenRead(new ByteRange(0, pinned.Size), ReadAheadOptions.Default);
    }

    /// <summary>Asks for an object's size, ETag and metadata.</summary>
    /// <exception cref="ObjectNotFoundException">There is none.</exception>
    public Task<ObjectInfo> HeadAsync(string key, CancellationToken cancellationToken = default) => _store.HeadAsync(UriOf(key), cancellationToken);

    /// <summary>Whether there is such an object.</summary>
    public Task<bool> ExistsAsync(string key, CancellationToken cancellationToken = default) => _store.ExistsAsync(UriOf(key), cancellationToken);

    /// <summary>Lists the objects whose keys begin with a prefix, in the order of the keys' bytes, page by page.</summary>
    public async IAsyncEnumerable<StorageItem> ListAsync(string prefix = "", [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var info in _store.ListAsync(UriOfPrefix(prefix), cancellationToken).ConfigureAwait(false))
            yield return new StorageItem(info.Uri.Key[Location.Key.Length..], info);
    }

    /// <summary>Deletes an object; none is no error.</summary>
    public Task DeleteAsync(string key, CancellationToken cancellationToken = default) => _store.DeleteAsync([UriOf(key)], cancellationToken);

    /// <summary>Deletes objects; those that are not there are no error.</summary>
    public Task DeleteAsync(IEnumerable<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return _store.DeleteAsync([.. keys.Select(UriOf)], cancellationToken);
    }

    /// <summary>Deletes all objects whose keys begin with a prefix, and says how many. What is written meanwhile may stay.</summary>
    public Task<long> DeleteAllAsync(string prefix, CancellationToken cancellationToken = default) => _store.DeleteAllAsync(UriOfPrefix(prefix), cancellationToken);

    /// <summary>Copies an object with its metadata, inside the store where that can do it.</summary>
    /// <exception cref="ObjectNotFoundException">There is no source.</exception>
    public Task<ObjectInfo> CopyAsync(string source, string destination, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        _store.CopyAsync(UriOf(source), UriOf(destination), options ?? PutOptions.Overwrite, cancellationToken);

    /// <summary>Writes a file to an object, in parts where it is long.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">The object's key.</param>
    /// <param name="options">Conditions and metadata; null to overwrite.</param>
    /// <param name="upload">Part size and parallelism; null for the default.</param>
    /// <param name="cancellationToken">Cancels the upload.</param>
    /// <exception cref="ObjectNotFoundException">There is no such file.</exception>
    /// <exception cref="StaleIndexException">The file was changed while it was read; nothing is written.</exception>
    public async Task<ObjectInfo> UploadFileAsync(string path, string key, PutOptions? options = null, UploadOptions? upload = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var destination = UriOf(key);
        var files = new FileStore();
        var file = new PinnedObject(files, await files.HeadAsync(ObjectUri.ForFile(path), cancellationToken).ConfigureAwait(false));

        // A part holds a ten-thousandth of the file at least, for that many parts are the most that stores take.
        upload ??= UploadOptions.Default;
        upload = upload with { PartSize = (int)Math.Min(1 << 30, Math.Max(upload.PartSize, file.Size / 9_999)) };
        var content = file.OpenRead(new ByteRange(0, file.Size));
        await using (content.ConfigureAwait(false))
            return await _store.UploadAsync(destination, content, options, upload, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes one version of an object to a file, which appears whole or not at all, in place of one that is there.</summary>
    /// <param name="key">The object's key.</param>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <param name="cancellationToken">Cancels the download.</param>
    /// <returns>The object that was read.</returns>
    /// <exception cref="ObjectNotFoundException">There is no such object.</exception>
    public async Task<ObjectInfo> DownloadFileAsync(string key, string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var pinned = await PinAsync(key, cancellationToken).ConfigureAwait(false);
        var content = pinned.OpenRead(new ByteRange(0, pinned.Size), ReadAheadOptions.Default);
        await using (content.ConfigureAwait(false))
            _ = await new FileStore().UploadAsync(ObjectUri.ForFile(path), content, PutOptions.Overwrite, null, cancellationToken).ConfigureAwait(false);
        return pinned.Info;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _ownsStores ? Stores.DisposeAsync() : default;

    private ObjectUri UriOfPrefix(string prefix)
    {
        StorageKey.RequirePrefix(Location, prefix);
        return Location.WithKey(Location.Key + prefix);
    }

    private static ObjectUri ParseLocation(StorageOptions options)
    {
        ObjectUri location;
        try
        {
            location = ObjectUri.Parse(options.Location!);
        }
        catch (InvalidUriException exception)
        {
            throw Refused(options, exception);
        }

        if (location.Scheme is "http" or "https")
            throw new ConfigurationException(options.LocationPlace, options.LocationKey, "a web server can't be written to", "Name a folder, s3://bucket, az://container or redis://host:port/0/bucket.");
        return location.Key.Length == 0 || location.Key.EndsWith('/') ? location : location.WithKey(location.Key + "/");
    }

    private static ConfigurationException Refused(StorageOptions options, InvalidUriException exception) => new(
        options.LocationPlace, options.LocationKey, exception.ObjectName is { } name ? $"{name}: {exception.Problem}" : exception.Problem, exception.Cure, exception);

    private Task<PinnedObject> PinAsync(string key, CancellationToken cancellationToken) => Stores.PinAsync(UriOf(key), cancellationToken);
}
