using System.Diagnostics;
using Dataplug.Conformance.Storage;
using Dataplug.Storage;

namespace Dataplug.Core.Tests.Storage;

/// <summary>The conformance suite on local files.</summary>
public sealed class FileStoreConformanceTests : ObjectStoreConformance
{
    private string _folder = "";

    protected override int PartSize => 100_000;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task<(IObjectStore Store, ObjectUri Container)> CreateAsync()
    {
        _folder = Directory.CreateTempSubdirectory("dataplug-file-").FullName;
        return Task.FromResult<(IObjectStore, ObjectUri)>((new FileStore(), ObjectUri.ForFile(_folder + "/")));
    }

    protected override ObjectUri NewContainer() => ObjectUri.ForFile(Path.Combine(_folder, "new", "deep") + "/");

    protected override Task<int> LeftoversAsync() => Task.FromResult(Directory.GetFiles(_folder, FileStore.HiddenPrefix + "*", SearchOption.AllDirectories).Length);
}

/// <summary>The conformance suite on local files as everybody gets them.</summary>
public sealed class ResilientFileStoreConformanceTests : ObjectStoreConformance
{
    private string _folder = "";

    protected override int PartSize => 100_000;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task<(IObjectStore Store, ObjectUri Container)> CreateAsync()
    {
        _folder = Directory.CreateTempSubdirectory("dataplug-file-").FullName;
        var container = ObjectUri.ForFile(_folder + "/");
        return Task.FromResult((ObjectStores.Create().Get(container), container));
    }

    protected override ObjectUri NewContainer() => ObjectUri.ForFile(Path.Combine(_folder, "new", "deep") + "/");

    protected override Task<int> LeftoversAsync() => Task.FromResult(Directory.GetFiles(_folder, FileStore.HiddenPrefix + "*", SearchOption.AllDirectories).Length);
}

/// <summary>What only local files do.</summary>
public sealed class FileStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-file-").FullName;
    private readonly FileStore _store = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_directory_is_no_object()
    {
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => _store.HeadAsync(ObjectUri.ForFile(_folder)));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => _store.OpenReadAsync(ObjectUri.ForFile(_folder), new ReadRequest(ReadRange.All)));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => _store.PutAsync(ObjectUri.ForFile(_folder), new byte[1], PutOptions.Overwrite));
        await Assert.ThrowsAsync<InvalidUriException>(() => _store.PutAsync(ObjectUri.ForFile(_folder + "/"), new byte[1], PutOptions.Overwrite));
    }

    [Fact]
    public async Task Pipes_and_devices_are_refused_and_do_not_hang()
    {
        var pipe = Path.Combine(_folder, "pipe");
        using (var make = Process.Start("mkfifo", pipe))
            await make.WaitForExitAsync();
        foreach (var path in new[] { pipe, "/dev/zero" })
        {
            var uri = ObjectUri.ForFile(path);
            await Assert.ThrowsAsync<InvalidUriException>(() => _store.HeadAsync(uri).WaitAsync(TimeSpan.FromSeconds(20)));
            await Assert.ThrowsAsync<InvalidUriException>(() => _store.OpenReadAsync(uri, new ReadRequest(ReadRange.All)).WaitAsync(TimeSpan.FromSeconds(20)));
            await Assert.ThrowsAsync<InvalidUriException>(() => _store.PutAsync(uri, new byte[1], PutOptions.Overwrite));
        }

        var listed = new List<ObjectInfo>();
        await foreach (var info in _store.ListAsync(ObjectUri.ForFile(_folder + "/")))
            listed.Add(info);
        Assert.Empty(listed);
    }

    [Fact]
    public async Task A_file_written_over_in_place_while_it_is_read_is_stale()
    {
        var path = Path.Combine(_folder, "file");
        await File.WriteAllBytesAsync(path, new byte[100_000]);
        var pinned = new PinnedObject(_store, await _store.HeadAsync(ObjectUri.ForFile(path)));
        await using var stream = pinned.OpenRead(new ByteRange(0, 100_000));
        await stream.ReadExactlyAsync(new byte[10]);
        await using (var writer = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            writer.Position = 50_000;
            writer.WriteByte(1);
        }

        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(1));
        var stale = await Assert.ThrowsAsync<StaleIndexException>(async () => await stream.ReadExactlyAsync(new byte[10]));
        Assert.Equal(10, stale.ByteOffset);
    }

    [Fact]
    public async Task A_file_cut_while_it_is_read_does_not_just_end()
    {
        var path = Path.Combine(_folder, "file");
        await File.WriteAllBytesAsync(path, new byte[100_000]);
        await using var read = await _store.OpenReadAsync(ObjectUri.ForFile(path), new ReadRequest(ReadRange.All));
        await read.Content.ReadExactlyAsync(new byte[10]);
        using (var writer = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            writer.SetLength(20);
        await Assert.ThrowsAsync<StaleIndexException>(async () => await read.Content.CopyToAsync(Stream.Null));
    }

    [Fact]
    public async Task Synchronous_reads_give_the_same_bytes()
    {
        var path = Path.Combine(_folder, "file");
        await File.WriteAllBytesAsync(path, [1, 2, 3, 4, 5]);
        await using var stores = ObjectStores.Create();
        var pinned = await stores.PinAsync(ObjectUri.ForFile(path));
        using var stream = pinned.OpenRead(new ByteRange(1, 3));
        Assert.Equal([2, 3, 4], Enumerable.Range(0, 3).Select(_ => stream.ReadByte()));
        Assert.Equal(-1, stream.ReadByte());
    }

    [Fact]
    public async Task Writes_go_through_links_and_keep_the_link()
    {
        var target = Path.Combine(_folder, "target");
        var link = Path.Combine(_folder, "link");
        await File.WriteAllTextAsync(target, "old");
        File.CreateSymbolicLink(link, target);
        await _store.PutAsync(ObjectUri.ForFile(link), "new"u8.ToArray(), PutOptions.Overwrite);
        Assert.Equal("new", await File.ReadAllTextAsync(target));
        Assert.Equal(target, new FileInfo(link).LinkTarget);
    }

    [Fact]
    public async Task A_circle_of_links_does_not_trap_the_listing()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "a"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "a", "up"), _folder);
        await File.WriteAllTextAsync(Path.Combine(_folder, "a", "file"), "x");
        var keys = new List<string>();
        await foreach (var info in _store.ListAsync(ObjectUri.ForFile(_folder + "/")))
            keys.Add(info.Uri.Key);
        Assert.Equal([Path.Combine(_folder, "a", "file")], keys);
    }

    [Fact]
    public async Task Metadata_moves_with_the_tree_and_goes_with_the_version()
    {
        var path = Path.Combine(_folder, "x", "file");
        await _store.PutAsync(ObjectUri.ForFile(path), "content"u8.ToArray(), new PutOptions { UserMetadata = new Dictionary<string, string> { ["a"] = "b" } });
        Directory.Move(Path.Combine(_folder, "x"), Path.Combine(_folder, "y"));
        var moved = ObjectUri.ForFile(Path.Combine(_folder, "y", "file"));
        Assert.Equal("b", (await _store.HeadAsync(moved)).UserMetadata["a"]);
        await File.WriteAllTextAsync(moved.Key, "other content");
        Assert.Empty((await _store.HeadAsync(moved)).UserMetadata);
    }

    [Fact]
    public async Task The_store_s_own_names_are_refused()
    {
        var uri = ObjectUri.ForFile(Path.Combine(_folder, FileStore.HiddenPrefix + "x"));
        await Assert.ThrowsAsync<InvalidUriException>(() => _store.PutAsync(uri, new byte[1], PutOptions.Overwrite));
        await Assert.ThrowsAsync<InvalidUriException>(() => _store.HeadAsync(uri));
    }

    [Fact]
    public async Task A_full_disk_is_named_as_such_and_leaves_nothing()
    {
        // /dev/full can't be renamed onto, so a small file system is needed: one of 1 MiB in memory.
        var mount = Path.Combine(_folder, "small");
        Directory.CreateDirectory(mount);
        using var limit = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", mount]) { RedirectStandardError = true })!;
        await limit.WaitForExitAsync();
        if (limit.ExitCode != 0)
        {
            // Without the right to mount, the translation alone is held to its word.
            var full = FileFaults.Translate(new IOException("No space left on device", 28), "file:///x");
            Assert.Contains("disk", Assert.IsType<StorageException>(full).Message, StringComparison.Ordinal);
            return;
        }

        try
        {
            var uri = ObjectUri.ForFile(Path.Combine(mount, "large"));
            var failure = await Assert.ThrowsAsync<StorageException>(() => _store.PutAsync(uri, new byte[4 << 20], PutOptions.Overwrite));
            Assert.Contains("full", failure.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<StorageException>(() => _store.UploadAsync(uri, new MemoryStream(new byte[4 << 20]), null, new UploadOptions { PartSize = 300_000 }));
            Assert.Empty(Directory.GetFileSystemEntries(mount));
        }
        finally
        {
            using var unmount = Process.Start("umount", mount);
            await unmount.WaitForExitAsync();
        }
    }

    [Fact]
    public void Refused_permissions_become_access_denied()
    {
        Assert.IsType<AccessDeniedException>(FileFaults.Translate(new UnauthorizedAccessException("no"), "file:///x"));
        Assert.IsType<AccessDeniedException>(FileFaults.Translate(new IOException("Read-only file system", 30), "file:///x"));
        Assert.IsType<ObjectNotFoundException>(FileFaults.Translate(new DirectoryNotFoundException("no"), "file:///x"));
    }

    [Fact]
    public async Task A_file_that_another_program_links_in_at_the_last_moment_is_not_replaced()
    {
        // The metadata is written between the look at the place and the move to it; so much of it takes the other program's time.
        const int Rounds = 20;
        var options = PutOptions.CreateOnly with { UserMetadata = new Dictionary<string, string> { ["large"] = new('x', 20_000_000) } };
        var folders = Enumerable.Range(0, Rounds).Select(i => Directory.CreateDirectory(Path.Combine(_folder, $"round-{i}")).FullName).ToList();
        var adversary = """
            import os, sys
            for i in range(int(sys.argv[2])):
                folder = f"{sys.argv[1]}/round-{i}"
                other = f"{sys.argv[1]}/other-{i}"
                open(other, "w").write("other")
                while True:
                    names = os.listdir(folder)
                    if "file" in names or any(n.endswith(".meta") for n in names):
                        break
                try:
                    os.link(other, folder + "/file")
                    print(i, flush=True)
                except FileExistsError:
                    pass
            """;
        using var others = Process.Start(new ProcessStartInfo("timeout", ["120", "python3", "-c", adversary, _folder, Rounds.ToString(System.Globalization.CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true })!;
        var own = new List<int>();
        for (var i = 0; i < Rounds; i++)
        {
            try
            {
                await _store.PutAsync(ObjectUri.ForFile(Path.Combine(folders[i], "file")), "own"u8.ToArray(), options);
                own.Add(i);
            }
            catch (PreconditionFailedException)
            {
                // The other was faster.
            }
        }

        var won = (await others.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToList();
        await others.WaitForExitAsync();
        Assert.Equal(0, others.ExitCode);
        Assert.Equal(Enumerable.Range(0, Rounds), own.Concat(won).Order());
        Assert.All(won, i => Assert.Equal("other", File.ReadAllText(Path.Combine(folders[i], "file"))));
    }

    [Fact]
    public async Task A_writer_waits_for_the_lock_of_another_process()
    {
        var path = Path.Combine(_folder, "file");
        var lockPath = FileStore.HiddenBeside(path, FileStore.NameHash(path) + ".lock");
        using var holder = Process.Start(new ProcessStartInfo("flock", [lockPath, "sh", "-c", "echo held; read line"]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        Assert.Equal("held", await holder.StandardOutput.ReadLineAsync());
        using (var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300)))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _store.PutAsync(ObjectUri.ForFile(path), new byte[1], PutOptions.Overwrite, stop.Token));
        Assert.False(File.Exists(path));

        // A killed process holds nothing.
        holder.Kill(entireProcessTree: true);
        await holder.WaitForExitAsync();
        await _store.PutAsync(ObjectUri.ForFile(path), new byte[1], PutOptions.Overwrite).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal([path], Directory.GetFiles(_folder));
    }
}
