using Dataplug.Preprocessing;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Dataplug.Metadata;

/// <summary>
/// The file of the catalog: made and migrated by one process at a time, shared by any number, and every failure of SQLite
/// told apart: damaged, newer, busy, disk full.
/// </summary>
internal static class CatalogDatabase
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(CatalogContext.BusySeconds);

    /// <summary>Makes the catalog or brings it up to date.</summary>
    /// <exception cref="CatalogException">It is damaged or newer than this program.</exception>
    public static async Task PrepareAsync(DataplugHome home, CancellationToken cancellationToken)
    {
        DataplugHome.Ensure(home.Path);
        if (ReadVersion(home.CatalogPath) == CatalogContext.SchemaVersion)
            return;

        // EF's own lock is a row that stays when a process dies while it migrates; ours goes with the process. Under ours, a
        // row that is there is left over.
        using var held = await LockAsync(home, cancellationToken).ConfigureAwait(false);
        if (ReadVersion(home.CatalogPath) == CatalogContext.SchemaVersion)
            return;
        await GuardAsync(home.CatalogPath, async () =>
        {
            await RunScriptAsync(home.CatalogPath, "PRAGMA journal_mode = WAL; DROP TABLE IF EXISTS __EFMigrationsLock;", cancellationToken).ConfigureAwait(false);
            var context = CatalogContext.Create(home.CatalogPath);
            await using (context.ConfigureAwait(false))
                await context.Database.MigrateAsync(cancellationToken).ConfigureAwait(false);
            await RunScriptAsync(home.CatalogPath, $"PRAGMA user_version = {CatalogContext.SchemaVersion};", cancellationToken).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
    }

    /// <summary>The lock under which the catalog's file is made, migrated or replaced.</summary>
    public static async Task<FileStream> LockAsync(DataplugHome home, CancellationToken cancellationToken)
    {
        var path = Path.Combine(DataplugHome.Ensure(home.LocksPath), "catalog.lock");
        var deadline = TimeProvider.System.GetTimestamp();
        while (true)
        {
            FileStream? file = null;
            DataplugHome.Guard(path, () => file = RunLock.TryLock(path));
            if (file is not null)
                return file;
            if (TimeProvider.System.GetElapsedTime(deadline) > LockPatience)
                throw new StorageException(home.CatalogPath, "another process has been setting up the catalog for too long", $"Look for a stopped process that holds {path}.");
            await Task.Delay(20, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the catalog knows that sidecar at that version of the object. Plain SQL, because EF takes longer to
    /// start than everything else that a command needs when the index is there.</summary>
    public static bool Contains(DataplugHome home, SourceName source, string formatId, string etag, string sidecar)
    {
        if (ReadVersion(home.CatalogPath) != CatalogContext.SchemaVersion)
            return false;
        return Guard(home.CatalogPath, () =>
        {
            using var connection = new SqliteConnection(CatalogContext.ConnectionString(home.CatalogPath, SqliteOpenMode.ReadWrite));
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT 1 FROM objects WHERE Source = $source AND FormatId = $format AND Sidecar = $sidecar AND ETag = $etag";
            command.Parameters.AddWithValue("$source", source.Text);
            command.Parameters.AddWithValue("$format", formatId);
            command.Parameters.AddWithValue("$sidecar", sidecar);
            command.Parameters.AddWithValue("$etag", etag);
            return command.ExecuteScalar() is not null;
        });
    }

    /// <summary>Runs statements in one immediate transaction: readers go on, another writer waits its turn. Plain SQL, for the
    /// same reason as <see cref="Contains"/>. Parameters are named $0, $1, ….</summary>
    public static Task ExecuteAsync(string path, Func<Func<string, object?[], Task>, Task> statements, CancellationToken cancellationToken) => GuardAsync(path, async () =>
    {
        var connection = new SqliteConnection(CatalogContext.ConnectionString(path));
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            var transaction = (SqliteTransaction)await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                await statements(async (sql, values) =>
                {
                    var command = connection.CreateCommand();
                    await using (command.ConfigureAwait(false))
                    {
                        command.Transaction = transaction;
#pragma warning disable CA2100 // The statements are constants of the catalog.
                        command.CommandText = sql;
#pragma warning restore CA2100
                        for (var i = 0; i < values.Length; i++)
                            command.Parameters.AddWithValue("$" + i.ToString(System.Globalization.CultureInfo.InvariantCulture), values[i] ?? DBNull.Value);
                        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                    }
                }).ConfigureAwait(false);
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return true;
    });

    /// <summary>The schema version of the catalog; 0 when there is none yet.</summary>
    /// <exception cref="CatalogException">It is damaged or newer than this program.</exception>
    public static int ReadVersion(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length == 0)
            return 0;
        var version = Guard(path, () =>
        {
            using var connection = new SqliteConnection(CatalogContext.ConnectionString(path, SqliteOpenMode.ReadWrite));
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version";
            return Convert.ToInt32(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
        });
        return version is >= 0 and <= CatalogContext.SchemaVersion
            ? version
            : throw new CatalogException(path, $"the catalog has schema version {version}, this program knows {CatalogContext.SchemaVersion}", "Use the newer version of the program, or make the catalog anew: dataplug catalog rebuild.");
    }

    /// <summary>Whether SQLite finds no damage in the whole file, and the tables are there.</summary>
    public static async Task<bool> IsSoundAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var connection = new SqliteConnection(CatalogContext.ConnectionString(path, SqliteOpenMode.ReadWrite));
            await using (connection.ConfigureAwait(false))
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                var command = connection.CreateCommand();
                await using (command.ConfigureAwait(false))
                {
                    command.CommandText = "SELECT count(*) FROM objects; SELECT count(*) FROM runs; SELECT count(*) FROM chunks; PRAGMA quick_check(1);";
                    var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        object? last = null;
                        do
                        {
                            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                                last = reader.GetValue(0);
                        }
                        while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false));
                        return last is "ok";
                    }
                }
            }
        }
        catch (SqliteException e)
        {
            return Translate(path, e) is CatalogException ? false : throw Translate(path, e);
        }
    }

    public static T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (Find(e) is not null)
        {
            throw Translate(path, Find(e)!);
        }
    }

    public static async Task<T> GuardAsync<T>(string path, Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (Exception e) when (Find(e) is not null)
        {
            throw Translate(path, Find(e)!);
        }
    }

    private static async Task RunScriptAsync(string path, string script, CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(CatalogContext.ConnectionString(path));
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            var command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
#pragma warning disable CA2100 // The scripts are constants of this class.
                command.CommandText = script;
#pragma warning restore CA2100
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static SqliteException? Find(Exception exception) => exception as SqliteException ?? exception.InnerException as SqliteException;

    // The primary result codes of https://www.sqlite.org/rescode.html.
    private static DataplugException Translate(string path, SqliteException e) => e.SqliteErrorCode switch
    {
        5 or 6 => new StorageException(path, $"other processes kept the catalog busy for {CatalogContext.BusySeconds} s", "Try again when they are done.", innerException: e, isTransient: true),
        3 or 7 or 8 or 10 or 13 or 14 or 23 => DataplugHome.Unwritable(path, e),
        _ => new CatalogException(path, $"the catalog is damaged: {e.Message.TrimEnd('.')}", innerException: e),
    };
}
