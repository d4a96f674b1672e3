using System.Collections.Concurrent;
using System.Text.Json;
using Dataplug.Preprocessing;
using Dataplug.Storage;
using Microsoft.EntityFrameworkCore;

namespace Dataplug.Metadata;

/// <summary>
/// What this user has indexed: objects, their attributes, where their sidecars are, and preprocessing runs. A SQLite file in
/// the home folder; a cache that <see cref="RebuildAsync"/> makes anew from the sidecars.
/// </summary>
/// <remarks>Any number of processes may use one catalog at the same time. All members may be used by several threads at once.</remarks>
public sealed class Catalog
{
    private readonly DataplugHome _home;

    private Catalog(DataplugHome home) => _home = home;

    /// <summary>The catalog's file.</summary>
    public string Path => _home.CatalogPath;

    /// <summary>Opens the catalog of a home folder; makes it where it is missing.</summary>
    /// <param name="options">Names the home folder; null for the user's own.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="CatalogException">It is damaged, or newer than this program.</exception>
    /// <exception cref="StorageException">The folder can't be written.</exception>
    public static async Task<Catalog> OpenAsync(MetadataOptions? options = null, CancellationToken cancellationToken = default)
    {
        var home = DataplugHome.Of(options ?? new MetadataOptions());
        await CatalogDatabase.PrepareAsync(home, cancellationToken).ConfigureAwait(false);
        return new Catalog(home);
    }

    /// <summary>Makes the catalog anew from sidecars: those of the home folder, and those of a shared location. Works on a
    /// damaged or newer catalog, too, which is kept beside it with <c>.broken</c> at the end of its name.</summary>
    /// <param name="stores">The stores that sidecars are read through.</param>
    /// <param name="options">Names the home folder and the shared location; null for the user's own and none.</param>
    /// <param name="location">A shared location to read besides; null for the one in <paramref name="options"/>, if any.</param>
    /// <param name="cancellationToken">Cancels the rebuild; the catalog stays as it was.</param>
    public static async Task<CatalogRebuildReport> RebuildAsync(
        ObjectStores stores, MetadataOptions? options = null, ObjectUri? location = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stores);
        options ??= new MetadataOptions();
        var home = DataplugHome.Of(options);
        var sidecars = new List<ObjectUri>();
        if (Directory.Exists(home.IndexesPath))
            sidecars.AddRange(Directory.EnumerateFiles(home.IndexesPath, "*.dpi").Order(StringComparer.Ordinal).Select(ObjectUri.ForFile));
        if ((location ?? options.Location) is { } shared)
        {
            var prefix = shared.Key.Length == 0 || shared.Key.EndsWith('/') ? shared : shared.WithKey(shared.Key + "/");
            await foreach (var info in stores.Get(prefix).ListAsync(prefix, cancellationToken).ConfigureAwait(false))
            {
                if (info.Uri.Key.EndsWith(".dpi", StringComparison.Ordinal))
                    sidecars.Add(info.Uri);
            }
        }

        var rows = new ConcurrentBag<ObjectRow>();
        var refused = new ConcurrentBag<CatalogRebuildProblem>();
        await Parallel.ForEachAsync(sidecars, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (sidecar, cancelled) =>
        {
            try
            {
                rows.Add(RowOf(await SidecarReader.OpenAsync(stores, sidecar, cancelled).ConfigureAwait(false)));
            }
            catch (DataplugException e)
            {
                refused.Add(new CatalogRebuildProblem(sidecar, e));
            }
        }).ConfigureAwait(false);

        await DiscardUnusableAsync(home, cancellationToken).ConfigureAwait(false);
        var catalog = await OpenAsync(options, cancellationToken).ConfigureAwait(false);
        var ordered = rows.OrderBy(row => row.Source, StringComparer.Ordinal).ThenBy(row => row.FormatId, StringComparer.Ordinal).ThenBy(row => row.Sidecar, StringComparer.Ordinal).ToArray();
        await catalog.WriteAsync(async context =>
        {
            await context.Objects.ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false);
            await context.Objects.AddRangeAsync(ordered, cancellationToken).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
        return new CatalogRebuildReport([.. ordered.Select(EntryOf)], [.. refused.OrderBy(problem => problem.Sidecar.Value, StringComparer.Ordinal)]);
    }

    /// <summary>All entries, in the order of their URIs.</summary>
    public Task<IReadOnlyList<CatalogEntry>> ListAsync(CancellationToken cancellationToken = default) => ReadAsync(async context =>
    {
        var rows = await context.Objects.AsNoTracking().OrderBy(row => row.Source).ThenBy(row => row.FormatId).ThenBy(row => row.Sidecar).ToListAsync(cancellationToken).ConfigureAwait(false);
        return (IReadOnlyList<CatalogEntry>)[.. rows.Select(EntryOf)];
    });

    /// <summary>The entries of one object: one for each format and place of its indexes; empty when there are none.</summary>
    public Task<IReadOnlyList<CatalogEntry>> FindAsync(ObjectUri uri, CancellationToken cancellationToken = default)
    {
        var source = SourceName.Of(uri).Text;
        return ReadAsync(async context =>
        {
            var rows = await context.Objects.AsNoTracking().Where(row => row.Source == source).OrderBy(row => row.FormatId).ThenBy(row => row.Sidecar).ToListAsync(cancellationToken).ConfigureAwait(false);
            return (IReadOnlyList<CatalogEntry>)[.. rows.Select(EntryOf)];
        });
    }

    /// <summary>The runs, the last first.</summary>
    public Task<IReadOnlyList<CatalogRun>> ListRunsAsync(CancellationToken cancellationToken = default) => ReadAsync(async context =>
    {
        var rows = await context.Runs.AsNoTracking().Include(run => run.Chunks).OrderByDescending(run => run.StartedAt).ToListAsync(cancellationToken).ConfigureAwait(false);
        return (IReadOnlyList<CatalogRun>)[.. rows.Select(RunOf)];
    });

    /// <summary>Removes entries and runs of an object from the catalog. The sidecars stay: see <see cref="CloudObject.CleanAsync"/>.</summary>
    /// <param name="uri">The object.</param>
    /// <param name="formatId">The format; null for all.</param>
    /// <param name="cancellationToken">Cancels the removal.</param>
    /// <returns>Whether there was anything.</returns>
    public async Task<bool> RemoveAsync(ObjectUri uri, string? formatId = null, CancellationToken cancellationToken = default)
    {
        var source = SourceName.Of(uri).Text;
        var removed = 0;
        await WriteAsync(async context =>
        {
            removed = await context.Objects.Where(row => row.Source == source && (formatId == null || row.FormatId == formatId)).ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false)
                + await context.Runs.Where(row => row.Source == source && (formatId == null || row.FormatId == formatId)).ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
        return removed > 0;
    }

    /// <summary>Removes the entry of one sidecar and the run of its object and format.</summary>
    internal async Task<bool> RemoveAsync(SourceName name, string formatId, ObjectUri sidecar, CancellationToken cancellationToken)
    {
        var source = name.Text;
        var place = sidecar.Value;
        var removed = 0;
        await WriteAsync(async context =>
        {
            removed = await context.Objects.Where(row => row.Source == source && row.FormatId == formatId && row.Sidecar == place).ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false)
                + await context.Runs.Where(row => row.Source == source && row.FormatId == formatId).ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
        return removed > 0;
    }

    // What a run enters is written by plain SQL into the tables that EF's migrations made: EF takes longer to start than a
    // small object takes to index.

    /// <summary>Enters a sidecar; replaces what was there of the same object, format and place.</summary>
    internal Task AddAsync(SidecarReader sidecar, CancellationToken cancellationToken)
    {
        var row = RowOf(sidecar);
        return CatalogDatabase.ExecuteAsync(Path, async execute =>
            await execute(
                """
                INSERT INTO objects (Source, Uri, ETag, Size, FormatId, FormatVersion, Parameters, Attributes, Sidecar, SidecarSize, IndexedAt)
                VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                ON CONFLICT (Source, FormatId, Sidecar) DO UPDATE SET Uri = excluded.Uri, ETag = excluded.ETag, Size = excluded.Size,
                  FormatVersion = excluded.FormatVersion, Parameters = excluded.Parameters, Attributes = excluded.Attributes,
                  SidecarSize = excluded.SidecarSize, IndexedAt = excluded.IndexedAt
                """,
                [row.Source, row.Uri, row.ETag, row.Size, row.FormatId, row.FormatVersion, row.Parameters, row.Attributes, row.Sidecar, row.SidecarSize, row.IndexedAt]).ConfigureAwait(false),
            cancellationToken);
    }

    /// <summary>Enters the beginning of a run with its chunks; replaces the last run of the same object and format.</summary>
    internal Task StartRunAsync(RunRow run, CancellationToken cancellationToken) => CatalogDatabase.ExecuteAsync(Path, async execute =>
    {
        await execute("DELETE FROM runs WHERE Id = $0", [run.Id]).ConfigureAwait(false);
        await execute(
            """
            INSERT INTO runs (Id, Source, Uri, ETag, Size, FormatId, State, BytesDone, Folder, Host, ProcessId, StartedAt, UpdatedAt, Error)
            VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """,
            [run.Id, run.Source, run.Uri, run.ETag, run.Size, run.FormatId, run.State, run.BytesDone, run.Folder, run.Host, run.ProcessId, run.StartedAt, run.UpdatedAt, run.Error]).ConfigureAwait(false);
        foreach (var chunk in run.Chunks)
            await execute("INSERT INTO chunks (RunId, \"Index\", Offset, Length, IsDone) VALUES ($0, $1, $2, $3, $4)", [run.Id, chunk.Index, chunk.Offset, chunk.Length, chunk.IsDone]).ConfigureAwait(false);
    }, cancellationToken);

    /// <summary>Enters how far a run is.</summary>
    internal Task UpdateRunAsync(string id, CatalogRunState state, long bytesDone, IReadOnlyCollection<int> chunksDone, string? error, CancellationToken cancellationToken) =>
        CatalogDatabase.ExecuteAsync(Path, async execute =>
        {
            await execute(
                "UPDATE runs SET State = $0, BytesDone = $1, UpdatedAt = $2, Error = $3 WHERE Id = $4",
                [state.ToString(), bytesDone, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), error, id]).ConfigureAwait(false);
            if (state == CatalogRunState.Succeeded)
                await execute("DELETE FROM chunks WHERE RunId = $0", [id]).ConfigureAwait(false);
            else
            {
                foreach (var chunk in chunksDone)
                    await execute("UPDATE chunks SET IsDone = 1 WHERE RunId = $0 AND \"Index\" = $1", [id, chunk]).ConfigureAwait(false);
            }
        }, cancellationToken);

    // A damaged or newer file is moved out of the way; one that works stays, so that other processes keep what they have open.
    private static async Task DiscardUnusableAsync(DataplugHome home, CancellationToken cancellationToken)
    {
        if (!File.Exists(home.CatalogPath))
            return;
        DataplugHome.Ensure(home.Path);
        using var held = await CatalogDatabase.LockAsync(home, cancellationToken).ConfigureAwait(false);
        try
        {
            if (CatalogDatabase.ReadVersion(home.CatalogPath) == 0 || await CatalogDatabase.IsSoundAsync(home.CatalogPath, cancellationToken).ConfigureAwait(false))
                return;
        }
        catch (CatalogException)
        {
            // Moved below.
        }

        DataplugHome.Guard(home.CatalogPath, () =>
        {
            File.Move(home.CatalogPath, home.CatalogPath + ".broken", overwrite: true);
            File.Delete(home.CatalogPath + "-wal");
            File.Delete(home.CatalogPath + "-shm");
            return true;
        });
    }

    private static ObjectRow RowOf(SidecarReader sidecar) => new()
    {
        Source = sidecar.SourceName.Text,
        Uri = sidecar.SourceName.Uri.Value,
        ETag = sidecar.Header.Source.ETag,
        Size = sidecar.Header.Source.Size,
        FormatId = sidecar.Header.FormatId,
        FormatVersion = sidecar.Header.FormatVersion,
        Parameters = sidecar.Header.Parameters,
        Attributes = sidecar.Attributes.GetRawText(),
        Sidecar = sidecar.Info.Uri.Value,
        SidecarSize = sidecar.Info.Size,
        IndexedAt = (sidecar.Info.LastModified ?? DateTimeOffset.UtcNow).ToUnixTimeMilliseconds(),
    };

    private static CatalogEntry EntryOf(ObjectRow row)
    {
        using var attributes = JsonDocument.Parse(row.Attributes);
        return new CatalogEntry(
            new SourceIdentity(ObjectUri.Parse(row.Uri), row.ETag, row.Size),
            row.FormatId,
            row.FormatVersion,
            row.Parameters,
            attributes.RootElement.Clone(),
            ObjectUri.Parse(row.Sidecar),
            row.SidecarSize,
            DateTimeOffset.FromUnixTimeMilliseconds(row.IndexedAt));
    }

    private static CatalogRun RunOf(RunRow row) => new(
        row.Id,
        new SourceIdentity(ObjectUri.Parse(row.Uri), row.ETag, row.Size),
        row.FormatId,
        Enum.Parse<CatalogRunState>(row.State),
        row.BytesDone,
        [.. row.Chunks.OrderBy(chunk => chunk.Index).Select(chunk => new CatalogChunk(chunk.Index, new ByteRange(chunk.Offset, chunk.Length), chunk.IsDone))],
        row.Folder,
        row.Host,
        row.ProcessId,
        DateTimeOffset.FromUnixTimeMilliseconds(row.StartedAt),
        DateTimeOffset.FromUnixTimeMilliseconds(row.UpdatedAt),
        row.Error);

    private Task<T> ReadAsync<T>(Func<CatalogContext, Task<T>> read) => CatalogDatabase.GuardAsync(Path, async () =>
    {
        var context = CatalogContext.Create(Path);
        await using (context.ConfigureAwait(false))
        {
            try
            {
                return await read(context).ConfigureAwait(false);
            }
            catch (Exception e) when (e is JsonException or InvalidUriException or ArgumentException or FormatException)
            {
                throw new CatalogException(Path, "the catalog holds values that make no sense", innerException: e);
            }
        }
    });

    // One immediate transaction (the provider's default): readers go on, another writer waits its turn.
    private async Task WriteAsync(Func<CatalogContext, Task> write, CancellationToken cancellationToken) => await CatalogDatabase.GuardAsync(Path, async () =>
    {
        var context = CatalogContext.Create(Path);
        await using (context.ConfigureAwait(false))
        {
            var transaction = await context.Database.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                await write(context).ConfigureAwait(false);
                await context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return true;
    }).ConfigureAwait(false);
}
