// A store of its own behind the scheme "tar": objects are the members of a tar archive, read where they lie in it.
// dotnet run --project samples/PluggedInStore -- archive.tar member.txt
using System.Formats.Tar;
using System.Globalization;
using System.Runtime.CompilerServices;
using Dataplug;
using Dataplug.Storage;
using Dataplug.Text;

#region register
await using var stores = ObjectStores.Create();
stores.Register("tar", () => new TarStore(args[0]));

var text = CloudObject.FromUri(RawText.Format, $"tar://archive/{args[1]}", new CloudObjectOptions { Stores = stores });
#endregion
await text.PreprocessAsync(new() { Force = true });
foreach (var slice in await text.PartitionAsync(TextPartition.IntoChunks(4, TextUnit.Lines)))
    Console.WriteLine($"slice {slice.Index}: {(await slice.GetAsync()).Split('\n').Length - 1} lines");

/// <summary>The members of an uncompressed tar archive (POSIX.1-2017, pax, "ustar Interchange Format"), read-only.</summary>
internal sealed class TarStore : IObjectStore
{
    private readonly string _path;
    private readonly Dictionary<string, ObjectInfo> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _offsets = new(StringComparer.Ordinal);

    public TarStore(string path)
    {
        _path = path;
        var version = File.GetLastWriteTimeUtc(path).Ticks;
        using var tar = new TarReader(File.OpenRead(path));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                continue;
            var uri = ObjectUri.ForContainer("tar", "archive", entry.Name);
            _offsets[entry.Name] = entry.DataOffset;
            _members[entry.Name] = new ObjectInfo { Uri = uri, Size = entry.Length, ETag = string.Create(CultureInfo.InvariantCulture, $"\"{version:x}-{entry.DataOffset:x}\"") };
        }
    }

    public StoreCapabilities Capabilities => StoreCapabilities.List;

    public Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default) =>
        _members.TryGetValue(uri.Key, out var info) ? Task.FromResult(info) : throw new ObjectNotFoundException(uri.Display, "the archive has no such member");

    public async Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default)
    {
        var info = await HeadAsync(uri, cancellationToken);
        if (request.IfMatch is not null && request.IfMatch != info.ETag)
            throw new StaleIndexException(uri.Display, "the archive was written anew");
        var range = request.Range.Kind switch
        {
            ReadRangeKind.All => new ByteRange(0, info.Size),
            ReadRangeKind.Suffix => ByteRange.FromBounds(Math.Max(0, info.Size - request.Range.Length), info.Size),
            _ when request.Range.Offset >= info.Size => throw new RangeNotSatisfiableException(uri.Display, "the range starts past the end", byteOffset: request.Range.Offset),
            ReadRangeKind.From => ByteRange.FromBounds(request.Range.Offset, info.Size),
            _ => ByteRange.FromBounds(request.Range.Offset, Math.Min(info.Size, request.Range.Offset + request.Range.Length)),
        };
        var bytes = new byte[range.Length];
        using var file = File.OpenHandle(_path);
        for (var done = 0; done < bytes.Length;)
        {
            var read = await RandomAccess.ReadAsync(file, bytes.AsMemory(done), _offsets[uri.Key] + range.Offset + done, cancellationToken);
            done += read > 0 ? read : throw new StorageException(uri.Display, "the archive ends inside the member", byteOffset: range.Offset + done);
        }

        return new ObjectRead(info, range, new MemoryStream(bytes, writable: false));
    }

    public async IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        foreach (var (name, info) in _members.Where(m => m.Key.StartsWith(prefix.Key, StringComparison.Ordinal)).OrderBy(m => m.Key, StringComparer.Ordinal))
            yield return info;
    }

    public Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default) => throw ReadOnly(uri);

    public Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default) => throw ReadOnly(uri);

    public Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default) => throw ReadOnly(uris.FirstOrDefault());

    public Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default) => throw ReadOnly(destination);

    public Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default) => throw ReadOnly(uri);

    public Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default) => throw new NotSupportedException("a member of an archive has no URL");

    public ValueTask DisposeAsync() => default;

    private static AccessDeniedException ReadOnly(ObjectUri? uri) => new(uri?.Display, "an archive is not written through this store");
}
